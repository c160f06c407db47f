"""What the figure of single runs shows, as plain numbers in the units of the axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.scoring import Pair
from ..analysis.setting import Domain, DomainScores, MethodScores, Setting
from ..analysis.thinning import MOST_DOTS, thin

MOST_LINES = 40
FEWEST_FOR_A_BOX = 5
DOT_HEIGHT = 0.03
LANE_WIDTH = 0.07
MOST_LANES = 4


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

    domain: Domain
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
