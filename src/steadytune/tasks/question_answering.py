"""Questions, answered by a part of their context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..metrics import Scores
from ..metrics.squad import SquadScores, squad_scores
from ._fields import field_of, text_of
from ._problem import Encoding, Outputs, Predictions, Statistic, values
from .encoding import Encoded
from .predicted_text import PredictedText
from .qa_decoding import Answers, decode_answers
from .qa_rows import check_answers
from .qa_windows import encode_windows

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


class QuestionAnswering(PredictedText):
    """Rows have `answers`, each a part of the `context`; predictions are `text` and `score`.

    An answer's score is its start logit plus its end logit, not a probability.
    """

    kind: ClassVar[str] = "qa"
    metrics: ClassVar[tuple[str, ...]] = ("f1", "exact_match")
    answer: ClassVar[str] = "answers"
    columns: ClassVar[tuple[str, ...]] = ("question", "context")
    outputs: ClassVar[tuple[str, ...]] = ("start_logits", "end_logits")
    per_token: ClassVar[bool] = True
    usual_length: ClassVar[int] = 384
    windows: ClassVar[bool] = True
    auto_class: ClassVar[str] = "AutoModelForQuestionAnswering"
    pipeline: ClassVar[str] = "question-answering"

    def types(self, label_names: Sequence[str]) -> dict[str, Any]:
        from datasets import List, Value

        text = Value("string")
        answers = {"text": List(text), "answer_start": List(Value("int64"))}
        return {"id": text, "answers": answers}

    def truth_of(self, row: Mapping[str, Any], label_names: Sequence[str]) -> dict[str, Any]:
        found = field_of(row, "answers", _is_answers, "texts and where they start")
        return {"id": text_of(row, "id"), "answers": found}

    def check_rows(self, rows: Dataset, label_names: Sequence[str], where: str) -> None:
        check_answers(rows, where)

    def check_training_rows(self, rows: Dataset, where: str) -> None:
        """Something can be learned from every row."""

    def sources(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Several questions stand on one context."""
        return columns[1:]

    def encode(
        self,
        rows: Dataset,
        columns: tuple[str, ...],
        tokenizer: PreTrainedTokenizerBase,
        encoding: Encoding,
    ) -> Encoded:
        lengths = encoding.max_length, encoding.stride, encoding.longest_answer
        return encode_windows(rows, columns, tokenizer, *lengths)

    def predict(self, outputs: Outputs, encoded: Encoded, rows: Dataset) -> Predictions:
        found = decoded(outputs, encoded, rows)
        return {"text": found.text, "score": found.score}

    def score(self, predictions: Predictions, rows: Dataset) -> Scores:
        """Both metrics and `loss`, which no answer as a text has.

        All are None where there are no rows or the logits were not finite.
        """
        if np.isnan(predictions["score"]).any():
            return {"f1": None, "exact_match": None, "loss": None}
        found = self.row_scores(predictions["text"], self.truths(rows))
        return {"f1": found.total_f1, "exact_match": found.total_em, "loss": None}

    def row_scores(self, texts: Any, truths: Sequence[Any]) -> SquadScores:
        """Both metrics of each row, of an array of predicted texts."""
        return squad_scores(texts.tolist(), list(truths))

    def truths(self, rows: Dataset) -> list[Any]:
        """The texts of all answers to each question."""
        return [answer["text"] for answer in values(rows, self.answer)]

    def statistics(self, predictions: Predictions, truths: Sequence[Any]) -> Iterator[Statistic]:
        scores = self.row_scores(predictions["text"], truths)
        for name in self.metrics:
            yield Statistic(name, (scores.of(name),))

    def constant_score(self, rows: Dataset, classes: int, metric: str) -> float:
        """No answer at all is right nowhere, so this is 0."""
        return 0.0


def decoded(outputs: Outputs, encoded: Encoded, rows: Dataset) -> Answers:
    """The best spans of rows, and the scores of "no answer"."""
    assert encoded.windows is not None
    return decode_answers(
        outputs["start_logits"],
        outputs["end_logits"],
        encoded.windows,
        values(rows, "context"),
        longest=encoded.windows.longest_answer,
    )


def _is_answers(value: Any) -> bool:
    return isinstance(value, dict) and {"text", "answer_start"} <= set(value)
