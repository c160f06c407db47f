"""Kinds whose prediction is a text, and texts that an encoder-decoder writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from ..._exceptions import DataError
from ...metrics.seq2seq import CHRF, EXACT_MATCH, medoid, of_rows, row_arrays, scorers, text_score
from ...tasks import Predictions, Task
from ..measure import Measure
from ._kind import Array, Kind

if TYPE_CHECKING:
    from datasets import Dataset

_FEWEST_OTHERS = 5
"""Texts whose target is not the most frequent one: with fewer, folds may train on one target."""


class PredictedTexts(Kind):
    """There is no linear model of texts, and nothing that one model could learn from others."""

    floor: ClassVar[bool] = False
    teaches: ClassVar[bool] = False

    def truth(self, rows: Dataset, label_names: Sequence[str]) -> Array:
        """The true text or texts of each row."""
        return np.fromiter(self.problem.truths(rows), dtype=object, count=len(rows))


@final
class Texts(PredictedTexts):
    """Outputs are the texts themselves, one an example; several become the most typical one."""

    kind: ClassVar[str] = "seq2seq"
    dtype: ClassVar[type] = object
    together: ClassVar[str] = "the most typical text of the seeds"

    def require(self, task: Task, groups: Array) -> None:
        targets = self.truth(task.train, task.label_names).tolist()
        ((usual, _),) = Counter(targets).most_common(1)
        others = {
            group for group, text in zip(groups.tolist(), targets, strict=True) if text != usual
        }
        if len(others) < _FEWEST_OTHERS:
            raise DataError(
                f"{task.name} has {len(targets)} training examples, and all but {len(others)} "
                f"have the target {usual[:40]!r}: expected {_FEWEST_OTHERS} texts with other "
                "targets or more; add examples"
            )

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        return (len(truth),)

    def measure(self, task: Task, asked: str | None) -> Measure:
        scorers()  # a missing package is said now
        rows, of = partial(_rows, task.metric), partial(of_rows, task.metric)
        return Measure(task.metric, of, percent=True, rows=rows)

    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        return np.array([str(text) for text in predictions["text"]], dtype=object)

    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        """Of each example the text that is most like those of all members."""
        counts = (1.0,) * len(outputs) if weights is None else tuple(weights)
        places = _typical(tuple(map(tuple, outputs.T.tolist())), counts)
        return np.asarray(outputs[places, np.arange(len(places))])

    def cooled(self, outputs: Array, temperature: float) -> Array:
        """Texts have no temperature."""
        return outputs

    def loss(self, outputs: Array, truth: Array) -> float:
        """One minus the mean of chrF and exact match."""
        both = (text_score(name, [*outputs], [*truth]) or 0.0 for name in (CHRF, EXACT_MATCH))
        return 1.0 - sum(both) / 2


def _rows(metric: str, outputs: Array, truth: Array) -> tuple[Array, ...]:
    return _scored(metric, tuple(outputs.tolist()), tuple(truth.tolist()))


# Judging asks for the same texts again and again, and n-grams of long ones take their time.


@lru_cache(maxsize=64)
def _scored(metric: str, said: tuple[str, ...], truth: tuple[str, ...]) -> tuple[Array, ...]:
    return row_arrays(metric, said, truth)


@lru_cache(maxsize=8)
def _typical(texts: tuple[tuple[str, ...], ...], weights: tuple[float, ...]) -> list[int]:
    """Of each example the member whose text is most like those of all."""
    return [medoid(each, weights) for each in texts]
