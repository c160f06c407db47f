"""What the figures of curves show: training losses, and the best of n seeds."""

from __future__ import annotations

from dataclasses import dataclass

from ...stats import expected_best
from ..analysis.setting import Setting
from ..analysis.thinning import thin
from ..reading.schema import Record
from ..reading.training_curve import Curve
from .dot_data import padded

MOST_CURVES = 30
MOST_POINTS = 60


@dataclass(frozen=True)
class LearningCurves:
    """Training loss over steps of one method's runs; `broken` are those that did not end well."""

    method: str
    slot: int
    finished: tuple[Curve, ...]
    broken: tuple[Curve, ...]
    total: int
    limits: tuple[float, float]

    @property
    def shown(self) -> int:
        """How many runs have a line."""
        return len(self.finished) + len(self.broken)


def learning_curves(setting: Setting) -> tuple[LearningCurves, ...]:
    """One entry per method that logged a loss at two steps or more, all with the same limits."""
    logged = {m: [r for r in setting.runs_of(m) if len(r.history) > 1] for m in setting.methods}
    runs = [run for found in logged.values() for run in found]
    # A run that diverges would squeeze the others into a line at the bottom.
    steady = [run for run in runs if run.status == "ok"] or runs
    limits = padded([loss for run in steady for _, loss in run.history])
    return tuple(
        LearningCurves(
            method=method,
            slot=setting.slots[method],
            finished=_curves([run for run in found if run.status == "ok"]),
            broken=tuple(
                _until(limits[1], curve)
                for curve in _curves([run for run in found if run.status != "ok"])
            ),
            total=len(found),
            limits=limits,
        )
        for method, found in logged.items()
        if found
    )


def _curves(runs: list[Record]) -> tuple[Curve, ...]:
    """At most thirty, from the lowest to the highest last loss."""
    ordered = sorted((run.history for run in runs), key=lambda curve: curve[-1][1])
    return tuple(thin(curve, MOST_POINTS) for curve in thin(ordered, MOST_CURVES))


def _until(limit: float, curve: Curve) -> Curve:
    """The curve up to the first point above the limit, where it leaves the axes."""
    above = next((i for i, (_, loss) in enumerate(curve) if loss > limit), len(curve))
    return curve[: above + 1]


@dataclass(frozen=True)
class BestLine:
    """The expected best in-domain score of 1, 2, ... runs of one method."""

    method: str
    slot: int
    scores: tuple[float, ...]


@dataclass(frozen=True)
class BestOfSeeds:
    """What the best of n seeds flatters a method by, for every method."""

    axis: str
    lines: tuple[BestLine, ...]


def best_of_seeds(setting: Setting) -> BestOfSeeds | None:
    """The curve of every method with two runs or more in domain; None without any."""
    metric = setting.metric
    lines = tuple(
        BestLine(
            method=found.method,
            slot=setting.slots[found.method],
            scores=tuple(
                metric.scale * score
                for score in expected_best(
                    list(found.scores.values()), higher_is_better=metric.higher_is_better
                ).curve
            ),
        )
        for found in setting.in_domain.methods
        if len(found.scores) > 1
    )
    return BestOfSeeds(f"best {metric.heading}", lines) if lines else None
