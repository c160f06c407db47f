"""The numbers of a report, as values: one `SectionNumbers` holds all that its section shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...records.schema import TaskPart
from ...stats import (
    BootstrapInterval,
    EnsembleScores,
    Improvement,
    LabelDisagreement,
    PairedDifference,
    Rate,
    SignedRankTest,
    SpreadComparison,
    Summary,
    TrainTestGap,
    ValueDisagreement,
)
from ..reading.run import Run
from .metric_display import MetricDisplay
from .scoring import Pair


@dataclass(frozen=True)
class Domain:
    """A set of test examples; `exposed` if the model saw it in pretraining."""

    name: str
    in_domain: bool
    exposed: bool = False

    @property
    def place(self) -> str:
        """Which side of the training domain, and whether the model knows it."""
        return f"{self.side}, seen by the model in pretraining" if self.exposed else self.side

    @property
    def side(self) -> str:
        """Which side of the training domain."""
        return "in domain" if self.in_domain else "out of domain"

    @property
    def remark(self) -> str:
        """The name, and in brackets what a reader must not overlook."""
        return f"{self.name} (seen by the model in pretraining)" if self.exposed else self.name


@dataclass(frozen=True)
class MethodScores:
    """One method on one domain; `stand_ins` are pairs that the majority-class baseline stands for.

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

    domain: Domain
    constant: float | None
    methods: tuple[MethodScores, ...]


@dataclass(frozen=True)
class Comparison:
    """A method against the baseline on one domain, in the order method minus baseline.

    Args:
        method: What is compared.
        baseline: What it is compared with.
        domain: Where.
        difference: The paired differences that interval and tests rest on: one a run, or, with
            three training subsets or more, one a subset, the mean over its seeds.
        by_run: The paired differences run by run.
        subsets: How many training subsets `difference` counts; 0 if it counts runs.
        ranks: Wilcoxon's test of the same differences.
        improvement: The probability that the method scores higher with the same seed.
        spread: The ratio of standard deviations, run by run.
        spread_bootstrap: The same ratio with an interval that assumes no shape.
        adjusted_p: The sign-flip p-value after Holm's correction over the primary family, all
            in-domain comparisons of a report; None out of domain, where comparisons are
            exploratory.
    """

    method: str
    baseline: str
    domain: Domain
    difference: PairedDifference
    by_run: tuple[float, ...]
    subsets: int
    ranks: SignedRankTest
    improvement: Improvement
    spread: SpreadComparison
    spread_bootstrap: BootstrapInterval
    adjusted_p: float | None = None

    @property
    def in_domain(self) -> bool:
        """Whether it is a primary comparison."""
        return self.domain.in_domain


@dataclass(frozen=True)
class Cost:
    """What a method cost.

    Args:
        method: The method.
        runs: How many runs it has, also those that failed.
        seconds_per_step: Median time of a training step.
        ratio: The same over the baseline's.
        forwards: Median number of forward passes of a training step.
        peak_bytes: The largest peak of memory of a run.
        training_seconds: Median time of a training.
        total_seconds: Sum over all runs, with loading and evaluation.
    """

    method: str
    runs: int
    seconds_per_step: float | None
    ratio: float | None
    forwards: float | None
    peak_bytes: float | None
    training_seconds: float | None
    total_seconds: float


@dataclass(frozen=True)
class Disagreement:
    """How far the predictions of runs of one method lie apart on one domain."""

    method: str
    domain: Domain
    found: LabelDisagreement | ValueDisagreement


@dataclass(frozen=True)
class Ensembles:
    """Ensembles of runs of one method, in domain.

    Args:
        method: The method.
        runs: How many runs there are to choose from, failed ones too.
        learned: How many of them learned something from their training rows.
        sizes: What ensembles score, by size.
    """

    method: str
    runs: int
    learned: int
    sizes: tuple[EnsembleScores, ...]

    def of(self, size: int) -> EnsembleScores | None:
        """What those of so many runs score; None where there are not so many runs."""
        return next((scores for scores in self.sizes if scores.size == size), None)


@dataclass(frozen=True)
class SectionNumbers:
    """Runs that differ in nothing but method, seed, training subset and what arms vary.

    Args:
        spec: What the runs have in common.
        varied: Fields of the spec in which its methods differ.
        task: The task as the first of them saw it.
        metric: The primary metric.
        methods: Methods in the order of the report, the baseline first.
        slots: The colour of each method, the same in the whole report.
        baseline: What the others are compared with; None if it has no run here.
        records: All runs, also those that do not count.
        domains: Scores by domain, the one trained on first.
        comparisons: Every other method against the baseline, by domain.
        gaps: Training score minus in-domain test score by method, over the finished runs.
        costs: Time by method.
        disagreements: How far predictions lie apart; empty where none were read.
        ensembles: What ensembles of runs would score; empty likewise.
    """

    spec: Mapping[str, object]
    varied: tuple[str, ...]
    task: TaskPart
    metric: MetricDisplay
    methods: tuple[str, ...]
    slots: Mapping[str, int]
    baseline: str | None
    records: tuple[Run, ...]
    domains: tuple[DomainScores, ...]
    comparisons: tuple[Comparison, ...]
    gaps: Mapping[str, TrainTestGap]
    costs: tuple[Cost, ...]
    disagreements: tuple[Disagreement, ...] = ()
    ensembles: tuple[Ensembles, ...] = ()

    @property
    def primary(self) -> tuple[Comparison, ...]:
        """The comparisons on the domain trained on."""
        return tuple(c for c in self.comparisons if c.in_domain)

    @property
    def in_domain(self) -> DomainScores:
        """The scores on the domain trained on."""
        return self.domains[0]

    @property
    def generates(self) -> bool:
        """Whether runs generate texts, whose ensembles take the most typical one."""
        return self.task.kind == "seq2seq"

    @property
    def subsets(self) -> int:
        """How many training subsets the runs use."""
        return len({record.spec.subset_seed for record in self.records})

    def runs_of(self, method: str) -> list[Run]:
        """The runs of one method."""
        return [record for record in self.records if record.method == method]
