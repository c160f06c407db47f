"""The report in the terminal: the same tables and sentences, on wide and on narrow windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..._loudness import Loudness, loudness
from ..._page.table import Row, Table
from ..build import Report
from ..sentences.headline import Headline

NARROWEST_LABEL = 16
MOST_SECTIONS = 8
MOST_WARNINGS = 20

T = TypeVar("T")


def print_report(report: Report, console: Console) -> None:
    """Print the tables, then the verdict, which so stands last.

    Of several sections only the scores are printed, and what each of them is about in one line: the
    page has the rest.

    Args:
        report: What to print.
        console: Where to; its width decides between tables and lists.
    """
    console.print(Text(report.title, style="bold"))
    if report.overview is None:
        for section in report.sections:
            tables = section.tables
            _print_tables([tables.scores, tables.differences, tables.cost], console)
    else:
        _print_sections(report, console)
        averaged = report.overview.over_tasks
        over = (averaged.scores, averaged.table) if averaged else ()
        _print_tables([report.overview.table, *over], console)
    _print_tables([report.failures], console)
    if loudness() is not Loudness.QUIET:
        _print_methods(report, console)
    _print_verdicts(report, console)
    warnings = _shown(report.warnings, MOST_WARNINGS)
    for warning in warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"))
    if more := len(report.warnings) - len(warnings):
        console.print(Text(f"{more} more warnings are on the page.", style="yellow"))


def _print_sections(report: Report, console: Console) -> None:
    """The scores of every section, their notes once."""
    notes: dict[str, None] = {}
    sections = _shown(report.sections, MOST_SECTIONS)
    for section in sections:
        console.print()
        console.print(Text(section.heading, style="bold underline"))
        notes |= dict.fromkeys(section.tables.scores.notes)
        _print_table(dataclasses.replace(section.tables.scores, notes=()), console)
    for note in notes:
        console.print(Text(note, style="dim"))
    if more := len(report.sections) - len(sections):
        console.print(f"{more} more sections are on the page.")


def _shown(all_of_them: Sequence[T], most: int) -> Sequence[T]:
    """As many as fit a screen; all where details are asked for."""
    return all_of_them if loudness() is Loudness.VERBOSE else all_of_them[:most]


def _print_tables(tables: Sequence[Table | None], console: Console) -> None:
    for table in tables:
        if table is not None:
            _print_table(table, console)


def _print_methods(report: Report, console: Console) -> None:
    described = [note for note in report.methods if note.description]
    if not described:
        return
    console.print()
    console.print(Text("What the methods are", style="bold"))
    for note in described:
        line = Text(note.method, style="cyan").append(f": {note.description}", style="default")
        console.print(Padding(line, (0, 0, 0, 2)))


def _print_verdicts(report: Report, console: Console) -> None:
    """One section: what qualifies it too; several: each in short, and what they say together."""
    if report.overview is None:
        for section in report.sections:
            _print_verdict("Verdict", section.headline, section.verdict.details, console)
        return
    for section in _shown(report.sections, MOST_SECTIONS):
        title = f"Verdict on {section.heading}"
        _print_verdict(title, section.headline, (), console)
    whole, averaged = report.overview, report.overview.over_tasks
    details = _shared_details(report) if averaged else (*_shared_details(report), *whole.details)
    claims = tuple(f"{f.claim} {f.evidence}".rstrip() for f in whole.findings)
    _print_verdict("Verdict over all sections", Headline(claims), details, console)
    if averaged:
        _print_verdict("Verdict over tasks", averaged.headline, whole.details, console)


def _shared_details(report: Report) -> tuple[str, ...]:
    """The sentences that qualify every section."""
    details = [section.verdict.qualifications.general for section in report.sections]
    return tuple(sentence for sentence in details[0] if all(sentence in d for d in details))


def _print_verdict(
    title: str, headline: Headline, details: Sequence[str], console: Console
) -> None:
    if details:
        console.print()
        console.print(Text("Keep in mind", style="bold"))
    for sentence in details:
        _print_sentence(Text(sentence), console)
    console.print()
    console.print(Text(title, style="bold"))
    for claim in headline.claims:
        _print_sentence(Text(claim, style="bold"), console)
    if headline.advice:
        _print_sentence(Text(headline.advice), console)
    if headline.command:
        console.print(Text(f"     {headline.command}"), soft_wrap=True)


def _print_sentence(sentence: Text, console: Console) -> None:
    line = RichTable.grid(padding=(0, 1))
    line.add_row(" *", sentence)
    console.print(line)


def _print_table(table: Table, console: Console) -> None:
    console.print()
    console.print(Text(table.title, style="bold"))
    if _width(table) > console.width:
        table = table.narrowed()
    if _width(table) <= console.width:
        console.print(_as_table(table))
        _print_remarks(table, console)
    else:
        _print_as_list(table, console)
    for note in table.notes:
        console.print(Text(note, style="dim"))


def _print_remarks(table: Table, console: Console) -> None:
    remarks = [f"{group.heading}: {group.remark}" for group in table.groups if group.remark]
    if remarks:
        console.print(Text("; ".join(remarks) + ".", style="dim"))


def _width(table: Table) -> int:
    """The width below which numbers would have to be broken; only labels and prose may be."""
    rows = [row for group in table.groups for row in group.rows]
    longest = [_longest(i, heading, rows) for i, heading in enumerate(table.headings)]
    if not table.numeric:
        longest = [min(width, NARROWEST_LABEL) for width in longest]
    labels = max((len(row.label) for row in rows), default=0)
    return min(labels, NARROWEST_LABEL) + sum(longest) + 2 * (len(table.columns) + 1)


def _longest(column: int, heading: str, rows: Sequence[Row]) -> int:
    return max([len(heading), *(len(row.cells[column]) for row in rows)])


def _as_table(table: Table) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    grid.add_column(table.first, overflow="fold")
    for heading in table.headings:
        grid.add_column(
            heading,
            justify="right" if table.numeric else "left",
            no_wrap=table.numeric,
            overflow="fold",
        )
    for group in table.groups:
        if group.heading:
            grid.add_row(_group_heading(group.heading, ""))
        for row in group.rows:
            grid.add_row(_indented(row.label, bool(group.heading)), *map(Text, row.cells))
    return grid


def _group_heading(heading: str, remark: str) -> Text:
    text = Text(heading, style="bold cyan")
    return text.append(f" ({remark})", style="dim") if remark else text


def _indented(label: str, indented: bool) -> Padding:
    return Padding(Text(label, overflow="fold"), (0, 0, 0, 1 if indented else 0))


def _print_as_list(table: Table, console: Console) -> None:
    for group in table.groups:
        if group.heading:
            console.print(_group_heading(group.heading, group.remark))
        for row in group.rows:
            console.print(Padding(Text(row.label, style="cyan"), (0, 0, 0, 1)))
            pairs = zip(table.headings, row.cells, strict=True)
            console.print(Padding(Text(" · ".join(f"{c}: {v}" for c, v in pairs)), (0, 0, 0, 3)))
