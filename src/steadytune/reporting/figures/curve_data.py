"""What the figures of curves show: training losses, and what more seeds bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...records.schema import Record
from ...records.training_curve import Curve
from ...stats import EnsembleScores, expected_best
from ..analysis.setting import Setting
from ..analysis.thinning import thin
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
class SeedLine:
    """A number for some numbers of runs of one method, both in rising order of the runs."""

    method: str
    slot: int
    runs: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class SeedLines:
    """What more seeds bring, one line a method; `axes` names the runs and the numbers."""

    axes: tuple[str, str]
    lines: tuple[SeedLine, ...]


def best_of_seeds(setting: Setting) -> SeedLines | None:
    """What the best of n runs flatters a method by, for those with two runs or more in domain."""
    metric = setting.metric
    lines = []
    for found in setting.in_domain.methods:
        scores = list(found.scores.values())
        if len(scores) > 1:
            curve = expected_best(scores, higher_is_better=metric.higher_is_better).curve
            best = tuple(metric.scale * score for score in curve)
            runs = tuple(range(1, len(best) + 1))
            lines.append(SeedLine(found.method, setting.slots[found.method], runs, best))
    axes = "number of seeds", f"best {metric.heading}"
    return SeedLines(axes, tuple(lines)) if lines else None


def ensemble_means(setting: Setting) -> SeedLines | None:
    """The mean score of ensembles by their size; None without ensembles."""
    return _ensemble_lines(setting, setting.metric.heading, lambda scores: scores.mean)


def ensemble_spreads(setting: Setting) -> SeedLines | None:
    """The standard deviation over ensembles by their size, of the sizes that have one."""
    axis = f"std of {setting.metric.heading}"
    return _ensemble_lines(setting, axis, lambda scores: scores.std)


def _ensemble_lines(
    setting: Setting, axis: str, number: Callable[[EnsembleScores], float | None]
) -> SeedLines | None:
    lines = []
    for found in setting.ensembles:
        known = {s.size: value for s in found.sizes if (value := number(s)) is not None}
        values = tuple(setting.metric.scale * value for value in known.values())
        if len(values) > 1:
            slot = setting.slots[found.method]
            lines.append(SeedLine(found.method, slot, tuple(known), values))
    return SeedLines(("runs in an ensemble", axis), tuple(lines)) if lines else None
