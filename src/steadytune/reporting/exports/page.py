"""The report as one page, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..._counted import counted
from ..._page import content as page
from ..._page.content import (
    Beside,
    Bullets,
    Chapter,
    Code,
    Figure,
    Fold,
    Page,
    Part,
    Terms,
    Text,
    kept,
)
from ..._page.render import render
from ..._whole_file import write_whole
from ..build import Report, Section
from ..figures.section_figures import FIGURES, overview_figure, section_figures
from ..sentences.headline import Headline
from ..sentences.terms import TERMS
from ..sentences.verdict import Finding
from ..tables.run_files import RULES

MOST_SECTIONS = 60
"""Sections that a page shows in full; of the others it shows a line in the table of all."""

MOST_PANELS = 48
"""Drawings a page holds at most: more would take long to draw and longer to look at."""

MOST_WARNINGS = 50

Figures = dict[str, Figure | None]


def write_page(report: Report, path: str | Path) -> Path:
    """Write the page under a temporary name beside `path`, then rename it.

    Raises:
        ConfigError: If it cannot be written.
    """
    return write_whole(path, render_html(report).encode())


def render_html(report: Report) -> str:
    """The page as text, with up to 48 drawings, those that matter most first."""
    return render(report_page(report))


def report_page(report: Report) -> Page:
    """The page as a value."""
    runs = counted(report.runs, "run")
    return Page(
        title=report.title,
        subtitle=f"{runs}, {report.period}" if report.period else runs,
        chapters=kept(
            Chapter("", kept(*_overview(report))),
            *_sections(report),
            Chapter("", kept(*_closing(report))),
        ),
        slots=report.slots,
    )


def _overview(report: Report) -> Iterator[page.Section]:
    """What all sections say together."""
    found = report.overview
    if found is None:
        if not report.sections:
            yield page.Section("Verdict", (Text("No run gives a result yet.", "claim"),), True)
        return
    if found.over_tasks is None:
        verdict = (Text(f"{f.claim} {f.evidence}".rstrip(), "claim") for f in found.findings)
        yield page.Section(
            "Verdict over all sections", kept(*verdict, Bullets(found.details)), verdict=True
        )
    else:
        averaged = found.over_tasks
        yield page.Section(
            "Verdict over tasks",
            kept(
                Beside(
                    kept(*_headline(averaged.headline)),
                    overview_figure(report),
                    kept(Bullets(found.details)),
                ),
                _one_by_one("Method by method", averaged.findings),
                _one_by_one("Section by section", found.findings),
            ),
            verdict=True,
        )
        over: tuple[Part, ...] = kept(averaged.scores, averaged.table)
        yield page.Section("Over tasks", over)
    count, hidden = len(report.sections), len(report.sections) - MOST_SECTIONS
    yield page.Section(
        "Sections",
        kept(
            Text(
                "Runs are compared only where everything but the method, its own options and the "
                f"seed is the same. That gives {count} sections."
            ),
            Text(
                f"The other {hidden} sections are left to the table below and to reports of their "
                "own."
            )
            if hidden > 0
            else None,
            found.table,
        ),
    )


def _headline(found: Headline) -> Iterator[Part]:
    """What to do comes first: it is what most readers look for."""
    yield Text(found.advice, "claim")
    yield Code(found.command)
    for claim in found.claims:
        yield Text(claim)


def _one_by_one(summary: str, findings: Sequence[Finding]) -> Fold:
    return Fold(summary, (Bullets(tuple(f"{f.claim} {f.evidence}".rstrip() for f in findings)),))


def _sections(report: Report) -> Iterator[Chapter]:
    shown = report.sections[:MOST_SECTIONS]
    several = len(report.sections) > 1
    for index, (section, (figures, complete)) in enumerate(
        zip(shown, _chosen_figures(shown), strict=True)
    ):
        parts = list(_section(section, figures, alone=report.overview is None))
        if index == 0:
            parts.insert(1, _compared(report))
        if not complete:
            parts.append(page.Section("Figures", (Text(_NOT_ALL, "note"),)))
        yield Chapter(section.heading if several else "", kept(*parts))


_NOT_ALL = (
    "Not all figures of this section are drawn, to keep the page light. A report on this section's "
    "records alone has them."
)


def _section(section: Section, views: Figures, alone: bool) -> Iterator[page.Section]:
    """Everything on one section; what is None or empty leaves no trace."""
    tables, notes = section.tables, section.verdict.qualifications
    first, rest = _split(views["dots"])
    yield page.Section(
        "Verdict",
        kept(
            Beside(kept(*_headline(section.headline)), first, kept(Bullets(notes.special))),
            _one_by_one("Method by method", section.verdict.findings),
            Fold("What these findings do not cover", kept(Bullets(notes.general)), open=alone),
        ),
        verdict=True,
    )
    yield page.Section(
        "Scores",
        kept(
            rest,
            tables.scores,
            _fold("Without the runs that diverged or crashed", tables.finished),
            _fold("The best of n seeds", views["best"]),
            _fold("Training examples against test examples", tables.gap),
            _fold("How far seeds disagree, example by example", tables.disagreement),
        ),
    )
    yield page.Section(
        "Differences, seed by seed",
        kept(
            views["differences"],
            tables.differences,
            _fold(
                "Tests of the differences, and the probability of improvement", tables.significance
            ),
            _fold("Spread over seeds", tables.spread),
        ),
    )
    yield page.Section("Ensembles of seeds", kept(views["ensembles"], tables.ensembles))
    yield page.Section(
        "Inside the runs",
        kept(
            tables.degenerate,
            _fold("Learning curves", views["learning"]),
            _fold("How noise fades through the layers", views["noise"]),
            _fold("Stability against performance", views["stability"], tables.stability),
        ),
    )
    yield page.Section("Cost", kept(tables.cost, views["cost"]))
    yield page.Section(
        "Recipe of the runs",
        kept(
            tables.arms,
            Terms(tuple((fact.label, fact.value) for fact in section.facts), "facts"),
            _fold("Which runs these numbers rest on", tables.runs),
        ),
    )


def _split(figure: Figure | None) -> tuple[Figure | None, Figure | None]:
    """The first panel, which is in domain and stands beside the verdict, and the others."""
    if figure is None:
        return None, None
    first = replace(figure, panels=figure.panels[:1])
    return first, replace(figure, panels=figure.panels[1:], caption="Read as beside the verdict.")


def _fold(summary: str, *parts: Part | None) -> Fold:
    return Fold(summary, kept(*parts))


def _compared(report: Report) -> page.Section:
    described = (
        (note.method, note.description or "No description was recorded.") for note in report.methods
    )
    return page.Section("What was compared", (Terms(tuple(described), "names"),))


def _closing(report: Report) -> Iterator[page.Section]:
    yield page.Section("Failed runs", kept(report.failures))
    more = len(report.warnings) - MOST_WARNINGS
    warnings = (*report.warnings[:MOST_WARNINGS], *([f"{more} more."] if more > 0 else []))
    yield page.Section("Warnings", kept(Bullets(warnings)))
    facts = Terms(tuple((fact.label, fact.value) for fact in report.environment), "facts")
    yield page.Section(
        "How to reproduce this",
        kept(
            Code(report.command),
            Text(_WITH_COMMAND if report.command else _WITHOUT_COMMAND),
            _fold("Where each number comes from", Terms(RULES)),
            Fold("Versions and machine", kept(facts)),
        ),
    )
    yield page.Section("Terms", (Fold("What the words on this page mean", (Terms(TERMS),)),))


_WITH_COMMAND = (
    "Equal recipes on an equal machine with equal versions give equal numbers. Every run is one "
    "file under runs/ in the folder of its study."
)
_WITHOUT_COMMAND = (
    "Every run is one file under runs/ in the folder of its study; its spec says what to repeat."
)


def _chosen_figures(sections: Sequence[Section]) -> list[tuple[Figures, bool]]:
    """The figures of each section, and whether these are all of its figures.

    Those that are not drawn are None: a name that no figure has fails.
    """
    every = [section_figures(s.numbers, f"s{i}") for i, s in enumerate(sections)]
    chosen: list[Figures] = [dict.fromkeys(FIGURES) for _ in every]
    left = MOST_PANELS
    for name in FIGURES:
        for views, shown in zip(every, chosen, strict=True):
            if name in views and len(views[name].panels) <= left:
                shown[name] = views[name]
                left -= len(views[name].panels)
    return [
        (shown, all(shown[name] for name in views))
        for views, shown in zip(every, chosen, strict=True)
    ]
