"""Which figures a report has: `FIGURES` is the one list of those of a section."""

from __future__ import annotations

from collections.abc import Callable

from ..._page.content import Figure
from ..analysis.section_numbers import SectionNumbers
from ..build import Report
from .cost import cost_figure
from .differences import differences_figure
from .dots import dots_figure
from .learning import learning_figure
from .more_seeds import best_figure, ensemble_figure
from .noise import noise_figure
from .over_tasks import over_tasks_figure
from .stability import stability_figure

FIGURES: dict[str, Callable[[SectionNumbers, str], Figure]] = {
    "dots": dots_figure,
    "ensembles": ensemble_figure,
    "differences": differences_figure,
    "cost": cost_figure,
    "best": best_figure,
    "learning": learning_figure,
    "stability": stability_figure,
    "noise": noise_figure,
}
"""Name -> what makes the figure, those first that a report would rather have.

The template puts each of them in its place by this name; the name stands in names of files too.
"""


def section_figures(section: SectionNumbers, prefix: str) -> dict[str, Figure]:
    """The figures that a section has something for; `prefix` keeps ids in the page apart."""
    views = {name: make(section, prefix) for name, make in FIGURES.items()}
    return {name: view for name, view in views.items() if view.panels}


def overview_figure(report: Report) -> Figure | None:
    """The figure over tasks; None where a report has one section, or tasks without an average."""
    averaged = report.overview.over_tasks if report.overview else None
    return over_tasks_figure(averaged.data, report.slots) if averaged else None
