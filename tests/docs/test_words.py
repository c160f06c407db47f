"""Phrases that the word list of CONTRIBUTING replaces do not return, in documents or sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
LIST = TEXT.split("\n## Words\n")[1].split("\n## ")[0]
AVOIDED = re.findall(r"^\| ([^|`-][^|]*?) \|", LIST, flags=re.MULTILINE)[1:]
NO_NOUN = re.compile(r"(?<!here) is no (?!longer |better|more |less |difference|such )\w+")
FILES = [
    ROOT / "README.md",
    *(
        path
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if path.parent.parent.name != "evidence"
    ),
    *sorted((ROOT / "src").rglob("*.py")),
]


def found_in(text: str) -> list[str]:
    words = " ".join(text.replace("#", " ").split()).lower()
    return [phrase for phrase in AVOIDED if phrase in words] + NO_NOUN.findall(words)


def test_the_list_is_read() -> None:
    assert {"rows to choose by", "constant predictor"} <= set(AVOIDED)
    assert found_in("A stride is no list, of rows\n  # to choose by") == [
        "rows to choose by",
        " is no list",
    ]
    assert found_in("There is no such file; it is no better.") == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_to_the_list(path: Path) -> None:
    assert found_in(path.read_text()) == []
