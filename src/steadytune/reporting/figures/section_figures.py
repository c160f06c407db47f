"""Which figures a setting has: `FIGURES` is the one list of them, and its order their priority."""

from __future__ import annotations

from collections.abc import Callable

from ..analysis.setting import Setting
from .curve_panels import best_view, ensemble_view, learning_view, stability_view
from .panel import FigureView
from .score_panels import cost_view, differences_view, dots_view, noise_view

FIGURES: dict[str, Callable[[Setting, str], FigureView]] = {
    "dots": dots_view,
    "ensembles": ensemble_view,
    "differences": differences_view,
    "cost": cost_view,
    "best": best_view,
    "learning": learning_view,
    "stability": stability_view,
    "noise": noise_view,
}
"""Name -> what makes the figure, those first that a report would rather have.

The template puts each of them in its place by this name; the name stands in names of files too.
"""


def section_figures(setting: Setting, prefix: str) -> dict[str, FigureView]:
    """The figures that a setting has something for; `prefix` keeps ids in the page apart."""
    views = {name: make(setting, prefix) for name, make in FIGURES.items()}
    return {name: view for name, view in views.items() if view.panels}
