"""Drawing curves: training losses, what more seeds bring, and stability against performance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..._page.palette import LIGHT, MUTED, PAPER
from ..._page.svg import Frame
from ..analysis.stability import Stability
from .curve_data import LearningCurves, SeedLines
from .score_figures import LEFT, PANEL_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL_WIDTH = 230.0


def learning_curves_frame(data: LearningCurves) -> Frame:
    """Small, so that several stand in a row."""
    return Frame(SMALL_WIDTH, 170.0, 58.0, 42)


def draw_learning_curves(data: LearningCurves, axes: Axes) -> None:
    """One thin line a run; those that did not end well are grey and end in a cross."""
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    colour = LIGHT[data.slot]
    alpha = max(0.25, min(0.8, 6 / max(1, data.shown)))
    axes.add_collection(
        LineCollection(data.finished, colors=colour, linewidths=0.9, alpha=alpha, zorder=2.5)
    )
    axes.add_collection(
        LineCollection(data.broken, colors=MUTED, linewidths=0.9, linestyles=((0, (3, 2)),))
    )
    ends = [curve[-1] for curve in data.broken]
    axes.scatter(
        [step for step, _ in ends],
        [min(loss, data.limits[1]) for _, loss in ends],
        s=30,
        color=MUTED,
        marker="X",
        edgecolors=PAPER,
        linewidths=0.6,
        zorder=4,
        clip_on=False,
    )
    axes.autoscale_view()
    axes.set_ylim(*data.limits)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel("step")
    axes.set_ylabel("training loss")
    axes.tick_params(length=0, labelcolor=MUTED)


def seeds_frame(data: SeedLines) -> Frame:
    """One size for any number of methods."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_seeds(data: SeedLines, axes: Axes) -> None:
    """What more seeds bring, one line a method."""
    from matplotlib.ticker import MaxNLocator

    for line in data.lines:
        few = len(line.values) <= 12
        axes.plot(
            line.runs,
            line.values,
            color=LIGHT[line.slot],
            linewidth=1.9,
            marker="o" if few else "",
            markersize=3.6,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(data.axes[0])
    axes.set_ylabel(data.axes[1])
    axes.tick_params(length=0, labelcolor=MUTED)


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
    axes.scatter(
        [moved for moved, _ in points],
        [score for _, score in points],
        s=26,
        facecolors=face,
        edgecolors=edge,
        linewidths=0.7 if edge == PAPER else 1.3,
        zorder=3,
    )
