"""What kinds of tasks whose prediction is a text share."""

from __future__ import annotations

import numpy as np
import pytest
from datasets import Dataset

from steadytune.tasks import PROBLEMS
from steadytune.tasks.predicted_text import PredictedText


def test_which_kinds_predict_texts() -> None:
    found = [kind for kind, problem in PROBLEMS.items() if isinstance(problem, PredictedText)]
    assert found == ["qa", "qa_no_answer", "seq2seq"]


@pytest.mark.parametrize("kind", ["qa", "seq2seq"])
def test_a_text_and_its_score_are_read(kind: str) -> None:
    problem = PROBLEMS[kind]
    predictions = {"text": np.array(["uno", ""]), "score": np.array([-0.5, 2.0], np.float32)}
    found = problem.readable(predictions, ())
    assert found == {"prediction": ["uno", ""], "score": [-0.5, 2.0]}
    assert [*found] == problem.readable_names(())
    assert problem.head_settings(()) == {}


def test_rows_without_classes_are_of_one_kind() -> None:
    rows = Dataset.from_dict({"label": ["uno", "due"]})
    for kind in ("qa", "seq2seq"):
        assert set(PROBLEMS[kind].strata(rows)) == {None}
