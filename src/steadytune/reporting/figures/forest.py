"""One row a method: its estimate, the interval, and what it was estimated from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ...stats import Interval
from ..analysis.metric_display import number, signed
from .axes import PANEL_WIDTH, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDEST_NAME, ROW = 22, 26.0
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Estimate:
    """A method's number, its interval if there is one, and the single values behind it."""

    method: str
    slot: int
    value: float
    interval: Interval | None
    singles: tuple[float, ...] = ()

    @property
    def shown(self) -> tuple[float, ...]:
        """What the drawing must hold."""
        ends = (self.interval.low, self.interval.high) if self.interval else ()
        return (self.value, *ends, *self.singles)


@dataclass(frozen=True)
class Forest:
    """Estimates of several methods on one axis.

    Args:
        axis: What the axis measures, with its unit.
        estimates: One row each, from top to bottom.
        still: Where "no difference" stands: 0 for differences, 1 for ratios, which stand on a
            logarithmic scale, so that half and twice are equally far from it.
        limits: Ends of the axis, where several drawings share them.
    """

    axis: str
    estimates: tuple[Estimate, ...]
    still: float
    limits: tuple[float, float] | None = None

    def drawing(self, name: str) -> Drawing:
        """The forest as a drawing whose ids begin with `name`."""
        words = "; ".join(f"{e.method} {_in_words(e)}" for e in self.estimates)
        return Drawing(name, f"{self.axis}: {words}.", self._frame(), partial(_draw, self))

    def _frame(self) -> Frame:
        widest = max(len(shortened(e.method, WIDEST_NAME)) for e in self.estimates)
        return Frame(PANEL_WIDTH, 62 + ROW * len(self.estimates), 14 + 7.0 * widest, 44)


def _in_words(estimate: Estimate) -> str:
    found = estimate.interval
    ends = f", interval {number(found.low, 2)} to {number(found.high, 2)}" if found else ""
    return f"{signed(estimate.value, 2)}{ends}"


def _draw(forest: Forest, axes: Axes) -> None:
    """Marks of one kind are drawn together, which takes a fraction of the time of single ones."""
    rows = list(enumerate(forest.estimates))
    axes.axvline(forest.still, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    axes.scatter(
        [x for _, e in rows for x in e.singles],
        [y for y, e in rows for _ in e.singles],
        s=60,
        color=MUTED,
        marker="|",
        linewidths=1,
        alpha=0.7,
        zorder=2,
    )
    bars = [(y, e.interval.low, e.interval.high, LIGHT[e.slot]) for y, e in rows if e.interval]
    if bars:
        y, low, high, bar_colours = zip(*bars, strict=True)
        axes.hlines(y, low, high, bar_colours, linewidth=2.6, zorder=3)
    values = [e.value for e in forest.estimates]
    colours = [LIGHT[e.slot] for e in forest.estimates]
    axes.scatter(values, range(len(rows)), s=46, color=colours, edgecolors=PAPER, zorder=4)
    axes.set_yticks(range(len(rows)), [shortened(e.method, WIDEST_NAME) for _, e in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if forest.still == 1.0:
        _logarithmic(axes, forest.estimates)
    if forest.limits:
        axes.set_xlim(*forest.limits)
    axes.set_xlabel(forest.axis)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.grid(axis="y", visible=False)


def _logarithmic(axes: Axes, estimates: Sequence[Estimate]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    shown = [1.0, *(value for e in estimates for value in e.shown if value > 0)]
    axes.set_xscale("log")
    axes.set_xlim(min(shown) / 1.15, max(shown) * 1.15)
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
