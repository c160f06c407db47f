"""Every table of a section stands on the page, and in the Markdown where that is not ruled out."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_type_hints

import pytest

from steadytune._page.table import Table
from steadytune.reporting import Report, build_report, render_html
from steadytune.reporting.exports.markdown import markdown_report
from steadytune.reporting.tables.section_tables import SectionTables
from tests.reporting.fabricated import BARE, record

NAMES = [f.name for f in fields(SectionTables)]
PAGE_ONLY = ["finished", "gap", "disagreement", "arms", "runs"]


def title(name: str) -> str:
    return f"The table {name}."


def table(text: str) -> Table:
    return Table(title=text, first="", columns=(), groups=())


def report_with(*names: str) -> Report:
    """One section that has the tables with these names; those that it cannot lack have no title."""
    always = [name for name, kind in get_type_hints(SectionTables).items() if kind is Table]
    tables: dict[str, Table | None] = {
        **dict.fromkeys(NAMES),
        **{name: table("") for name in always},
        **{name: table(title(name)) for name in names},
    }
    report = build_report([record(**BARE)], title="t")
    section = replace(report.sections[0], tables=SectionTables(**tables))  # type: ignore[arg-type]
    return replace(report, sections=(section,))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_a_table_whatever_else_it_has(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.reporting.exports.page.MOST_PANELS", 0)
    page = render_html(report_with(name))
    assert page.count(title(name)) == 1
    assert "The table" not in page.replace(title(name), "")


def test_the_markdown_shows_all_but_those_for_the_page_alone_in_their_order() -> None:
    text = markdown_report(report_with(*NAMES))
    shown = [name for name in NAMES if title(name) in text]
    assert shown == [name for name in NAMES if name not in PAGE_ONLY]
    places = [text.index(title(name)) for name in shown]
    assert places == sorted(places)
