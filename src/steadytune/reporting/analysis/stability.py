"""Whether models that noise moves less also score higher: one point a run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ...stats import Correlation, correlation, correlation_within
from ..reading.run import Attenuation, Run
from .scoring import degenerate, score
from .section_numbers import SectionNumbers

FEWEST_POINTS = 4
"""With fewer runs a correlation has no interval."""

Point = tuple[float, float]


@dataclass(frozen=True)
class StabilityPoints:
    """One method's runs, as pairs of noise sensitivity in % and score.

    Args:
        method: The method.
        slot: Its colour.
        points: Runs that ended above the majority-class baseline, in the order of the sensitivity.
        degenerate: Those that did not.
        moved: Mean noise sensitivity of all of them, in %.
        every: Spearman's correlation over all of them.
        learned: The same without the degenerate ones.
    """

    method: str
    slot: int
    points: tuple[Point, ...]
    degenerate: tuple[Point, ...]
    moved: float
    every: Correlation
    learned: Correlation


@dataclass(frozen=True)
class Pooled:
    """Spearman's correlation inside groups of runs, pooled.

    Groups are never mixed in it: a method that lowers the sensitivity itself would decide it.

    Args:
        every: Over all finished runs.
        learned: Without the degenerate ones.
        degenerate: How many those are.
    """

    every: Correlation
    learned: Correlation
    degenerate: int


@dataclass(frozen=True)
class Stability:
    """Noise sensitivity after fine-tuning against the in-domain score, run by run.

    Runs that diverged or crashed have no model to measure and are left out. Where the metric of a
    finished run is undefined, the majority-class baseline's score counts, as in every table.

    Args:
        axis: The score and its unit.
        higher_is_better: Whether a higher score is a better one.
        layer: Where the noise enters.
        methods: The points of every method.
        within: The correlation inside the methods, pooled.
        total: How many runs the correlation could rest on, also those without a dot.
    """

    axis: str
    higher_is_better: bool
    layer: int
    methods: tuple[StabilityPoints, ...]
    within: Pooled
    total: int


@dataclass(frozen=True)
class _Run:
    moved: float
    score: float
    degenerate: bool


def stability(section: SectionNumbers) -> Stability | None:
    """The points of a section; None where no method has four runs with a profile."""
    found = _by_method(section)
    if not found:
        return None
    runs = [(method, run) for method, chosen in found.items() for run in chosen]
    return Stability(
        axis=section.metric.heading,
        higher_is_better=section.metric.higher_is_better,
        layer=_layer(section),
        methods=tuple(_method(m, section.slots[m], chosen) for m, chosen in found.items()),
        within=_pooled(runs),
        total=len(runs),
    )


def stability_over(sections: Sequence[SectionNumbers]) -> Pooled | None:
    """The correlation inside each method of each section, pooled over all of them.

    Where a lower score is better its sign is turned. None where no section has enough runs.
    """
    runs: list[tuple[Hashable, _Run]] = []
    for index, section in enumerate(sections):
        sign = 1 if section.metric.higher_is_better else -1
        for method, chosen in _by_method(section).items():
            turned = (_Run(r.moved, sign * r.score, r.degenerate) for r in chosen)
            runs += [((index, method), run) for run in turned]
    return _pooled(runs) if runs else None


def _by_method(section: SectionNumbers) -> dict[str, list[_Run]]:
    domain, scale = section.task.in_domain, section.metric.scale
    found = {m: _runs(section.runs_of(m), domain, scale) for m in section.methods}
    return {m: runs for m, runs in found.items() if len(runs) >= FEWEST_POINTS}


def _runs(records: Sequence[Run], domain: str, scale: float) -> list[_Run]:
    known = (
        (sensitivity(record), score(record, domain), record)
        for record in records
        if record.status == "ok"
    )
    return [
        _Run(moved, scale * found.value, bool(degenerate(record)))
        for moved, found, record in known
        if moved is not None and found is not None
    ]


def _method(method: str, slot: int, runs: Sequence[_Run]) -> StabilityPoints:
    learned = [run for run in runs if not run.degenerate]
    return StabilityPoints(
        method=method,
        slot=slot,
        points=_points(learned),
        degenerate=_points([run for run in runs if run.degenerate]),
        moved=fmean(run.moved for run in runs),
        every=_correlation(runs),
        learned=_correlation(learned),
    )


def _points(runs: Sequence[_Run]) -> tuple[Point, ...]:
    return tuple(sorted((run.moved, run.score) for run in runs))


def _correlation(runs: Sequence[_Run]) -> Correlation:
    return correlation([r.moved for r in runs], [r.score for r in runs], kind="spearman")


def _pooled(runs: Sequence[tuple[Hashable, _Run]]) -> Pooled:
    learned = [pair for pair in runs if not pair[1].degenerate]
    return Pooled(_within(runs), _within(learned), len(runs) - len(learned))


def _within(runs: Sequence[tuple[Hashable, _Run]]) -> Correlation:
    moved, scores = [run.moved for _, run in runs], [run.score for _, run in runs]
    return correlation_within(moved, scores, [group for group, _ in runs], kind="spearman")


def sensitivity(record: Run) -> float | None:
    """How far noise at the lowest layer measured moves the top layer, in % of its length."""
    return _moved(record.profile.after if record.profile else None)


def sensitivity_before(record: Run) -> float | None:
    """The same before fine-tuning."""
    return _moved(record.profile.before if record.profile else None)


def _moved(profile: Attenuation | None) -> float | None:
    if profile is None or not profile.injection:
        return None
    row = profile.ratio[profile.injection.index(min(profile.injection))]
    return 100 * row[-1] if row and row[-1] is not None else None


def _layer(section: SectionNumbers) -> int:
    profiles = (r.profile.after for r in section.records if r.profile and r.profile.after)
    return min((min(p.injection) for p in profiles if p.injection), default=0)
