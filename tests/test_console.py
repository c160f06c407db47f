"""What is printed cannot steer the terminal, wherever in a renderable it stands."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from rich.padding import Padding
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

import steadytune
from steadytune._console import SafeConsole, without_controls

TITLE = "a\x1b]0;pwn\x07b"
SOURCE = Path(steadytune.__file__).parent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc\r\n", "a\tb\nc\r\n"),
        ("Größe 👩‍👧 日本 \u00a0", "Größe 👩‍👧 日本 \u00a0"),
        (TITLE, "a ]0;pwn b"),
        ("a\rb\x9b2Jc\x00\x7f", "a b 2Jc  "),
        ("txt.\u202ecsv\u2069\u2028\udc80", "txt. csv   "),
    ],
    ids=["lines", "letters", "title", "controls", "direction"],
)
def test_only_what_a_terminal_obeys_is_replaced(text: str, shown: str) -> None:
    assert without_controls(text) == shown


def padded(text: str) -> Padding:
    return Padding(text, 1)


def tabled(text: str) -> Table:
    table = Table(text, title=text, caption=text)
    table.add_row(text)
    return table


@pytest.mark.parametrize("made", [str, Text, padded, tabled], ids=lambda m: m.__name__)
def test_all_that_is_printed_is_safe(made: type[str]) -> None:
    file = io.StringIO()
    SafeConsole(file=file, width=60).print(made(TITLE))
    assert "a ]0;pwn" in file.getvalue() and "\x1b" not in file.getvalue()


def test_cells_of_a_table_keep_their_width() -> None:
    file = io.StringIO()
    SafeConsole(file=file, width=60).print(tabled(TITLE + ")"))
    assert file.getvalue().count("a ]0;pwn b)") == 4


def test_a_bar_is_safe_too() -> None:
    file = io.StringIO()
    with Progress(console=SafeConsole(file=file, force_terminal=True, width=60)) as bar:
        bar.add_task(TITLE)
    assert "\x1b[2K" in file.getvalue() and "\x1b]0;" not in file.getvalue()


def test_names_are_no_markup() -> None:
    file = io.StringIO()
    SafeConsole(file=file, width=60).print(tabled("[/x] [red]a[/] :smile:"))
    assert file.getvalue().count("[/x] [red]a[/] :smile:") == 4


def test_nothing_is_printed_another_way() -> None:
    printing = {"echo", "secho", "Console"}
    for path in SOURCE.rglob("*.py"):
        calls = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        names = {getattr(f, "attr", None) or getattr(f, "id", None) for f in calls}
        assert not names & printing or path.name == "_usage.py", path
