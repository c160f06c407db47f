"""Markdown that shows the report's cells, with names as they are."""

from __future__ import annotations

import re

from steadytune.reporting import build_report
from steadytune.reporting.exports.markdown import markdown_report
from tests.reporting.exports.test_latex import HOSTILE, several_tasks
from tests.reporting.fabricated import record

UNESCAPED = re.compile(r"(?<!\\)[<>`{}\[\]]")


def test_it_shows_the_cells_of_the_tables() -> None:
    report = build_report(
        [record("plain", s, movie=m) for s, m in enumerate((0.7, 0.8))], title="t"
    )
    text = markdown_report(report)
    assert text.startswith("# t\n\n## ")
    for row in report.sections[0].tables.scores.groups[0].rows:
        assert f"| {row.label} | {' | '.join(row.cells)} |" in text


def test_it_shows_what_qualifies_the_verdict_and_what_was_left_out() -> None:
    records = [record("plain", s, movie=m) for s, m in enumerate((0.7, 0.8))]
    report = build_report(records, title="t", warnings=["a file was left out"])
    text = markdown_report(report).replace("\\", "")
    assert report.sections[0].verdict.details
    for sentence in (*report.sections[0].verdict.details, *report.warnings):
        assert sentence in text


def test_every_row_of_a_table_has_its_columns_and_names_are_escaped() -> None:
    text = markdown_report(build_report(several_tasks(), title=HOSTILE, command="run\n\\evil"))
    assert not UNESCAPED.search(text.replace("    run\n    \\evil", ""))
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) > 4
    for block in blocks:
        counts = {len(re.split(r"(?<!\\)\|", line)) for line in block}
        assert len(counts) == 1, block
