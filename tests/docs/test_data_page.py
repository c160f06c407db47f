"""The page on own data: its files are written, and its code runs on them from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steadytune.tasks.files.columns import LABELS, TEXT_PAIRS, TEXTS
from steadytune.tasks.files.splits import READERS

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def test_the_code_runs_on_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text()
    files = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    assert len(files) >= 6
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert len(found) >= 4
    for source in found:
        exec(compile(source, str(PAGE), "exec"), names)


def test_every_format_is_named() -> None:
    text = PAGE.read_text()
    assert all(f"`{suffix}`" in text for suffix in READERS)


def test_the_names_that_are_said_to_be_known_are_known() -> None:
    guessed = re.search(r"## What is guessed\n(.*?)\n- \*\*The kind", PAGE.read_text(), re.DOTALL)
    assert guessed is not None
    known = {*TEXTS, *LABELS, *(name for pair in TEXT_PAIRS for name in pair)}
    named = set(re.findall(r"`([a-z]\w*)`", guessed[1]))
    assert len(named) >= 10
    assert named <= known
