"""Questions, answered by a part of their context or by nothing, as in SQuAD 2."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._exceptions import DataError
from ..metrics import Scores
from ..metrics.squad import (
    NULL_DIFFERENCE,
    NULL_THRESHOLD,
    SquadScores,
    best_null_threshold,
    none_is_right,
    squad2_scores,
)
from ._problem import Outputs, Predictions
from .encoding import Encoded
from .qa_rows import check_answers
from .question_answering import QuestionAnswering, decoded

if TYPE_CHECKING:
    from datasets import Dataset

SPAN = "span"
"""What a prediction's best span is called, whether it is the answer or not."""


MEMBERS = "members"
"""Behind it the names of the outputs of an ensemble's members, (members, tokens) a feature."""


class OptionalAnswers(QuestionAnswering):
    """Rows may have no `answers`; the `text` of a prediction is empty for no answer.

    That is predicted where its score, the logits of the first token, is above that of the best
    span by more than the threshold, which is 0 unless it was chosen on validation examples. An
    ensemble takes the mean of its members' differences: that of their mean logits would be higher
    the less the members agree, and their thresholds would not fit it.
    """

    kind: ClassVar[str] = "qa_no_answer"
    reading: ClassVar[str] = (
        "A question has no answer if the start and end logit of the first token together exceed "
        f"those of the best span by more than `{NULL_THRESHOLD}` in `config.json`."
    )
    covers: ClassVar[tuple[str, ...]] = (QuestionAnswering.kind,)
    choices: ClassVar[Mapping[str, float]] = MappingProxyType({NULL_THRESHOLD: 0.0})

    def is_of(self, config: Mapping[str, Any]) -> bool:
        return NULL_THRESHOLD in config

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        check_answers(rows, where, optional=True)

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        if not any(self.truths(rows)):
            raise DataError(
                f"no training row of {where} has an answer: expected one or more; add questions "
                "that have one"
            )

    def class_counts(self, rows: Dataset, label_names: Sequence[str]) -> dict[str, int]:
        answered = sum(map(bool, self.truths(rows)))
        return {"answer": answered, "no answer": len(rows) - answered}

    def strata(self, rows: Dataset) -> list[Hashable]:
        """Whether each row has an answer."""
        return [bool(texts) for texts in self.truths(rows)]

    def choose(
        self, outputs: Outputs, encoded: Encoded, rows: Dataset, metric: str
    ) -> dict[str, float]:
        found, truths = self.predict(outputs, encoded, rows), self.truths(rows)
        spans = self.row_scores(found[SPAN], truths).of(metric)
        none = none_is_right(truths).astype(float)
        return {NULL_THRESHOLD: best_null_threshold(found[NULL_DIFFERENCE], spans, none)}

    def average(self, each: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
        """The mean of logits, and beside it the members' own, which count alike."""
        kept = {
            f"{MEMBERS} {name}": list(map(np.stack, zip(*(o[name] for o in each), strict=True)))
            for name in self.outputs
        }
        return {**super().average(each, weights), **kept}

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        found = decoded(outputs, encoded, rows)
        each = [decoded(member, encoded, rows) for member in _members(outputs, self.outputs)]
        difference = np.mean([one.null - one.score for one in each or [found]], axis=0)
        threshold = np.full(len(rows), outputs[NULL_THRESHOLD][0], dtype=np.float32)
        none = difference > threshold
        score = np.where(none, found.null, found.score)
        return {
            "text": np.where(none, "", found.text),
            "score": np.where(np.isnan(difference), np.nan, score),
            SPAN: found.text,
            NULL_DIFFERENCE: difference,
            NULL_THRESHOLD: threshold,
        }

    def readable_names(self, label_names: Sequence[str]) -> list[str]:
        return [*super().readable_names(label_names), NULL_DIFFERENCE]

    def readable(
        self, predictions: Predictions, label_names: Sequence[str]
    ) -> dict[str, list[Any]]:
        """Also how far the score of "no answer" is above that of the best span."""
        columns = super().readable(predictions, label_names)
        return {**columns, NULL_DIFFERENCE: predictions[NULL_DIFFERENCE].tolist()}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        """Also both metrics of the rows with an answer and of those without, as SQuAD 2 has them.

        They are None where there are no such rows.
        """
        scores, truths = super().score(predictions, rows), self.truths(rows)
        found, has = self.row_scores(predictions["text"], truths), np.array([*map(bool, truths)])
        for part, held in (("HasAns", found.of_rows(has)), ("NoAns", found.of_rows(~has))):
            scores |= {f"{part}_exact": held.total_em, f"{part}_f1": held.total_f1}
        return scores if scores["f1"] is not None else dict.fromkeys(scores)

    def row_scores(self, texts: Any, truths: Sequence[Any]) -> SquadScores:
        return squad2_scores(texts.tolist(), list(truths))

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """What "no answer" to every question scores."""
        return float(none_is_right(self.truths(rows)).mean())


def _members(outputs: Outputs, names: Sequence[str]) -> list[Outputs]:
    """The outputs of each member of an ensemble; of a single model none."""
    stacked = {name: outputs.get(f"{MEMBERS} {name}", []) for name in names}
    count = max((len(arrays[0]) for arrays in stacked.values() if arrays), default=0)
    return [
        {name: [array[member] for array in arrays] for name, arrays in stacked.items()}
        for member in range(count)
    ]
