"""Time of a training step against the in-domain difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._page.content import Figure, Panel
from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ..analysis.metric_display import signed
from ..analysis.section_numbers import Comparison, SectionNumbers
from .axes import LEFT, PANEL_WIDTH, shortened
from .differences import difference
from .forest import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class CostPoint:
    """A method's time per step relative to the baseline, and its in-domain gain."""

    cost: float
    gain: Estimate


@dataclass(frozen=True)
class CostAgainstGain:
    """Cost and gain of every method; the baseline is the point (1, 0)."""

    baseline: str
    axis: str
    points: tuple[CostPoint, ...]


def cost_against_gain(section: SectionNumbers) -> CostAgainstGain | None:
    """Cost and gain in domain; None when no method has both."""
    ratios = {cost.method: cost.ratio for cost in section.costs}
    points = tuple(p for c in section.primary if (p := _point(c, ratios[c.method], section)))
    axis = section.metric.difference_heading
    return CostAgainstGain(section.baseline or "", axis, points) if points else None


def _point(
    comparison: Comparison, ratio: float | None, section: SectionNumbers
) -> CostPoint | None:
    gain = difference(comparison, section)
    return None if gain is None or ratio is None else CostPoint(ratio, gain)


def cost_frame(data: CostAgainstGain) -> Frame:
    """One size for any number of methods."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_cost(data: CostAgainstGain, axes: Axes) -> None:
    """Time per step against the in-domain difference; the baseline is where the dashes cross."""
    axes.axhline(0, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    axes.axvline(1, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    for point in data.points:
        gain, colour = point.gain, LIGHT[point.gain.slot]
        if gain.interval is not None:
            ends = gain.interval.low, gain.interval.high
            axes.vlines(point.cost, *ends, colour, linewidth=2.4, zorder=3)
        axes.scatter([point.cost], [gain.value], s=52, color=colour, edgecolors=PAPER, zorder=4)
    costs = [1.0, *(point.cost for point in data.points)]
    room = 0.15 * (max(costs) - min(costs)) or 0.1
    axes.set_xlim(min(costs) - room, max(costs) + room)
    axes.set_xlabel(f"time of one step, times {shortened(data.baseline, 24)}")
    axes.set_ylabel(data.axis)
    axes.tick_params(length=0, labelcolor=MUTED)


def cost_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Time of a step against the in-domain difference."""
    data = cost_against_gain(section)
    panels = tuple(_cost_panels(data, prefix)) if data else ()
    caption = (
        "Each dot is a method: time of one training step relative to the baseline, and the "
        "in-domain difference with its 95 % interval. The baseline is where the dashed lines cross."
    )
    legend = tuple(point.gain.method for point in data.points) if data else ()
    return Figure(caption, panels, legend)


def _cost_panels(data: CostAgainstGain, prefix: str) -> Iterator[Panel]:
    points = "; ".join(
        f"{p.gain.method}: {p.cost:.2f} times the time, {signed(p.gain.value, 2)}"
        for p in data.points
    )
    label = f"{data.axis} against the time of one step. {points}."
    frame = cost_frame(data)
    drawing = Drawing(f"{prefix}-cost", label, frame, partial(draw_cost, data))
    yield Panel("Cost against gain", drawing, "in domain")
