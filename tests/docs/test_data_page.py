"""The pages on own data: their files are written, and their code runs on them in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steadytune.tasks._problems import PROBLEMS
from steadytune.tasks.files.columns import LABELS, TEXT_PAIRS, TEXTS
from steadytune.tasks.files.splits import READERS

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
KINDS = PAGE.with_name("kinds.md")


@pytest.mark.parametrize(
    ("page", "least"), [(PAGE, 3), (KINDS, 5)], ids=lambda value: getattr(value, "stem", None)
)
def test_the_code_runs_on_the_files(
    page: Path, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text()
    files = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    assert len(files) >= least
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert len(found) >= 4
    for source in found:
        exec(compile(source, str(page), "exec"), names)


def test_every_kind_has_its_metrics() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|[^|]*\| (.*) \|$", KINDS.read_text(), flags=re.MULTILINE)
    named = {
        kind: tuple(re.findall(r"`(\w+)`", metrics))
        for kinds, metrics in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    assert named == {kind: problem.metrics for kind, problem in PROBLEMS.items()}


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
