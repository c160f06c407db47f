"""The figures of curves and of stability, with captions and a description in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..._counted import counted
from ..._page.svg import Drawing
from ..analysis.metric_display import number
from ..analysis.setting import Setting
from ..analysis.stability import Stability, stability
from ..tables.table import interval_text
from . import curve_figures
from .curve_data import (
    LearningCurves,
    SeedLines,
    best_of_seeds,
    ensemble_means,
    ensemble_spreads,
    learning_curves,
)
from .panel import FigureView, Panel


def learning_view(setting: Setting, prefix: str) -> FigureView:
    """Training losses, one small drawing a method."""
    data = learning_curves(setting)
    panels = [
        Panel(
            d.method,
            f"{d.shown} of {counted(d.total, 'run')} shown" if d.shown < d.total else "",
            Drawing(
                f"{prefix}-learning{i}",
                _describe_learning(d),
                curve_figures.learning_curves_frame(d),
                partial(curve_figures.draw_learning_curves, d),
            ),
        )
        for i, d in enumerate(data)
    ]
    caption = (
        "Training loss as it was logged, one line a run, on the same scale for every method; a "
        "method that adds a penalty logs it as part of the loss."
    )
    if any(d.broken for d in data):
        caption += " Dashed lines with a cross are runs that did not end well."
    return FigureView(caption, tuple(panels), small=True)


def _describe_learning(data: LearningCurves) -> str:
    ends = [curve[-1][1] for curve in (*data.finished, *data.broken)]
    return (
        f"Training loss of {counted(data.total, 'run')} of {data.method}; "
        f"the last one from {number(min(ends), 3)} to {number(max(ends), 3)}."
    )


def best_view(setting: Setting, prefix: str) -> FigureView:
    """The expected best of n seeds."""
    data = best_of_seeds(setting)
    caption = (
        "The in-domain score to expect of the best of n seeds: the mean over all ways to choose n "
        "of the runs. It rises with n without the method getting better, which is why a best score "
        "says little without the number of seeds behind it; the line starts at the mean."
    )
    return _seeds_view(caption, [("Expected best of n seeds", data)], f"{prefix}-best")


def ensemble_view(setting: Setting, prefix: str) -> FigureView:
    """Score and spread of ensembles by the number of runs in them."""
    caption = (
        "What the average of the predictions of a few runs scores in domain, and how much that "
        "varies from one set of seeds to another. One run is the lottery without an ensemble. Runs "
        "that learned nothing from their training rows are left out of ensembles that have others."
    )
    panels = [
        ("Mean score of ensembles", ensemble_means(setting)),
        ("Standard deviation over ensembles", ensemble_spreads(setting)),
    ]
    return _seeds_view(caption, panels, f"{prefix}-ensembles")


def _seeds_view(
    caption: str, panels: Sequence[tuple[str, SeedLines | None]], name: str
) -> FigureView:
    drawn = [
        _seeds_panel(heading, data, f"{name}{number or ''}")
        for number, (heading, data) in enumerate(panels)
        if data is not None
    ]
    shown = (line.method for _, data in panels if data is not None for line in data.lines)
    return FigureView(caption, tuple(drawn), tuple(dict.fromkeys(shown)))


def _seeds_panel(heading: str, data: SeedLines, name: str) -> Panel:
    lines = "; ".join(
        f"{line.method} from {number(line.values[0], 2)} with one run to "
        f"{number(line.values[-1], 2)} with {line.runs[-1]}"
        for line in data.lines
    )
    drawing = Drawing(
        name,
        f"{heading}: {data.axes[1]}. {lines}.",
        curve_figures.seeds_frame(data),
        partial(curve_figures.draw_seeds, data),
    )
    return Panel(heading, "in domain", drawing)


def stability_view(setting: Setting, prefix: str) -> FigureView:
    """Noise sensitivity against score."""
    data = stability(setting)
    legend = tuple(method.method for method in data.methods) if data else ()
    panels = (_stability_panel(data, prefix),) if data else ()
    return FigureView(stability_caption(data) if data else "", panels, legend)


def stability_caption(data: Stability) -> str:
    """How to read the figure, and what the correlation inside the methods is."""
    found = data.within.every
    text = (
        f"Each dot is a run: how far noise that enters at layer {data.layer} moves the top layer "
        "after fine-tuning, and the in-domain score. "
    )
    if data.within.degenerate:
        text += "A ring is a degenerate run. "
    if found.value is None:
        return text + "Too few runs a method, or no variation, for a correlation."
    groups = "the method" if found.groups == 1 else f"{found.groups} methods, pooled"
    interval = interval_text(found.interval, lambda value: number(value, 2))
    return (
        f"{text}Spearman's correlation inside {groups}: {number(found.value, 2)}, 95 % interval "
        f"{interval}, over {counted(found.count, 'run')}. Exploratory."
    )


def _stability_panel(data: Stability, prefix: str) -> Panel:
    drawing = Drawing(
        f"{prefix}-stability",
        f"{data.axis} against noise sensitivity, {counted(data.total, 'run')}.",
        curve_figures.stability_frame(data),
        partial(curve_figures.draw_stability, data),
    )
    return Panel("Stability against performance", "in domain", drawing)
