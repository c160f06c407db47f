"""The Python of the page on diagnostics runs, and the pictures it shows are there."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "diagnostics.md"


def test_the_code_runs() -> None:
    found = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert found
    for source in found:
        exec(compile(source, str(PAGE), "exec"), {"__name__": "page"})


def test_the_pictures_are_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE.read_text())
    assert shown
    for name in shown:
        assert (PAGE.parent / name).stat().st_size > 1000
