"""What the figures show, as plain numbers in the units of the axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .analysis import Comparison, DomainScores, MethodScores, Setting
from .scoring import Pair

MOST_DOTS = 100
MOST_LINES = 40
FEWEST_FOR_A_BOX = 5
DOT_HEIGHT = 0.03
LANE_WIDTH = 0.07
MOST_LANES = 4

T = TypeVar("T")


@dataclass(frozen=True)
class Dot:
    """A run's score, moved sideways by `shift`; `stands_in` if it is the constant predictor's."""

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
class DotColumn:
    """One method's seeds. `box` is None below five scores, `median` below two."""

    method: str
    slot: int
    dots: tuple[Dot, ...]
    median: float | None
    box: Box | None
    total: int


@dataclass(frozen=True)
class SeedDots:
    """Seeds of all methods on one domain; a line runs through one seed's dots, as (x, y)."""

    domain: str
    in_domain: bool
    axis: str
    columns: tuple[DotColumn, ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    constant: float | None
    limits: tuple[float, float]


def seed_dots(setting: Setting) -> tuple[SeedDots, ...]:
    """Seed-by-seed scores, one entry per domain, all with the same limits."""
    limits = _limits(setting)
    return tuple(_seed_dots(domain, setting, limits) for domain in setting.domains)


def _seed_dots(scores: DomainScores, setting: Setting, limits: tuple[float, float]) -> SeedDots:
    metric = setting.metric
    placed = [_placed(method, metric.scale, limits) for method in scores.methods]
    return SeedDots(
        domain=scores.domain,
        in_domain=scores.in_domain,
        axis=metric.heading,
        columns=tuple(
            _column(m.method, setting.slots[m.method], list(dots.values()))
            for m, dots in zip(scores.methods, placed, strict=True)
        ),
        lines=_lines(placed),
        constant=None if scores.constant is None else scores.constant * metric.scale,
        limits=limits,
    )


def _placed(method: MethodScores, scale: float, limits: tuple[float, float]) -> dict[Pair, Dot]:
    """The dots of a method by pair, in order of height."""
    ordered = sorted(method.scores, key=lambda key: method.scores[key])
    values = [method.scores[key] * scale for key in ordered]
    shifts = sideways(values, (limits[1] - limits[0]) * DOT_HEIGHT)
    return {
        key: Dot(value, key in method.stand_ins, shift)
        for key, value, shift in zip(ordered, values, shifts, strict=True)
    }


def sideways(values: Sequence[float], height: float) -> list[float]:
    """Shifts that keep dots of a given height apart, for values in rising order, without chance."""
    lanes = [0, *(sign * step for step in range(1, MOST_LANES + 1) for sign in (1, -1))]
    last = dict.fromkeys(lanes, -math.inf)
    shifts = []
    for value in values:
        free = (lane for lane in lanes if value - last[lane] >= height)
        lane = next(free, min(lanes, key=lambda taken: last[taken]))
        last[lane] = value
        shifts.append(lane * LANE_WIDTH)
    return shifts


def _column(method: str, slot: int, dots: Sequence[Dot]) -> DotColumn:
    values = [dot.value for dot in dots]
    quartiles = np.percentile(values, [0, 25, 50, 75, 100]).tolist() if values else []
    return DotColumn(
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
        tuple((x + d[key].shift, d[key].value) for x, d in enumerate(placed) if key in d)
        for key in keys
    )
    return tuple(path for path in paths if len(path) > 1)


def _limits(setting: Setting) -> tuple[float, float]:
    values = [v for d in setting.domains for m in d.methods for v in m.scores.values()]
    values += [d.constant for d in setting.domains if d.constant is not None]
    return padded([v * setting.metric.scale for v in values])


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """The range of the values, widened by a share of it at either end."""
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    room = (high - low) * share or max(abs(high), 10.0) * share
    return (low - room, high + room)


def thin(values: Sequence[T], most: int) -> tuple[T, ...]:
    """At most `most` of the ordered values, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return tuple(values)
    chosen = np.linspace(0, len(values) - 1, most).round().astype(int)
    return tuple(values[index] for index in chosen)


@dataclass(frozen=True)
class DifferenceRow:
    """One domain: the paired differences, their mean and its interval if there is one."""

    domain: str
    in_domain: bool
    differences: tuple[float, ...]
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Differences:
    """One method minus the baseline, by domain."""

    method: str
    baseline: str
    slot: int
    axis: str
    rows: tuple[DifferenceRow, ...]
    limits: tuple[float, float]


def differences(setting: Setting) -> tuple[Differences, ...]:
    """Paired differences, one entry per method, all with the same limits."""
    rows = {m: _difference_rows(setting, m) for m in setting.methods if m != setting.baseline}
    shown = [v for found in rows.values() for r in found for v in (*r.differences, *_ends(r))]
    unit = f" ({setting.metric.difference_unit})" if setting.metric.difference_unit else ""
    axis = f"difference in {setting.metric.name}{unit}"
    return tuple(
        Differences(m, setting.baseline or "", setting.slots[m], axis, found, padded([0, *shown]))
        for m, found in rows.items()
        if found
    )


def _difference_rows(setting: Setting, method: str) -> tuple[DifferenceRow, ...]:
    found = (c for c in setting.comparisons if c.method == method)
    return tuple(r for c in found if (r := _difference_row(c, setting.metric.scale)))


def _difference_row(comparison: Comparison, scale: float) -> DifferenceRow | None:
    found = comparison.difference
    if found.mean is None:
        return None
    interval = found.interval
    return DifferenceRow(
        domain=comparison.domain,
        in_domain=comparison.in_domain,
        differences=thin(sorted(d * scale for d in found.differences), MOST_DOTS),
        mean=found.mean * scale,
        interval=(interval.low * scale, interval.high * scale) if interval else None,
    )


def _ends(row: DifferenceRow) -> tuple[float, ...]:
    return row.interval or ()


@dataclass(frozen=True)
class CostPoint:
    """A method's time per step relative to the baseline, and its in-domain gain."""

    method: str
    slot: int
    cost: float
    gain: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class CostAgainstGain:
    """Cost and gain of every method; the baseline is the point (1, 0)."""

    baseline: str
    axis: str
    points: tuple[CostPoint, ...]


def cost_against_gain(setting: Setting) -> CostAgainstGain | None:
    """Cost and gain in domain; None when no method has both."""
    ratios = {cost.method: cost.ratio for cost in setting.costs}
    points = tuple(p for c in setting.primary if (p := _point(c, ratios[c.method], setting)))
    unit = f" ({setting.metric.difference_unit})" if setting.metric.difference_unit else ""
    axis = f"difference in {setting.metric.name}{unit}"
    return CostAgainstGain(setting.baseline or "", axis, points) if points else None


def _point(comparison: Comparison, ratio: float | None, setting: Setting) -> CostPoint | None:
    row = _difference_row(comparison, setting.metric.scale)
    if row is None or ratio is None:
        return None
    method = comparison.method
    return CostPoint(method, setting.slots[method], ratio, row.mean, row.interval)
