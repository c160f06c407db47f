"""From records to numbers: which runs can be compared, and what the comparison gives."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..stats import (
    PairedDifference,
    Rate,
    SpreadComparison,
    Summary,
    compare_spread,
    holm,
    matched,
    paired_difference,
    rate,
    summarize,
)
from . import scoring
from .metrics import MetricDisplay, metric_display
from .palette import slots
from .schema import Record, TaskPart
from .scoring import Pair

_NOT_SETTING = {"method", "method_options", "seed", "subset_seed", "data_hash"}


@dataclass(frozen=True)
class MethodScores:
    """One method on one domain; `stand_ins` are the pairs that the constant predictor stands for.

    `finished` summarises the runs that ended well, without the stand-ins.
    """

    method: str
    scores: Mapping[Pair, float]
    stand_ins: frozenset[Pair]
    summary: Summary
    finished: Summary
    degenerate: Rate


@dataclass(frozen=True)
class DomainScores:
    """All methods on one domain."""

    domain: str
    in_domain: bool
    constant: float | None
    methods: tuple[MethodScores, ...]


@dataclass(frozen=True)
class Comparison:
    """A method against the baseline on one domain, in the order method minus baseline.

    `adjusted_p` is the sign-flip p-value after Holm's correction over the primary family, all
    in-domain comparisons of a report; None out of domain, where comparisons are exploratory.
    """

    method: str
    baseline: str
    domain: str
    in_domain: bool
    difference: PairedDifference
    spread: SpreadComparison
    adjusted_p: float | None = None


@dataclass(frozen=True)
class Cost:
    """What a method cost. `ratio` is its median time per step over the baseline's."""

    method: str
    runs: int
    seconds_per_step: float | None
    ratio: float | None
    training_seconds: float | None
    total_seconds: float


@dataclass(frozen=True)
class Setting:
    """Runs that differ in nothing but method, seed and training subset.

    Args:
        spec: What the runs have in common.
        task: The task as the first of them saw it.
        metric: The primary metric.
        methods: Methods in the order of the report, the baseline first.
        slots: The colour of each method, the same in the whole report.
        baseline: What the others are compared with; None if it has no run here.
        records: All runs, also those that do not count.
        domains: Scores by domain, the one trained on first.
        comparisons: Every other method against the baseline, by domain.
        costs: Time by method.
    """

    spec: Mapping[str, object]
    task: TaskPart
    metric: MetricDisplay
    methods: tuple[str, ...]
    slots: Mapping[str, int]
    baseline: str | None
    records: tuple[Record, ...]
    domains: tuple[DomainScores, ...]
    comparisons: tuple[Comparison, ...]
    costs: tuple[Cost, ...]

    @property
    def primary(self) -> tuple[Comparison, ...]:
        """The comparisons on the domain trained on."""
        return tuple(c for c in self.comparisons if c.in_domain)


def method_order(records: Sequence[Record], baseline: str, listed: Sequence[str]) -> list[str]:
    """The methods that occur: the baseline, then those listed in their order, then by name."""
    present = {record.spec.method for record in records}
    ranks = {name: rank for rank, name in enumerate(listed)}
    return sorted(present, key=lambda m: (m != baseline, ranks.get(m, len(ranks)), m))


def analyse(
    records: Sequence[Record],
    methods: Sequence[str],
    baseline: str,
    generator: np.random.Generator,
) -> tuple[Setting, ...]:
    """Group the records into settings and compute every number that the report shows.

    Records of a setting whose task no run could load are left out.
    """
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(_setting_key(record), []).append(record)
    settings = [
        _setting(tuple(runs), task, methods, baseline, generator)
        for _, runs in sorted(groups.items())
        if (task := next((r.task for r in runs if r.task), None))
    ]
    return _corrected(settings)


def _setting_key(record: Record) -> str:
    return json.dumps(record.spec.model_dump(exclude=_NOT_SETTING), sort_keys=True, default=str)


def _setting(
    records: tuple[Record, ...],
    task: TaskPart,
    methods: Sequence[str],
    baseline: str,
    generator: np.random.Generator,
) -> Setting:
    runs = {m: [r for r in records if r.spec.method == m] for m in methods}
    runs = {method: found for method, found in runs.items() if found}
    domains = tuple(_domain_scores(runs, d, task) for d in _domains(records, task))
    against = baseline if baseline in runs else None
    return Setting(
        spec=records[0].spec.model_dump(exclude=_NOT_SETTING),
        task=task,
        metric=metric_display(task.metric),
        methods=tuple(runs),
        slots=slots(methods, baseline),
        baseline=against,
        records=records,
        domains=domains,
        comparisons=tuple(c for d in domains for c in _comparisons(d, against, generator)),
        costs=_costs(runs, against),
    )


def _domains(records: Sequence[Record], task: TaskPart) -> list[str]:
    """The domain trained on, then the others in the order in which they are first named."""
    named = [d for r in records for d in (*(r.task or task).out_of_domain, *r.results)]
    return list(dict.fromkeys([task.in_domain, *(d for d in named if d != "train")]))


def _domain_scores(
    runs: Mapping[str, Sequence[Record]], domain: str, task: TaskPart
) -> DomainScores:
    return DomainScores(
        domain=domain,
        in_domain=domain == task.in_domain,
        constant=task.constant.get(domain),
        methods=tuple(_method_scores(method, found, domain) for method, found in runs.items()),
    )


def _method_scores(method: str, records: Sequence[Record], domain: str) -> MethodScores:
    scored = [(r, s) for r in records if (s := scoring.score(r, domain)) is not None]
    verdicts = [d for r, _ in scored if (d := scoring.degenerate(r)) is not None]
    return MethodScores(
        method=method,
        scores={scoring.pair(r): s.value for r, s in scored},
        stand_ins=frozenset(scoring.pair(r) for r, s in scored if s.stands_in),
        summary=summarize([s.value for _, s in scored]),
        finished=summarize([s.value for _, s in scored if not s.stands_in]),
        degenerate=rate(verdicts),
    )


def _comparisons(
    scores: DomainScores, baseline: str | None, generator: np.random.Generator
) -> list[Comparison]:
    control = next((m for m in scores.methods if m.method == baseline), None)
    if control is None:
        return []
    others = (m for m in scores.methods if m is not control)
    return [_compare(scores, method, control, generator) for method in others]


def _compare(
    scores: DomainScores,
    method: MethodScores,
    control: MethodScores,
    generator: np.random.Generator,
) -> Comparison:
    return Comparison(
        method=method.method,
        baseline=control.method,
        domain=scores.domain,
        in_domain=scores.in_domain,
        difference=paired_difference(method.scores, control.scores, generator),
        spread=compare_spread(*matched(method.scores, control.scores)),
    )


def _corrected(settings: Sequence[Setting]) -> tuple[Setting, ...]:
    family = [c for s in settings for c in s.primary if c.difference.p_value is not None]
    p_values = holm([c.difference.p_value or 0.0 for c in family])
    adjusted = {id(c): p for c, p in zip(family, p_values, strict=True)}

    def correct(comparison: Comparison) -> Comparison:
        return dataclasses.replace(comparison, adjusted_p=adjusted.get(id(comparison)))

    return tuple(
        dataclasses.replace(s, comparisons=tuple(map(correct, s.comparisons))) for s in settings
    )


def _costs(runs: Mapping[str, Sequence[Record]], baseline: str | None) -> tuple[Cost, ...]:
    steps = {m: _median([r.cost.get("seconds_per_step") for r in rs]) for m, rs in runs.items()}
    reference = steps.get(baseline) if baseline else None
    return tuple(_cost(method, found, steps[method], reference) for method, found in runs.items())


def _cost(
    method: str, records: Sequence[Record], step: float | None, reference: float | None
) -> Cost:
    finished = [r for r in records if r.status == "ok"]
    return Cost(
        method=method,
        runs=len(records),
        seconds_per_step=step,
        ratio=step / reference if step is not None and reference else None,
        training_seconds=_median([r.seconds.get("train") for r in finished]),
        total_seconds=sum(r.seconds.get("total") or 0.0 for r in records),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
