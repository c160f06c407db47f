"""The table of how far runs disagree, prediction by prediction."""

from __future__ import annotations

from collections.abc import Sequence

from ...stats import LabelDisagreement, ValueDisagreement
from ..analysis.metric_display import NOT_AVAILABLE, number
from ..analysis.predicted import MOST_RUNS
from ..analysis.setting import Disagreement, Domain
from .table import Group, Row, Table

_SAME_SCORE = "Two runs can score the same and yet be wrong on different examples."


def disagreement_table(results: Sequence[Disagreement]) -> Table | None:
    """Disagreement between seeds by domain and method; None without predictions to compare."""
    labels = [r for r in results if isinstance(r.found, LabelDisagreement)]
    values = [r for r in results if isinstance(r.found, ValueDisagreement)]
    if labels:
        return _label_table(labels)
    return _value_table(values) if values else None


def _label_table(results: Sequence[Disagreement]) -> Table:
    return Table(
        title="Disagreement between seeds",
        first="Method",
        columns=("Runs", "Examples", "Two runs differ", "At most", "Not unanimous", "Divergence"),
        groups=_by_domain(results),
        notes=(
            f"{_SAME_SCORE} Two runs differ: the share of examples that two runs of the method "
            "answer differently, the mean over all pairs of runs; at most: the same for the two "
            "that differ most. Not unanimous: the share on which not all runs agree; it grows with "
            "the number of runs. Divergence: Jensen-Shannon, in bits, between what two runs "
            f"predict; n/a where only answers are kept. Up to {MOST_RUNS} runs a method, on one "
            "training subset.",
        ),
    )


def _value_table(results: Sequence[Disagreement]) -> Table:
    return Table(
        title="Disagreement between seeds",
        first="Method",
        columns=("Runs", "Examples", "Two runs differ by", "Worst example"),
        groups=_by_domain(results),
        notes=(
            f"{_SAME_SCORE} The mean absolute difference between the predictions of two runs, in "
            "the units of the labels; worst example: the same for the example on which they lie "
            f"furthest apart. Up to {MOST_RUNS} runs a method, on one training subset.",
        ),
    )


def _by_domain(results: Sequence[Disagreement]) -> tuple[Group, ...]:
    domains: dict[Domain, list[Disagreement]] = {}
    for result in results:
        domains.setdefault(result.domain, []).append(result)
    return tuple(
        Group(f"{domain.name}, {domain.place}", tuple(map(_row, found)))
        for domain, found in domains.items()
    )


def _row(result: Disagreement) -> Row:
    found = result.found
    cells = _label_cells(found) if isinstance(found, LabelDisagreement) else _value_cells(found)
    return Row(result.method, (str(found.runs), str(found.examples), *cells), result.method)


def _label_cells(found: LabelDisagreement) -> tuple[str, ...]:
    shares = (found.churn, found.largest_churn, found.ambiguity)
    return (*map(_percent, shares), number(found.jensen_shannon, 3))


def _value_cells(found: ValueDisagreement) -> tuple[str, ...]:
    return (number(found.mean_difference, 3), number(found.largest_difference, 3))


def _percent(share: float | None) -> str:
    return NOT_AVAILABLE if share is None else f"{100 * share:.1f} %"
