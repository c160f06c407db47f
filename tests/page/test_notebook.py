"""What a notebook shows of a page: its first section, a table and a picture, in a frame."""

from __future__ import annotations

from html import unescape

from steadytune._page.content import Beside, Chapter, Fold, Page, Section, Text
from steadytune._page.notebook import in_notebook
from tests.page.test_render import figure, table


def shown(*sections: Section) -> str:
    found = in_notebook(Page("A <page>", "", (Chapter("", sections),)))
    start = '<iframe sandbox style="'
    assert found.startswith(start) and found.endswith("</iframe>")
    assert found.count("<") == 2
    return unescape(found)


def test_the_first_table_and_the_first_picture_are_shown() -> None:
    page = shown(
        Section("Verdict", (Text("x < y"),)),
        Section("Hidden", (Fold("more", (table(),)),)),
        Section("Numbers", (table(),)),
        Section("Again", (table(),)),
        Section("Pictures", (figure(),)),
    )
    assert "x &lt; y" in page and "A &lt;page&gt;" in page
    assert [name for name in ("Hidden", "Numbers", "Again", "Pictures") if name in page] == [
        "Numbers",
        "Pictures",
    ]


def test_a_picture_beside_the_first_words_is_enough() -> None:
    page = shown(
        Section("Verdict", (Beside((Text("x"),), figure(), (table(),)),)),
        Section("More", (table(), figure())),
    )
    assert "<svg" in page and "<table" in page and "More" not in page
