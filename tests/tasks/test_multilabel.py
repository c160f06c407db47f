"""Tasks with several labels per text: their rows, their outputs and their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from steadytune import DataError
from steadytune.tasks import PROBLEMS, Task
from steadytune.tasks.multilabel import Multilabel

from .made_up import labelled, require_statistics_are_the_scores, task_of

NAMES = ("fear", "joy", "love")
PROBLEM = Multilabel()


def outputs(logits: Any, threshold: float = 0.5) -> dict[str, Any]:
    each = [np.array(row, np.float32) for row in logits]
    return {"logits": each, "decision_threshold": [np.float32(threshold)] * len(each)}


def predicted(logits: Any, threshold: float = 0.5) -> dict[str, Any]:
    return PROBLEM.predict(outputs(logits, threshold), None, None)  # type: ignore[arg-type]


def moods(train: Dataset) -> Task:
    return task_of("multilabel", "moods", train, labelled([1, 1, 1]), NAMES)


def test_a_task_of_such_rows() -> None:
    found = moods(labelled([0, 1, 0], [0, 0, 0]))
    assert found.problem is PROBLEMS["multilabel"]
    assert found.problem.class_counts(found.train, NAMES) == {"fear": 0, "joy": 1, "love": 0}


@pytest.mark.parametrize("label", [[0, 1], [0, 1, 2], 1, [0, 1, 0.5]])
def test_other_truths_are_refused(label: Any) -> None:
    with pytest.raises(DataError, match="zeros and ones"):
        PROBLEM.check_rows(labelled(label), NAMES, "train of moods")


def test_one_set_alone_teaches_nothing() -> None:
    with pytest.raises(DataError, match="have the same labels"):
        moods(labelled([0, 1, 0], [0, 1, 0]))


def test_a_row_counts_for_its_rarest_label() -> None:
    given = labelled([1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1])
    assert PROBLEM.strata(given) == [1, 0, 0, -1, 2]


def test_draws_keep_each_label() -> None:
    labels = [[1, 0, 0]] * 40 + [[0, 1, 0]] * 8 + [[1, 0, 1]] * 2
    drawn = moods(labelled(*labels)).sample(train_size=10, dev_size=10).train
    assert np.array(drawn["label"][:]).any(axis=0).all()


def test_an_ensemble_is_the_mean_of_probabilities_and_of_thresholds() -> None:
    members = [outputs([[0.0, 4.0]], 0.2), outputs([[2.0, -4.0]], 0.4)]
    found = PROBLEM.average(members)
    shares = 1 / (1 + np.exp(-found["logits"][0]))
    assert shares == pytest.approx([(0.5 + 1 / (1 + np.exp(-2))) / 2, 0.5], abs=1e-6)
    assert found["decision_threshold"][0] == pytest.approx(0.3)


def test_predictions_that_people_read() -> None:
    found = PROBLEM.readable(predicted([[3.0, -3, 3], [-3, -3, -3]]), NAMES)
    assert PROBLEM.readable_names(NAMES) == [*found]
    assert found["prediction"] == ["fear|love", ""]
    assert found["probability_joy"] == pytest.approx([1 / (1 + np.exp(3))] * 2)


def test_scores_and_intervals_agree() -> None:
    given = labelled([1, 0, 0], [0, 1, 1], [0, 0, 0])
    made = predicted([[3.0, 1, -3], [-3, 3, 3], [-3, -3, -3]], 0.6)
    require_statistics_are_the_scores("multilabel", made, given)


def test_validation_rows_choose_the_threshold() -> None:
    given = labelled([1, 0, 0], [0, 1, 0])
    made = outputs([[-1.0, -2, -3], [-3, -1, -2]])
    chosen = PROBLEM.choose(made, None, given, "f1_micro")  # type: ignore[arg-type]
    best = predicted([[-1.0, -2, -3], [-3, -1, -2]], chosen["decision_threshold"])
    assert PROBLEM.score(best, given)["exact_match"] == 1.0


def test_labels_with_other_numbers() -> None:
    assert PROBLEM.renumbered([[1, 0, 1], [0, 0, 0]], [2, 0, 1], 4) == [[0, 1, 1, 0], [0, 0, 0, 0]]
