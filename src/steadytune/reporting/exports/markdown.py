"""Tables and verdicts of a report as Markdown, for documentation and repositories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..._page.table import Group, Row, Table
from ..build import Report, Section
from ..sentences.headline import Headline
from ..sentences.verdict import Finding

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def markdown_report(report: Report) -> str:
    """The verdict, the tables over all sections, and of each section those not for the page alone.

    Texts are escaped: names of methods and tasks are shown as they are.
    """
    parts = [f"# {_escaped(report.title)}"]
    if report.command:
        parts.append(_indented(report.command))
    overview = report.overview
    if overview is not None:
        averaged = overview.over_tasks
        if averaged:
            parts += ["## Over tasks", _headline(averaged.headline), _findings(averaged.findings)]
            parts += [*_table(averaged.scores), *_table(averaged.table)]
        parts += ["## Section by section", _findings(overview.findings), *_table(overview.table)]
        parts.append(_list(overview.details))
    for section in report.sections:
        parts += _section(section)
    parts += _table(report.failures)
    parts.append(_list(f"Warning: {warning}" for warning in report.warnings))
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"## {_escaped(section.heading)}"
    yield _headline(section.headline)
    yield _findings(section.verdict.findings)
    yield _list(section.verdict.details)
    for table in section.tables.in_markdown:
        yield from _table(table)


def _headline(found: Headline) -> str:
    sentences = (*(f"**{_escaped(claim)}**" for claim in found.claims), _escaped(found.advice))
    parts = ["\n\n".join(filter(None, sentences)), _indented(found.command)]
    return "\n\n".join(filter(None, parts))


def _findings(findings: Sequence[Finding]) -> str:
    return _list(f"{f.claim} {f.evidence}".rstrip() for f in findings)


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {_escaped(sentence)}" for sentence in sentences)


def _table(table: Table | None) -> Iterator[str]:
    """Groups come as rows of their own, since Markdown's tables have one heading."""
    if table is None:
        return
    yield f"**{_escaped(table.title)}**"
    heads = [table.first, *table.headings]
    align = ["---", *(["---:" if table.numeric else "---"] * len(table.columns))]
    rows = [row for group in table.groups for row in _rows(group, len(table.columns))]
    yield "\n".join([_line(map(_escaped, heads)), _line(align), *rows])
    yield from map(_escaped, table.notes)


def _rows(group: Group, columns: int) -> Iterator[str]:
    if group.heading:
        remark = f", {_escaped(group.remark)}" if group.remark else ""
        yield _line([f"**{_escaped(group.heading)}**{remark}", *[""] * columns])
    yield from map(_row, group.rows)


def _row(row: Row) -> str:
    return _line(map(_escaped, (row.label, *row.cells)))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
