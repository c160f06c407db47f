"""Whether models that noise moves less also score higher: one point a run."""

from __future__ import annotations

from dataclasses import dataclass

from ..stats import Correlation, correlation_within
from .dot_data import MOST_DOTS, thin
from .schema import Record
from .scoring import raw_score
from .setting import Setting

FEWEST_POINTS = 3


@dataclass(frozen=True)
class StabilityPoints:
    """One method's runs, as pairs of noise sensitivity in % and score."""

    method: str
    slot: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Stability:
    """Noise sensitivity after fine-tuning against the in-domain score, run by run.

    Args:
        axis: The score and its unit.
        layer: Where the noise enters.
        methods: The points of every method.
        within: Spearman's correlation inside the methods, pooled; methods are never mixed in it,
            since one that lowers the sensitivity itself would decide it.
        total: How many runs the correlation could rest on, also those without a dot.
    """

    axis: str
    layer: int
    methods: tuple[StabilityPoints, ...]
    within: Correlation
    total: int


def stability(setting: Setting) -> Stability | None:
    """The points of a setting; None where no method has three runs with a profile."""
    domain, scale = setting.task.in_domain, setting.metric.scale
    found = {m: _points(setting.runs_of(m), domain, scale) for m in setting.methods}
    found = {m: points for m, points in found.items() if len(points) >= FEWEST_POINTS}
    if not found:
        return None
    pairs = [(method, *point) for method, points in found.items() for point in points]
    groups, moved, scores = zip(*pairs, strict=True)
    return Stability(
        axis=setting.metric.heading,
        layer=_layer(setting),
        methods=tuple(
            StabilityPoints(m, setting.slots[m], thin(sorted(p), MOST_DOTS))
            for m, p in found.items()
        ),
        within=correlation_within(moved, scores, groups, kind="spearman"),
        total=len(pairs),
    )


def _points(runs: list[Record], domain: str, scale: float) -> list[tuple[float, float]]:
    pairs = ((sensitivity(run), raw_score(run, domain)) for run in runs if run.status == "ok")
    return [
        (moved, scale * score) for moved, score in pairs if moved is not None and score is not None
    ]


def sensitivity(record: Record) -> float | None:
    """How far noise at the lowest layer measured moves the top layer, in % of its length."""
    after = record.profile.after if record.profile else None
    if after is None or not after.injection:
        return None
    row = after.ratio[after.injection.index(min(after.injection))]
    return 100 * row[-1] if row and row[-1] is not None else None


def _layer(setting: Setting) -> int:
    profiles = (r.profile.after for r in setting.records if r.profile and r.profile.after)
    return min((min(p.injection) for p in profiles if p.injection), default=0)
