"""From records to a report: every number, table and sentence, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import tables
from .analysis import Setting, analyse, method_order
from .facts import Fact, environment_facts, period, setting_facts, setting_headings
from .palette import slots
from .records import checked
from .schema import Record, clean_text
from .tables import Table
from .verdict import Verdict, verdict


@dataclass(frozen=True)
class MethodNote:
    """A method, its colour and what it does in one line."""

    method: str
    slot: int
    description: str


@dataclass(frozen=True)
class Section:
    """All that is said about one setting."""

    heading: str
    setting: Setting
    verdict: Verdict
    scores: Table
    finished: Table | None
    differences: Table | None
    spread: Table | None
    cost: Table
    facts: tuple[Fact, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the section in reading order."""
        found = (self.scores, self.finished, self.differences, self.spread, self.cost)
        return tuple(table for table in found if table is not None)


@dataclass(frozen=True)
class Report:
    """A report as data: the terminal and the page are two views of it.

    Args:
        title: Its title.
        command: The command line that makes the runs again; empty if not known.
        baseline: The method that others are compared with.
        runs: How many records it rests on.
        period: When they ran, in words; empty if not recorded.
        sections: One per setting.
        methods: What each method means.
        failures: Runs that did not end well; None if all did.
        environment: Versions and machine.
        warnings: Files and records that were left out, and why.
    """

    title: str
    command: str
    baseline: str
    runs: int
    period: str
    sections: tuple[Section, ...]
    methods: tuple[MethodNote, ...]
    failures: Table | None
    environment: tuple[Fact, ...]
    warnings: tuple[str, ...]


def build_report(
    records: Iterable[Record | Mapping[str, Any]],
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
        baseline: The method, in its text form, that the others are compared with.
        descriptions: Method in its text form -> what it does in one line. Its order is the order
            of the methods, after the baseline.
        warnings: What went wrong while the records were read.
        seed: Seed of the sign-flip test where there are too many pairs to count every pattern.
    """
    valid, problems = checked(records)
    described = {clean_text(name): text for name, text in (descriptions or {}).items()}
    methods = method_order(valid, baseline, list(described))
    settings = analyse(valid, methods, baseline, np.random.default_rng(seed))
    headings = setting_headings(settings)
    return Report(
        title=clean_text(title),
        command=clean_text(command, 10_000),
        baseline=baseline,
        runs=len(valid),
        period=period(valid),
        sections=tuple(map(_section, headings, settings)),
        methods=_method_notes(methods, baseline, described),
        failures=tables.failure_table(_in_order(valid, methods)),
        environment=environment_facts(valid),
        warnings=(*warnings, *problems),
    )


def _section(heading: str, setting: Setting) -> Section:
    return Section(
        heading=heading,
        setting=setting,
        verdict=verdict(setting),
        scores=tables.score_table(setting),
        finished=tables.finished_table(setting),
        differences=tables.difference_table(setting),
        spread=tables.spread_table(setting),
        cost=tables.cost_table(setting),
        facts=setting_facts(setting),
    )


def _method_notes(
    methods: Sequence[str], baseline: str, described: Mapping[str, str]
) -> tuple[MethodNote, ...]:
    colours = slots(methods, baseline)
    default = {"plain": "Fine-tuning with no method added: what the others are compared with."}
    texts = {**default, **described}
    return tuple(MethodNote(m, colours[m], clean_text(texts.get(m, ""), 1000)) for m in methods)


def _in_order(records: Sequence[Record], methods: Sequence[str]) -> list[Record]:
    ranks = {method: rank for rank, method in enumerate(methods)}
    return sorted(records, key=lambda r: (ranks[r.spec.method], r.spec.seed))
