"""How noise fades through the layers before and after fine-tuning, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...records.schema import ProfilePart, Record
from ..analysis.setting import Setting


@dataclass(frozen=True)
class NoiseCurve:
    """Relative displacement in % at the layers `first`, `first + 1`, ... before and after."""

    first: int
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]


@dataclass(frozen=True)
class NoiseCurves:
    """How noise entering at several layers fades or grows, mean over one method's seeds."""

    method: str
    slot: int
    runs: int
    relative_noise: float | None
    curves: tuple[NoiseCurve, ...]
    limits: tuple[float, float]


def noise_curves(setting: Setting) -> tuple[NoiseCurves, ...]:
    """Attenuation before and after fine-tuning, one entry per method that has profiles."""
    found = {m: _mean_curves(_profiled(setting, m)) for m in setting.methods}
    shown = [v for curves in found.values() for c in curves for v in (*c.before, *c.after)]
    known = [v for v in shown if v is not None]
    limits = (0.0, 1.08 * max(known, default=1.0))
    return tuple(
        NoiseCurves(m, setting.slots[m], len(runs), _noise_size(runs), curves, limits)
        for m, curves in found.items()
        if curves and (runs := _profiled(setting, m))
    )


def _profiled(setting: Setting, method: str) -> list[Record]:
    return [
        r for r in setting.runs_of(method) if r.status == "ok" and r.profile and r.profile.after
    ]


def _noise_size(runs: Sequence[Record]) -> float | None:
    profile = runs[0].profile
    return profile.after.relative_noise if profile and profile.after else None


def _mean_curves(runs: Sequence[Record]) -> tuple[NoiseCurve, ...]:
    before = _by_layer([r.profile.before for r in runs if r.profile and r.profile.before])
    after = _by_layer([r.profile.after for r in runs if r.profile and r.profile.after])
    return tuple(
        NoiseCurve(layer, _mean_percent(before.get(layer, [])), _mean_percent(rows))
        for layer, rows in sorted(after.items())
    )


def _by_layer(profiles: Sequence[ProfilePart]) -> dict[int, list[list[float | None]]]:
    rows: dict[int, list[list[float | None]]] = {}
    for profile in profiles:
        for layer, ratios in zip(profile.injection, profile.ratio, strict=True):
            rows.setdefault(layer, []).append(ratios)
    return rows


def _mean_percent(rows: Sequence[Sequence[float | None]]) -> tuple[float | None, ...]:
    width = min(map(len, rows), default=0)
    columns = [[row[i] for row in rows] for i in range(width)]
    known = [[v for v in column if v is not None] for column in columns]
    return tuple(100 * sum(values) / len(values) if values else None for values in known)
