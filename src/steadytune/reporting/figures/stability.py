"""Noise sensitivity against the score in domain, one dot a run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..._page.palette import LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ..analysis.metric_display import interval_text, number
from ..analysis.section_numbers import SectionNumbers
from ..analysis.stability import Stability, stability
from .axes import LEFT, MOST_DOTS, PANEL_WIDTH, thin

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stability_frame(data: Stability) -> Frame:
    """One size for any number of methods."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_stability(data: Stability, axes: Axes) -> None:
    """One dot a run: how far noise moves it, and what it scores; rings are degenerate runs."""
    for method in data.methods:
        colour = LIGHT[method.slot]
        _scatter(method.points, colour, PAPER, axes)
        _scatter(method.degenerate, "none", colour, axes)
    axes.set_xlabel("relative displacement of the top layer (%)")
    axes.set_ylabel(data.axis)
    axes.tick_params(length=0, labelcolor=MUTED)


def _scatter(points: Sequence[tuple[float, float]], face: str, edge: str, axes: Axes) -> None:
    shown = thin(points, MOST_DOTS)
    if not shown:
        return
    axes.scatter(
        [moved for moved, _ in shown],
        [score for _, score in shown],
        s=26,
        facecolors=face,
        edgecolors=edge,
        linewidths=0.7 if edge == PAPER else 1.3,
        zorder=3,
    )


def stability_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Noise sensitivity against score."""
    data = stability(section)
    legend = tuple(method.method for method in data.methods) if data else ()
    panels = (_stability_panel(data, prefix),) if data else ()
    return Figure(stability_caption(data) if data else "", panels, legend)


def stability_caption(data: Stability) -> str:
    """How to read the figure, and what the correlation inside the methods is."""
    found = data.within.every
    text = (
        f"Each dot is a run: how far noise that enters at layer {data.layer} moves the top layer "
        "after fine-tuning, and the in-domain score. "
    )
    if data.within.degenerate:
        text += "A ring is a run that did not learn. "
    if found.value is None:
        return text + "Too few runs per method, or no variation, for a correlation."
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
        stability_frame(data),
        partial(draw_stability, data),
    )
    return Panel("Stability against performance", drawing, "in domain")
