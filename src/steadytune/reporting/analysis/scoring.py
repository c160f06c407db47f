"""What a run counts for in the tables.

A method that makes training diverge must not look good because its bad runs have no score. So a run
that diverged, or crashed while training, scores what the majority-class baseline scores, which
stands in for it. A finished run whose metric is undefined, as a correlation is where all
predictions are the same, gives every example one answer: the baseline's score is its own.
Cancelled runs, and runs that crashed before training began, say nothing about a method and are
left out; they are listed by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...stats import is_degenerate
from ..reading.run import Run
from .metric_display import metric_display

Pair = tuple[int, int, str]

_ROWS_DRAWN = frozenset({"train_size", "dev_size", "eval_size"})


@dataclass(frozen=True)
class Score:
    """What a run counts for on one domain.

    `stands_in` says that the run has no result and the majority-class baseline stands in for it.
    """

    value: float
    stands_in: bool


def pair(record: Run) -> Pair:
    """Runs of two methods belong together when seed, training subset and rows are the same.

    Where the arms of a study differ in how many rows they draw, their rows differ on purpose.
    """
    own_rows = record.arm is not None and not _ROWS_DRAWN.isdisjoint(record.arm.varies)
    rows = "" if own_rows else record.spec.data_hash
    return (record.spec.seed, record.spec.subset_seed, rows)


def counts(record: Run) -> bool:
    """Whether the run says something about its method."""
    if record.status == "failed":
        return not crashed_before_training(record)
    return record.status != "cancelled"


def crashed_before_training(record: Run) -> bool:
    """Whether the record itself says that not a single step was taken; in doubt, one was."""
    if record.task is None:
        return True
    # A run that crashes within training knows how long it trained, but not how many steps it took.
    return not record.seconds.get("train") and record.cost.get("steps") == 0


def score(record: Run, domain: str) -> Score | None:
    """The primary metric on `domain` as tables count it; None leaves the run out."""
    if record.task is None or not counts(record):
        return None
    metrics = record.results.get(domain)
    constant = record.task.constant.get(domain)
    if record.status == "ok" and metrics is None:
        return None
    value = (metrics or {}).get(record.task.metric) if record.status == "ok" else None
    if value is not None:
        return Score(value, stands_in=False)
    return None if constant is None else Score(constant, stands_in=record.status != "ok")


def raw_score(record: Run, domain: str) -> float | None:
    """The primary metric as the record has it, nothing standing in; None if it has none."""
    metrics = record.results.get(domain)
    return (metrics or {}).get(record.task.metric) if record.task else None


def degenerate(record: Run) -> bool | None:
    """Whether the run ended in domain at or below the majority-class baseline; None if unknown."""
    if record.task is None:
        return None
    found = score(record, record.task.in_domain)
    constant = record.task.constant.get(record.task.in_domain)
    if found is None or constant is None:
        return None
    higher = metric_display(record.task.metric).higher_is_better
    return is_degenerate(found.value, constant, higher)
