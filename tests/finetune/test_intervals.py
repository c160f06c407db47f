"""Metrics with bootstrap intervals: estimates are those of the problems' own scores."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from datasets import Dataset

from steadytune.finetune.intervals import metric_intervals
from steadytune.tasks import PROBLEMS


@pytest.mark.parametrize("classes", [2, 3])
def test_estimates_of_classes_are_the_problems_scores(classes: int) -> None:
    draws = np.random.default_rng(classes)
    logits = draws.normal(size=(80, classes)).astype(np.float32)
    labels = draws.integers(0, classes, 80).tolist()
    found = metric_intervals("classification", {"logits": logits}, labels)
    scores = PROBLEMS["classification"].score(
        {"logits": logits}, Dataset.from_dict({"label": labels})
    )
    for name, interval in found.items():
        assert interval.estimate == pytest.approx(scores[name])
        assert interval.interval is not None
        assert interval.interval.low < scores[name] < interval.interval.high


def test_estimates_of_numbers_are_the_problems_scores() -> None:
    draws = np.random.default_rng(0)
    values, labels = draws.normal(size=(2, 60))
    found = metric_intervals("regression", {"value": values}, labels.tolist())
    scores = PROBLEMS["regression"].score({"value": values}, Dataset.from_dict({"label": labels}))
    assert {n: i.estimate for n, i in found.items()} == pytest.approx(
        {name: scores[name] for name in ("pearson", "spearman")}
    )


def test_estimates_of_answers_are_means_over_rows() -> None:
    predictions = {"text": np.array(["blue sky", "red", "x"]), "score": np.zeros(3)}
    found = metric_intervals("qa", predictions, [["blue"], ["red"], ["y"]])
    assert found["exact_match"].estimate == pytest.approx(1 / 3)
    assert found["f1"].estimate == pytest.approx((2 / 3 + 1) / 3)


def test_the_interval_of_accuracy_is_about_the_normal_one() -> None:
    logits = np.eye(2, dtype=np.float32)[np.arange(400) % 2]
    labels = np.where(np.arange(400) < 320, np.arange(400) % 2, 1 - np.arange(400) % 2)
    interval = metric_intervals("classification", {"logits": logits}, labels.tolist())["accuracy"]
    assert interval.estimate == pytest.approx(0.8)
    half = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert interval.interval is not None
    assert interval.interval.low == pytest.approx(0.8 - half, abs=0.01)
    assert interval.interval.high == pytest.approx(0.8 + half, abs=0.01)


def test_thousands_of_classes_take_little_memory() -> None:
    """A table of 5,000 by 5,000 classes for each resample would take minutes and gigabytes."""
    classes, rng = 5000, np.random.default_rng(0)
    logits = rng.normal(size=(200, classes)).astype(np.float32)
    tracemalloc.start()
    metric_intervals("classification", {"logits": logits}, rng.integers(0, classes, 200).tolist())
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()
