"""Every run's score, one drawing a domain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ..analysis.metric_display import number
from ..analysis.scoring import Pair
from ..analysis.section_numbers import Domain, DomainScores, MethodScores, SectionNumbers
from .axes import MOST_DOTS, PANEL_WIDTH, padded, shortened, thin
from .forest import WIDEST_NAME

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 40
FEWEST_FOR_A_BOX = 5
DOT_WIDTH = 0.03
LANE_HEIGHT = 0.07
MOST_LANES = 4
CROWDED = 40
ROW = 36.0


@dataclass(frozen=True)
class Dot:
    """A run's score, moved down by `shift`; `stands_in` for a run without a result."""

    value: float
    stands_in: bool
    shift: float = 0.0


@dataclass(frozen=True)
class Box:
    """Quartiles and extremes of all scores, also of those without a dot."""

    minimum: float
    lower: float
    median: float
    upper: float
    maximum: float


@dataclass(frozen=True)
class DotRow:
    """One method's seeds. `box` is None below five scores, `median` below two."""

    method: str
    slot: int
    dots: tuple[Dot, ...]
    median: float | None
    box: Box | None
    total: int


@dataclass(frozen=True)
class SeedDots:
    """Seeds of all methods on one domain; a line runs through one seed's dots, as (x, y).

    Row i is at y = i, from top to bottom.
    """

    domain: Domain
    axis: str
    rows: tuple[DotRow, ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    constant: float | None
    limits: tuple[float, float]


def seed_dots(section: SectionNumbers) -> tuple[SeedDots, ...]:
    """Seed-by-seed scores, one entry per domain, all with the same limits."""
    limits = _limits(section)
    return tuple(_seed_dots(domain, section, limits) for domain in section.domains)


def _seed_dots(
    scores: DomainScores, section: SectionNumbers, limits: tuple[float, float]
) -> SeedDots:
    metric = section.metric
    placed = [_placed(method, metric.scale, limits) for method in scores.methods]
    return SeedDots(
        domain=scores.domain,
        axis=metric.heading,
        rows=tuple(
            _row(m.method, section.slots[m.method], list(dots.values()))
            for m, dots in zip(scores.methods, placed, strict=True)
        ),
        lines=_lines(placed),
        constant=None if scores.constant is None else scores.constant * metric.scale,
        limits=limits,
    )


def _placed(method: MethodScores, scale: float, limits: tuple[float, float]) -> dict[Pair, Dot]:
    """The dots of a method by pair, in rising order."""
    ordered = sorted(method.scores, key=lambda key: method.scores[key])
    values = [method.scores[key] * scale for key in ordered]
    shifts = apart(values, (limits[1] - limits[0]) * DOT_WIDTH)
    return {
        key: Dot(value, key in method.stand_ins, shift)
        for key, value, shift in zip(ordered, values, shifts, strict=True)
    }


def apart(values: Sequence[float], width: float) -> list[float]:
    """Shifts that keep dots of a given width apart, for values in rising order, without chance."""
    lanes = [0, *(sign * step for step in range(1, MOST_LANES + 1) for sign in (1, -1))]
    last = dict.fromkeys(lanes, -math.inf)
    shifts = []
    for value in values:
        free = (lane for lane in lanes if value - last[lane] >= width)
        lane = next(free, min(lanes, key=lambda taken: last[taken]))
        last[lane] = value
        shifts.append(lane * LANE_HEIGHT)
    return shifts


def _row(method: str, slot: int, dots: Sequence[Dot]) -> DotRow:
    values = [dot.value for dot in dots]
    quartiles = np.percentile(values, [0, 25, 50, 75, 100]).tolist() if values else []
    return DotRow(
        method=method,
        slot=slot,
        dots=thin(dots, MOST_DOTS),
        median=quartiles[2] if len(values) > 1 else None,
        box=Box(*quartiles) if len(values) >= FEWEST_FOR_A_BOX else None,
        total=len(values),
    )


def _lines(placed: Sequence[Mapping[Pair, Dot]]) -> tuple[tuple[tuple[float, float], ...], ...]:
    keys = dict.fromkeys(key for dots in placed for key in dots)
    if len(placed) < 2 or len(keys) > MOST_LINES:
        return ()
    paths = (
        tuple((d[key].value, y + d[key].shift) for y, d in enumerate(placed) if key in d)
        for key in keys
    )
    return tuple(path for path in paths if len(path) > 1)


def _limits(section: SectionNumbers) -> tuple[float, float]:
    values = [v for d in section.domains for m in d.methods for v in m.scores.values()]
    values += [d.constant for d in section.domains if d.constant is not None]
    return padded([v * section.metric.scale for v in values])


def seed_dots_frame(data: SeedDots) -> Frame:
    """As wide as any panel, with room for the longest name."""
    widest = max((len(shortened(row.method, WIDEST_NAME)) for row in data.rows), default=0)
    return Frame(PANEL_WIDTH, 62 + ROW * len(data.rows), 14 + 7.0 * widest, 44)


def draw_seed_dots(data: SeedDots, axes: Axes) -> None:
    """Dots and boxes in rows; lines join a seed, dashes mark the majority-class baseline.

    Marks of one kind are drawn together, which takes a fraction of the time of single ones.
    """
    from matplotlib.collections import LineCollection

    axes.set_xlim(*data.limits)
    axes.set_ylim(len(data.rows) - 0.4, -0.6)
    axes.add_collection(
        LineCollection(data.lines, colors=MUTED, linewidths=0.8, alpha=0.5, zorder=2)
    )
    _draw_boxes(data.rows, axes)
    _draw_dots(data.rows, axes)
    if data.constant is not None:
        axes.axvline(data.constant, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    axes.set_yticks(range(len(data.rows)), [shortened(r.method, WIDEST_NAME) for r in data.rows])
    axes.set_xlabel(data.axis)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.grid(axis="y", visible=False)


def _draw_dots(rows: Sequence[DotRow], axes: Axes) -> None:
    for stands_in, marker in ((False, "o"), (True, "X")):
        marks = [
            (
                dot.value,
                place + dot.shift,
                38 if stands_in else 26 if len(row.dots) <= CROWDED else 13,
                LIGHT[row.slot],
            )
            for place, row in enumerate(rows)
            for dot in row.dots
            if dot.stands_in == stands_in
        ]
        if marks:
            x, y, sizes, colours = map(list, zip(*marks, strict=True))
            axes.scatter(
                x,
                y,
                s=sizes,
                color=colours,
                marker=marker,
                edgecolors=PAPER,
                linewidths=0.7,
                zorder=4,
            )


def _draw_boxes(rows: Sequence[DotRow], axes: Axes) -> None:
    """The median, the middle half, and thin lines to the extremes."""
    from matplotlib.collections import LineCollection, PolyCollection

    half = 0.2
    medians = [
        (LIGHT[row.slot], [(row.median, y - half), (row.median, y + half)])
        for y, row in enumerate(rows)
        if row.median is not None
    ]
    boxes = [(LIGHT[row.slot], y, row.box) for y, row in enumerate(rows) if row.box is not None]
    corners = [
        [(x, y + side) for side, x in zip((-half, -half, half, half), _rim(box), strict=True)]
        for _, y, box in boxes
    ]
    ends = [
        (colour, [(start, y), (end, y)])
        for colour, y, box in boxes
        for start, end in ((box.minimum, box.lower), (box.upper, box.maximum))
    ]
    faces = [colour for colour, *_ in boxes]
    axes.add_collection(
        PolyCollection(corners, facecolors=faces, alpha=0.16, linewidths=0, zorder=2.5)
    )
    for lines, width, alpha, above in ((ends, 1, 0.6, 2.5), (medians, 2, 1, 3)):
        axes.add_collection(
            LineCollection(
                [line for _, line in lines],
                colors=[colour for colour, _ in lines],
                linewidths=width,
                alpha=alpha,
                zorder=above,
            )
        )


def _rim(box: Box) -> tuple[float, float, float, float]:
    return box.lower, box.upper, box.upper, box.lower


def dots_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Every run's score, one drawing a domain."""
    data = seed_dots(section)
    panels = [
        Panel(
            f"{d.domain.name}, {d.domain.place}",
            Drawing(
                f"{prefix}-dots{i}",
                _describe_dots(d),
                seed_dots_frame(d),
                partial(draw_seed_dots, d),
            ),
            _hidden(d),
        )
        for i, d in enumerate(data)
    ]
    return Figure(_dots_caption(data), tuple(panels))


def _dots_caption(data: Sequence[SeedDots]) -> str:
    parts = ["Each dot is one run."]
    if any(c.median is not None for d in data for c in d.rows):
        parts.append("The short bar is the median.")
    if any(c.box for d in data for c in d.rows):
        parts.append("The box has the middle half of the runs; thin lines reach the extremes.")
    if any(d.lines for d in data):
        parts.append("Thin lines join runs with the same seed.")
    if any(d.constant is not None for d in data):
        parts.append("The dashed line is the majority-class baseline.")
    if any(dot.stands_in for d in data for c in d.rows for dot in c.dots):
        parts.append("A cross is a run that diverged or crashed.")
    return " ".join(parts)


def _hidden(data: SeedDots) -> str:
    totals = [(len(c.dots), c.total) for c in data.rows if len(c.dots) < c.total]
    return f"{totals[0][0]} of {totals[0][1]} dots shown per method" if totals else ""


def _describe_dots(data: SeedDots) -> str:
    ranges = "; ".join(
        f"{c.method} from {number(c.dots[0].value, 1)} to {number(c.dots[-1].value, 1)} over "
        f"{counted(c.total, 'run')}"
        for c in data.rows
        if c.dots
    )
    return f"{data.axis} on {data.domain.name} by method: {ranges or 'no scores'}."
