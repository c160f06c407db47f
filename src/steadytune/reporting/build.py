"""From records to a report: every number, table and sentence, before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._page.notebook import InNotebook
from .._page.palette import slots
from .._page.table import Table
from ..records.schema import clean_text
from .analysis.across_seeds import with_predictions
from .analysis.analyse import analyse, method_order
from .analysis.facts import Fact, environment_facts, period, section_facts, section_headings
from .analysis.section_numbers import SectionNumbers
from .overview import Overview, overview
from .reading.arms import distinct_arms
from .reading.predictions import PredictionFiles
from .reading.records import checked
from .reading.run import Run
from .sentences.headline import Headline, headline
from .sentences.verdict import Verdict, verdict
from .tables.failures import failure_table
from .tables.section_tables import SectionTables, section_tables

MOST_READ = 12
"""Most sections whose predictions are read: each is many files."""


@dataclass(frozen=True)
class MethodNote:
    """A method, its colour and what it does in one line."""

    method: str
    slot: int
    description: str


@dataclass(frozen=True)
class Section:
    """All that is said about runs that differ in method, seed and subset alone."""

    heading: str
    numbers: SectionNumbers
    headline: Headline
    verdict: Verdict
    tables: SectionTables
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Report(InNotebook):
    """A report as data: the terminal and the page are two views of it.

    Args:
        title: Its title.
        command: The command line that makes the runs again; empty if not known.
        baseline: The method that others are compared with.
        records: The records that it rests on, by method and seed.
        period: When they ran, in words; empty if not recorded.
        overview: All sections beside each other; None where there is only one.
        sections: What is said about each group of comparable runs.
        methods: What each method means.
        failures: Runs that did not end well; None if all did.
        environment: Versions and machine.
        warnings: Files and records that were left out, and why.
    """

    _view = "steadytune.reporting.exports.page:report_page"

    title: str
    command: str
    baseline: str
    records: tuple[Run, ...]
    period: str
    overview: Overview | None
    sections: tuple[Section, ...]
    methods: tuple[MethodNote, ...]
    failures: Table | None
    environment: tuple[Fact, ...]
    warnings: tuple[str, ...]

    @property
    def slots(self) -> dict[str, int]:
        """The colour of each method."""
        return {note.method: note.slot for note in self.methods}

    @property
    def without_result(self) -> tuple[tuple[str, str], ...]:
        """Task and method where every run failed or diverged."""
        every = {(record.spec.task, record.method): None for record in self.records}
        ended = {(r.spec.task, r.method) for r in self.records if r.status == "ok"}
        return tuple(pair for pair in every if pair not in ended)

    @property
    def runs(self) -> int:
        """How many records it rests on."""
        return len(self.records)


def build_report(
    records: Iterable[Run | Mapping[str, Any]],
    *,
    title: str,
    command: str = "",
    baseline: str = "plain",
    descriptions: Mapping[str, str] | None = None,
    warnings: Sequence[str] = (),
    seed: int = 0,
) -> Report:
    """Compute a report. A record that is not valid is named in its warnings and left out.

    Args:
        records: Records in the format of docs/record.md.
        title: Title of the report.
        command: The command line that makes the runs again.
        baseline: The arm, or the method in its text form, that the others are compared with.
        descriptions: Method in its text form -> what it does in one line. Its order is the order
            of the methods, after the baseline.
        warnings: What went wrong while the records were read.
        seed: Seed of the bootstrap, and of the sign-flip test and of ensembles where there are too
            many patterns or groups of runs to count each.
    """
    valid, problems = checked(records)
    valid, renamed = distinct_arms(valid)
    described = {clean_text(name): text for name, text in (descriptions or {}).items()}
    baseline = _baseline(valid, baseline)
    methods = method_order(valid, baseline, list(described))
    sections = analyse(valid, methods, baseline, np.random.default_rng(seed))
    headings = section_headings(sections)
    of_section = command if len(sections) == 1 else ""  # it made the runs of one of several
    files, draws = PredictionFiles(), np.random.default_rng([seed, 2])
    read = [with_predictions(section, files, draws) for section in sections[:MOST_READ]]
    sections = (*read, *sections[MOST_READ:])
    return Report(
        title=clean_text(title),
        command=clean_text(command, 10_000),
        baseline=baseline,
        records=tuple(_in_order(valid, methods)),
        period=period(valid),
        overview=overview(headings, sections, np.random.default_rng([seed, 1])),
        sections=tuple(_section(h, s, of_section) for h, s in zip(headings, sections, strict=True)),
        methods=_method_notes(valid, methods, baseline, described),
        failures=failure_table(_in_order(valid, methods)),
        environment=environment_facts(valid),
        warnings=(*warnings, *problems, *renamed, *files.problems),
    )


def _baseline(records: Sequence[Run], baseline: str) -> str:
    """The arm of that name, or else the one with the most runs of that method."""
    if any(record.method == baseline for record in records):
        return baseline
    arms = Counter(record.method for record in records if record.spec.method == baseline)
    return arms.most_common(1)[0][0] if arms else baseline


def _section(heading: str, section: SectionNumbers, command: str) -> Section:
    return Section(
        heading=heading,
        numbers=section,
        headline=headline(section, command),
        verdict=verdict(section),
        tables=section_tables(section),
        facts=section_facts(section),
    )


def _method_notes(
    records: Sequence[Run],
    methods: Sequence[str],
    baseline: str,
    described: Mapping[str, str],
) -> tuple[MethodNote, ...]:
    """An arm is described by the method that it runs."""
    colours = slots(methods, baseline)
    texts = {"plain": "Fine-tuning with no method added.", **described}
    runs = {record.method: record.spec.method for record in records}

    def note(method: str) -> str:
        text = texts.get(method) or texts.get(runs[method], "")
        role = "What the others are compared with." if method == baseline else ""
        return clean_text(" ".join(filter(None, (text, role))), 1000)

    return tuple(MethodNote(m, colours[m], note(m)) for m in methods)


def _in_order(records: Sequence[Run], methods: Sequence[str]) -> list[Run]:
    ranks = {method: rank for rank, method in enumerate(methods)}
    return sorted(records, key=lambda r: (ranks[r.method], r.spec.seed))
