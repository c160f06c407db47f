"""Tasks with grades: their rows, what a model keeps of them, and predictions rounded to them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from steadytune import DataError
from steadytune.tasks import PROBLEMS, Encoded, Task, kind_of_model
from steadytune.tasks.ordinal import Ordinal

from .made_up import labelled, require_statistics_are_the_scores, task_of

NAMES = ("1", "2", "5")
PROBLEM = Ordinal()


def stars(train: Dataset) -> Task:
    return task_of("ordinal", "stars", train, labelled(1.0), NAMES)


def predicted(*numbers: float) -> dict[str, Any]:
    outputs = {"logits": [np.array([number], np.float32) for number in numbers]}
    return PROBLEM.predict(outputs, Encoded(labelled(), 0, 0, grades=(1, 2, 5)), labelled())


def test_predictions_are_the_nearest_grades_and_keep_the_numbers() -> None:
    found = predicted(1.25, 3.75, 9.0)
    assert found["grade"].tolist() == [1, 5, 5]
    assert PROBLEM.readable(found, NAMES) == {
        "prediction": [1, 5, 5],
        "raw_prediction": [1.25, 3.75, 9.0],
    }
    assert PROBLEM.readable_names(NAMES) == [*PROBLEM.readable(found, NAMES)]
    scores = PROBLEM.score(found, labelled(1.0, 2.0, 5.0))
    assert scores["accuracy"] == pytest.approx(2 / 3) and scores["mae"] == pytest.approx(1.0)


def test_statistics_are_the_scores() -> None:
    found, truth = predicted(1.0, 2.0, 2.2, 4.0), labelled(1.0, 5.0, 2.0, 5.0)
    require_statistics_are_the_scores("ordinal", found, truth)


def test_an_ensemble_rounds_the_mean_of_numbers() -> None:
    members = [{"logits": [np.array([n], np.float32)]} for n in (1.0, 2.9)]
    found = PROBLEM.average(members)  # each alone is nearer to another grade than their mean
    encoded = Encoded(labelled(), 0, 0, grades=(1, 2, 3))
    assert PROBLEM.predict(found, encoded, labelled())["grade"].tolist() == [2]


def test_a_constant_prediction_is_the_baseline() -> None:
    found, truth = predicted(2.0, 2.1, 1.9), labelled(1.0, 2.0, 2.0)
    for metric in PROBLEM.metrics:
        assert PROBLEM.score(found, truth)[metric] == PROBLEM.constant_score(truth, 3, metric)


@pytest.mark.parametrize("label", [1.5, 1e7, float("nan")])
def test_other_labels_are_refused(label: float) -> None:
    with pytest.raises(DataError, match=r"expected a (grade|finite number)"):
        PROBLEM.check_rows(labelled(label), NAMES, "train of stars")


@pytest.mark.parametrize("labels", [(3.0, 3.0), tuple(map(float, range(51)))])
def test_one_grade_and_too_many_are_refused(labels: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match=r"have (1|51) different grades?: expected 2 to 50"):
        stars(labelled(*labels))


def test_draws_keep_each_grade() -> None:
    labels = [1.0] * 40 + [2.0] * 8 + [5.0] * 2
    drawn = stars(labelled(*labels)).sample(train_size=10).train
    assert PROBLEM.class_counts(drawn, NAMES) == {"1": 8, "2": 1, "5": 1}


def test_a_model_keeps_its_grades_and_is_known_by_them() -> None:
    settings = PROBLEM.head_settings(NAMES)
    assert settings["num_labels"] == 1 and settings["grades"] == [1, 2, 5]
    head = "BertForSequenceClassification"
    assert kind_of_model(head, settings) == "ordinal"
    assert PROBLEM.names_of(SimpleNamespace(**settings)) == NAMES
    for odd in (None, [], [1], [2, 1], [1, 1], [1, 2.5], [1, True], [0, 10**9], "12"):
        assert kind_of_model(head, {**settings, "grades": odd}) == "regression"
    of_classes = PROBLEMS["classification"].head_settings(("no", "yes"))
    assert kind_of_model(head, {**of_classes, "grades": [1, 2]}) == "classification"


def test_a_foreign_configuration_with_a_huge_number_is_of_another_kind() -> None:
    assert not PROBLEM.is_of({"num_labels": 1, "grades": [1, 10**400]})
