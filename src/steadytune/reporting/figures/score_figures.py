"""Drawing single runs, differences, cost and noise; every drawing is one pair of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Frame
from ..analysis.setting import Domain
from .difference_data import CostAgainstGain, Differences
from .dot_data import DotColumn, SeedDots
from .labels import shortened, wrapped
from .noise_data import NoiseCurves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_WIDTH = 340.0
LEFT = 48.0
WIDEST_DOMAIN = 16
CROWDED = 40


def seed_dots_frame(data: SeedDots) -> Frame:
    """Columns keep room for their labels."""
    labels = [wrapped(column.method).split("\n") for column in data.columns]
    longest = max((len(line) for lines in labels for line in lines), default=0)
    bottom = 7.0 + 15.0 * max(map(len, labels), default=1)
    width = LEFT + (14.0 + 6.6 * max(longest, 7)) * len(labels)
    return Frame(max(PANEL_WIDTH, width), 232 + bottom, LEFT, bottom)


def draw_seed_dots(data: SeedDots, axes: Axes) -> None:
    """Dots and boxes side by side; lines join a seed, dashes mark the constant predictor."""
    for line in data.lines:
        axes.plot(*zip(*line, strict=True), color=MUTED, linewidth=0.8, alpha=0.5, zorder=2)
    for position, column in enumerate(data.columns):
        _draw_column(column, position, axes)
    if data.constant is not None:
        axes.axhline(data.constant, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    axes.set_xticks(range(len(data.columns)), [wrapped(c.method) for c in data.columns])
    axes.set_xlim(-0.6, len(data.columns) - 0.4)
    axes.set_ylim(*data.limits)
    axes.set_ylabel(data.axis)
    axes.tick_params(length=0)
    axes.grid(axis="x", visible=False)


def _draw_column(column: DotColumn, position: int, axes: Axes) -> None:
    _draw_box(column, position, axes)
    round_size = 26 if len(column.dots) <= CROWDED else 13
    for stands_in, marker, size in ((False, "o", round_size), (True, "X", 38)):
        chosen = [dot for dot in column.dots if dot.stands_in == stands_in]
        axes.scatter(
            [position + dot.shift for dot in chosen],
            [dot.value for dot in chosen],
            s=size,
            color=LIGHT[column.slot],
            marker=marker,
            edgecolors=PAPER,
            linewidths=0.7,
            zorder=4,
        )


def _draw_box(column: DotColumn, position: int, axes: Axes) -> None:
    colour, box, half = LIGHT[column.slot], column.box, 0.2
    if column.median is not None:
        axes.hlines(column.median, position - half, position + half, colour, linewidth=2, zorder=3)
    if box is None:
        return
    axes.fill_between(
        [position - half, position + half],
        box.lower,
        box.upper,
        color=colour,
        alpha=0.16,
        linewidth=0,
        zorder=2.5,
    )
    for start, end in ((box.minimum, box.lower), (box.upper, box.maximum)):
        axes.vlines(position, start, end, colour, linewidth=1, alpha=0.6, zorder=2.5)


def _gaps(values: tuple[float | None, ...]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def differences_frame(data: Differences) -> Frame:
    """A row a domain, and room for the longest name."""
    widest = max((len(_domain_name(row.domain)) for row in data.rows), default=0)
    return Frame(PANEL_WIDTH, 70 + 40.0 * len(data.rows), 16 + 7.2 * widest, 44)


def _domain_name(domain: Domain) -> str:
    """Short, with a star where the model saw it in pretraining."""
    return shortened(domain.name, WIDEST_DOMAIN) + "*" * domain.exposed


def draw_differences(data: Differences, axes: Axes) -> None:
    """The mean difference and its interval by domain, single pairs as small strokes."""
    colour = LIGHT[data.slot]
    axes.axvline(0, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    for height, row in enumerate(data.rows):
        axes.scatter(
            row.differences,
            [height] * len(row.differences),
            s=60,
            color=MUTED,
            marker="|",
            linewidths=1,
            alpha=0.7,
            zorder=2,
        )
        if row.interval is not None:
            axes.hlines(height, *row.interval, colour, linewidth=2.6, zorder=3)
        axes.scatter([row.mean], [height], s=46, color=colour, edgecolors=PAPER, zorder=4)
    names = [_domain_name(row.domain) for row in data.rows]
    axes.set_yticks(range(len(data.rows)), names)
    axes.set_ylim(len(data.rows) - 0.4, -0.6)
    axes.set_xlim(*data.limits)
    axes.set_xlabel(data.axis)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.grid(axis="y", visible=False)


def noise_curves_frame(data: NoiseCurves) -> Frame:
    """The same for every method."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_noise_curves(data: NoiseCurves, axes: Axes) -> None:
    """One pair of curves per injection layer: dashed before fine-tuning, solid after."""
    from matplotlib.ticker import MaxNLocator

    colour = LIGHT[data.slot]
    for curve in data.curves:
        layers = range(curve.first, curve.first + len(curve.before))
        axes.plot(layers, _gaps(curve.before), color=MUTED, linewidth=1.2, linestyle=(0, (3, 2)))
        layers = range(curve.first, curve.first + len(curve.after))
        axes.plot(
            layers, _gaps(curve.after), color=colour, linewidth=1.9, marker="o", markersize=3.6
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(*data.limits)
    axes.set_xlabel("layer")
    axes.set_ylabel("relative displacement (%)")
    axes.tick_params(length=0, labelcolor=MUTED)


def cost_frame(data: CostAgainstGain) -> Frame:
    """One size for any number of methods."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_cost(data: CostAgainstGain, axes: Axes) -> None:
    """Time per step against the in-domain difference; the baseline is where the dashes cross."""
    axes.axhline(0, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    axes.axvline(1, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    for point in data.points:
        colour = LIGHT[point.slot]
        if point.interval is not None:
            axes.vlines(point.cost, *point.interval, colour, linewidth=2.4, zorder=3)
        axes.scatter([point.cost], [point.gain], s=52, color=colour, edgecolors=PAPER, zorder=4)
    costs = [1.0, *(point.cost for point in data.points)]
    room = 0.15 * (max(costs) - min(costs)) or 0.1
    axes.set_xlim(min(costs) - room, max(costs) + room)
    axes.set_xlabel(f"time of one step, times {shortened(data.baseline, 24)}")
    axes.set_ylabel(data.axis)
    axes.tick_params(length=0, labelcolor=MUTED)
