"""From records to numbers: which runs can be compared, and what the comparison gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from ..._page.palette import slots
from ...records.schema import TaskPart
from ...stats import (
    TrainTestGap,
    bootstrap_spread,
    compare_spread,
    holm,
    matched,
    paired_difference,
    paired_improvement,
    rate,
    signed_rank_test,
    summarize,
    train_test_gap,
)
from ..reading.arms import common_spec, grouped
from ..reading.run import Run
from . import scoring
from .metric_display import metric_display
from .section_numbers import Comparison, Cost, Domain, DomainScores, MethodScores, SectionNumbers
from .subsets import by_subset

MANY_RESAMPLES, FEW_RESAMPLES, MANY_RESAMPLES_UP_TO = 9999, 1999, 40
"""With few pairs the bootstrap's tails lie far out and take more resamples."""

NOT_DOMAINS = frozenset({"train", "dev"})
"""Results that are no test scores: the training examples, and those of model selection."""


def method_order(records: Sequence[Run], baseline: str, listed: Sequence[str]) -> list[str]:
    """The methods that occur: the baseline, then those listed in their order, then by name."""
    present = {record.method: record.spec.method for record in records}
    ranks = {name: rank for rank, name in enumerate(listed)}

    def rank(name: str) -> tuple[bool, int, str]:
        return name != baseline, ranks.get(name, ranks.get(present[name], len(ranks))), name

    return sorted(present, key=rank)


def analyse(
    records: Sequence[Run],
    methods: Sequence[str],
    baseline: str,
    generator: np.random.Generator,
) -> tuple[SectionNumbers, ...]:
    """Group the records into sections and compute every number that the report shows.

    Records of a section whose task no run could load are left out.
    """
    sections = [
        _section_numbers(tuple(runs), task, methods, baseline, generator)
        for runs in grouped(records)
        if (task := next((r.task for r in runs if r.task), None))
    ]
    return _corrected(sections)


def _section_numbers(
    records: tuple[Run, ...],
    task: TaskPart,
    methods: Sequence[str],
    baseline: str,
    generator: np.random.Generator,
) -> SectionNumbers:
    runs: dict[str, list[Run]] = {method: [] for method in methods}
    for record in records:
        runs[record.method].append(record)
    runs = {method: found for method, found in runs.items() if found}
    domains = tuple(_domain_scores(runs, d, task) for d in _domains(records, task))
    against = baseline if baseline in runs else None
    spec, varied = common_spec(records)
    return SectionNumbers(
        spec=spec,
        varied=varied,
        task=task,
        metric=metric_display(task.metric, task.kind),
        methods=tuple(runs),
        slots=slots(methods, baseline),
        baseline=against,
        records=records,
        domains=domains,
        comparisons=tuple(c for d in domains for c in _comparisons(d, against, generator)),
        gaps={m: _gap(found, task) for m, found in runs.items()},
        costs=_costs(runs, against),
    )


def _domains(records: Sequence[Run], task: TaskPart) -> list[Domain]:
    """The domain trained on, then the others in the order in which they are first named."""
    named = [d for r in records for d in (*(r.task or task).out_of_domain, *r.results)]
    exposed = {d for r in records for d in r.exposed}
    names = dict.fromkeys([task.in_domain, *(d for d in named if d not in NOT_DOMAINS)])
    return [Domain(name, name == task.in_domain, name in exposed) for name in names]


def _domain_scores(
    runs: Mapping[str, Sequence[Run]], domain: Domain, task: TaskPart
) -> DomainScores:
    return DomainScores(
        domain=domain,
        constant=task.constant.get(domain.name),
        methods=tuple(_method_scores(method, found, domain.name) for method, found in runs.items()),
    )


def _method_scores(method: str, records: Sequence[Run], domain: str) -> MethodScores:
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


def _gap(records: Sequence[Run], task: TaskPart) -> TrainTestGap:
    """Runs that did not end well have learned nothing to forget: they are left out."""
    finished = [r for r in records if r.status == "ok"]
    splits = ("train", task.in_domain)
    train, test = (
        {scoring.pair(r): v for r in finished if (v := scoring.raw_score(r, d)) is not None}
        for d in splits
    )
    return train_test_gap(train, test)


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
    ours, theirs = matched(method.scores, control.scores)
    left, right, subsets = by_subset(method.scores, control.scores)
    difference = paired_difference(left, right, generator)
    return Comparison(
        method=method.method,
        baseline=control.method,
        domain=scores.domain,
        difference=difference,
        by_run=tuple((ours - theirs).tolist()),
        subsets=subsets,
        ranks=signed_rank_test(difference.differences),
        improvement=paired_improvement(*matched(left, right)),
        spread=compare_spread(ours, theirs),
        spread_bootstrap=bootstrap_spread(
            ours, theirs, generator, resamples=resamples_of(ours.size)
        ),
    )


def resamples_of(pairs: int) -> int:
    """How many resamples a bootstrap of so many pairs draws."""
    return MANY_RESAMPLES if pairs <= MANY_RESAMPLES_UP_TO else FEW_RESAMPLES


def _corrected(sections: Sequence[SectionNumbers]) -> tuple[SectionNumbers, ...]:
    family = [c for s in sections for c in s.primary if c.difference.p_value is not None]
    p_values = holm([c.difference.p_value or 0.0 for c in family])
    adjusted = {id(c): p for c, p in zip(family, p_values, strict=True)}

    def correct(comparison: Comparison) -> Comparison:
        return dataclasses.replace(comparison, adjusted_p=adjusted.get(id(comparison)))

    return tuple(
        dataclasses.replace(s, comparisons=tuple(map(correct, s.comparisons))) for s in sections
    )


def _costs(runs: Mapping[str, Sequence[Run]], baseline: str | None) -> tuple[Cost, ...]:
    steps = {m: _median([r.cost.get("seconds_per_step") for r in rs]) for m, rs in runs.items()}
    reference = steps.get(baseline) if baseline else None
    return tuple(_cost(method, found, steps[method], reference) for method, found in runs.items())


def _cost(method: str, records: Sequence[Run], step: float | None, reference: float | None) -> Cost:
    finished = [r for r in records if r.status == "ok"]
    return Cost(
        method=method,
        runs=len(records),
        seconds_per_step=step,
        ratio=step / reference if step is not None and reference else None,
        forwards=_median([r.cost.get("forwards_per_step") for r in finished]),
        peak_bytes=max(
            (b for r in finished if (b := r.cost.get("peak_memory_bytes"))), default=None
        ),
        training_seconds=_median([r.seconds.get("train") for r in finished]),
        total_seconds=sum(r.seconds.get("total") or 0.0 for r in records),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
