"""What chooses: the task's metric, macro F1 where classes are unbalanced."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from datasets import Dataset

from steadytune.fitting.kinds import KINDS
from steadytune.tasks import Task
from tests.toy_task import load_toy

CLASSES = KINDS["classification"]


def with_labels(*labels: int) -> Task:
    rows = {"sentence": [f"film {n}" for n in range(len(labels))], "label": list(labels)}
    rows["idx"] = list(range(len(labels)))
    return dataclasses.replace(load_toy(), train=Dataset.from_dict(rows), content_hash="")


def test_balanced_classes_are_chosen_by_accuracy() -> None:
    measure = CLASSES.measure(with_labels(0, 0, 1, 1, 1), None)
    assert (measure.name, measure.percent) == ("accuracy", True)
    outputs = np.array([[2.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    assert measure(outputs, np.array([0, 1, 0])) == pytest.approx(2 / 3)


def test_unbalanced_ones_by_macro_f1_unless_asked_otherwise() -> None:
    task = with_labels(0, 1, 1, 1)
    assert CLASSES.measure(task, None).name == "macro F1"
    assert CLASSES.measure(task, "accuracy").name == "accuracy"
    # Always the large class: F1 of 6/7 for it and 0 for the other.
    always = np.tile([0.0, 1.0], (4, 1))
    assert CLASSES.measure(task, None)(always, np.array([0, 1, 1, 1])) == pytest.approx(3 / 7)


def test_the_best_constant_answer() -> None:
    task = with_labels(0, 0, 1, 1, 1)
    rows = Dataset.from_dict({"label": [0, 0, 0, 1]})
    assert CLASSES.constant(CLASSES.measure(task, None), task, rows) == 0.75
    unbalanced = with_labels(0, 1, 1, 1)
    macro = CLASSES.measure(unbalanced, None)
    always = np.tile([1.0, 0.0], (4, 1))
    found = CLASSES.constant(macro, unbalanced, rows)
    assert found == pytest.approx(macro(always, np.array([0, 0, 0, 1])))


def test_scores_as_sentences_have_them() -> None:
    measure = CLASSES.measure(with_labels(0, 1), None)
    assert measure.shown(0.7251) == "72.5 %" and measure.difference(-0.013) == "-1.3 points"
    numbers = dataclasses.replace(measure, percent=False)
    assert numbers.shown(0.7251) == "0.725" and numbers.difference(0.013) == "+0.013"
