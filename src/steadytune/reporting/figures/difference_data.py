"""What the figures of differences and of cost show, as plain numbers in the units of the axes."""

from __future__ import annotations

from dataclasses import dataclass

from ..analysis.setting import Comparison, Domain, Setting
from ..analysis.thinning import MOST_DOTS, thin
from .dot_data import padded


@dataclass(frozen=True)
class DifferenceRow:
    """One domain: the paired differences, their mean and its interval if there is one."""

    domain: Domain
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
    axis = setting.metric.difference_heading
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
        differences=thin(sorted(d * scale for d in comparison.by_run), MOST_DOTS),
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
    axis = setting.metric.difference_heading
    return CostAgainstGain(setting.baseline or "", axis, points) if points else None


def _point(comparison: Comparison, ratio: float | None, setting: Setting) -> CostPoint | None:
    row = _difference_row(comparison, setting.metric.scale)
    if row is None or ratio is None:
        return None
    method = comparison.method
    return CostPoint(method, setting.slots[method], ratio, row.mean, row.interval)
