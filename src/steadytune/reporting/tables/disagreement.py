"""The table of how far runs disagree, prediction by prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from ..._page.table import Column, Group, Table, row
from ...stats import LabelDisagreement, ValueDisagreement
from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.predicted import MOST_RUNS
from ..analysis.section_numbers import Disagreement, Domain

_SAME_SCORE = "Two runs can score the same and yet be wrong on different examples."


def disagreement_table(results: Sequence[Disagreement]) -> Table | None:
    """Disagreement between seeds by domain and method; None without predictions to compare."""
    labels = [r for r in results if isinstance(r.found, LabelDisagreement)]
    values = [r for r in results if isinstance(r.found, ValueDisagreement)]
    if labels:
        return _label_table(labels)
    return _value_table(values) if values else None


def _label_table(results: Sequence[Disagreement]) -> Table:
    columns = (
        *_COUNTS,
        _labels("Two runs differ", lambda found: _percent(found.churn)),
        _labels("At most", lambda found: _percent(found.largest_churn)),
        _labels("Not unanimous", lambda found: _percent(found.ambiguity)),
        _labels("Divergence", lambda found: number(found.jensen_shannon, 3)),
    )
    return Table(
        title="Disagreement between seeds",
        first="Method",
        columns=columns,
        groups=_by_domain(results, columns),
        notes=(
            f"{_SAME_SCORE} Two runs differ: the share of examples that two runs of the method "
            "answer differently, the mean over all pairs of runs; at most: the same for the two "
            "that differ most. Not unanimous: the share on which not all runs agree; it grows with "
            "the number of runs. Divergence: Jensen-Shannon, in bits, between what two runs "
            f"predict; n/a where only answers are kept. Up to {MOST_RUNS} runs per method, on one "
            "training subset.",
        ),
    )


def _value_table(results: Sequence[Disagreement]) -> Table:
    columns = (
        *_COUNTS,
        _values("Two runs differ by", lambda found: number(found.mean_difference, 3)),
        _values("Worst example", lambda found: number(found.largest_difference, 3)),
    )
    return Table(
        title="Disagreement between seeds",
        first="Method",
        columns=columns,
        groups=_by_domain(results, columns),
        notes=(
            f"{_SAME_SCORE} The mean absolute difference between the predictions of two runs, in "
            "the units of the labels; worst example: the same for the example on which they lie "
            f"furthest apart. Up to {MOST_RUNS} runs per method, on one training subset.",
        ),
    )


_COUNTS: tuple[Column[Disagreement], ...] = (
    Column("Runs", lambda d: str(d.found.runs)),
    Column("Examples", lambda d: str(d.found.examples)),
)


def _labels(heading: str, of: Callable[[LabelDisagreement], str]) -> Column[Disagreement]:
    return Column(heading, lambda d: of(cast(LabelDisagreement, d.found)))


def _values(heading: str, of: Callable[[ValueDisagreement], str]) -> Column[Disagreement]:
    return Column(heading, lambda d: of(cast(ValueDisagreement, d.found)))


def _by_domain(
    results: Sequence[Disagreement], columns: tuple[Column[Disagreement], ...]
) -> tuple[Group, ...]:
    domains: dict[Domain, list[Disagreement]] = {}
    for result in results:
        domains.setdefault(result.domain, []).append(result)
    return tuple(
        Group(
            f"{domain.name}, {domain.place}",
            tuple(row(result.method, columns, result, result.method) for result in found),
        )
        for domain, found in domains.items()
    )


def _percent(share: float | None) -> str:
    return NOT_AVAILABLE if share is None else f"{100 * share:.1f} %"
