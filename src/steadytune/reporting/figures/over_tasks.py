"""What several tasks say together as a picture: differences of means, and ratios of spreads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ...stats import Interval
from ..analysis.metric_display import number, quoted, signed
from ..analysis.over_tasks import OverTasks
from .axes import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, WIDEST_NAME, ROW = 340.0, 22, 26.0
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Estimate:
    """A method's number and its interval, if there is one."""

    method: str
    slot: int
    value: float
    interval: Interval | None

    @property
    def ends(self) -> tuple[float, ...]:
        """What the drawing must hold."""
        found = self.interval
        return (self.value, found.low, found.high) if found else (self.value,)


def over_tasks_figure(data: OverTasks, slots: Mapping[str, int]) -> Figure:
    """Two drawings side by side, one row a method: the highest mean score comes first.

    Args:
        data: The averages over tasks.
        slots: The colour of each method.
    """
    compared = sorted(data.inside.comparisons, key=lambda c: -(c.difference.mean or 0.0))
    means = [
        Estimate(c.method, slots[c.method], c.difference.mean, c.difference.interval)
        for c in compared
        if c.difference.mean is not None
    ]
    ratios = [
        Estimate(c.method, slots[c.method], c.spread.pooled.estimate, c.spread.pooled.interval)
        for c in compared
        if c.spread.pooled.estimate
    ]
    tasks = counted(len(data.inside.tasks), data.unit)
    axes = f"points, mean over {tasks}", f"std over seeds, times {shortened(data.baseline, 20)}'s"
    found = (
        ("Higher scores?", "differences", axes[0], means, 0.0),
        ("Steadier?", "ratios", axes[1], ratios, 1.0),
    )
    panels = tuple(
        _panel(heading, name, axis, estimates, still)
        for heading, name, axis, estimates, still in found
        if estimates
    )
    return Figure(_caption(data.baseline), panels)


def _caption(baseline: str) -> str:
    return (
        "Dot: estimate in domain. Bar: its 95 % interval. The dashed line is no difference to "
        f"{quoted(baseline)}. Higher scores: right of it. Steadier over seeds: left of it, on a "
        "logarithmic scale."
    )


def _panel(
    heading: str, name: str, axis: str, estimates: Sequence[Estimate], still: float
) -> Panel:
    words = "; ".join(f"{e.method} {_in_words(e)}" for e in estimates)
    drawing = Drawing(
        f"over-{name}",
        f"{axis}: {words}.",
        _frame(estimates),
        partial(_draw, estimates, axis, still),
    )
    return Panel(heading, drawing)


def _in_words(estimate: Estimate) -> str:
    found = estimate.interval
    ends = f", interval {number(found.low, 2)} to {number(found.high, 2)}" if found else ""
    return f"{signed(estimate.value, 2)}{ends}"


def _frame(estimates: Sequence[Estimate]) -> Frame:
    widest = max(len(shortened(e.method, WIDEST_NAME)) for e in estimates)
    return Frame(WIDTH, 62 + ROW * len(estimates), 14 + 7.0 * widest, 44)


def _draw(estimates: Sequence[Estimate], axis: str, still: float, axes: Axes) -> None:
    """Ratios stand on a logarithmic scale: half and twice are equally far from 1."""
    axes.axvline(still, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    for height, estimate in enumerate(estimates):
        colour = LIGHT[estimate.slot]
        if estimate.interval is not None:
            ends = estimate.interval.low, estimate.interval.high
            axes.hlines(height, *ends, colour, linewidth=2.6, zorder=3)
        axes.scatter([estimate.value], [height], s=46, color=colour, edgecolors=PAPER, zorder=4)
    axes.set_yticks(range(len(estimates)), [shortened(e.method, WIDEST_NAME) for e in estimates])
    axes.set_ylim(len(estimates) - 0.4, -0.6)
    if still == 1.0:
        _logarithmic(axes, estimates)
    axes.set_xlabel(axis)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.grid(axis="y", visible=False)


def _logarithmic(axes: Axes, estimates: Sequence[Estimate]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    shown = [1.0, *(end for e in estimates for end in e.ends if end > 0)]
    axes.set_xscale("log")
    axes.set_xlim(min(shown) / 1.15, max(shown) * 1.15)
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
