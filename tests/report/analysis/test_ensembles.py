"""Ensembles of the runs of a study: averaged by hand, and what is left out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune._records.prediction_file import write_predictions
from steadytune.report.analysis.ensembles import ensembles
from steadytune.report.analysis.predicted import predicted_runs
from steadytune.report.analysis.setting import Ensembles, Setting
from steadytune.report.reading.predictions import PredictionFiles
from steadytune.report.reading.records import parse_folder
from tests.report.fabricated import record, setting_of, write

LABELS = np.array([0, 1, 1, 0])


def sure(*probabilities: float) -> np.ndarray:
    """Logits of two classes in which the second has these probabilities."""
    p = np.array(probabilities)
    return np.log(np.stack([1 - p, p], axis=1))


def setting_in(folder: Path, predictions: list[dict[str, Any] | None], **changes: Any) -> Setting:
    """Runs of plain with predictions on movie; None is a run that diverged.

    Of `changes`, `trained` says which runs learned their training rows, and `metric` the metric.
    """
    trained = changes.pop("trained", [True] * len(predictions))
    metric = changes.pop("metric", "accuracy")
    made = []
    for seed, (columns, learned) in enumerate(zip(predictions, trained, strict=True)):
        run = record(seed=seed, status="diverged" if columns is None else "ok", **changes)
        run["task"]["metric"] = metric
        run["task"]["constant"]["train"] = 0.5
        if columns is not None:
            run["results"]["train"] = {metric: 1.0 if learned else 0.5}
        made.append(run)
    write(folder, made)
    (folder / "predictions").mkdir()
    for seed, columns in enumerate(predictions):
        if columns is not None:
            with (folder / "predictions" / f"{seed:05d}.npz").open("wb") as file:
                write_predictions(
                    file, {"movie": {"idx": np.arange(4), "label": LABELS, **columns}}
                )
    return setting_of([made.model_dump() for made in parse_folder(folder)[0]])


def of(setting: Setting) -> tuple[Ensembles, ...]:
    predicted = predicted_runs(setting, PredictionFiles())
    return ensembles(setting, predicted, np.random.default_rng(0))


RIGHT = {"logits": sure(0.1, 0.9, 0.9, 0.1)}
WRONG = {"logits": sure(0.6, 0.4, 0.4, 0.6)}
"""On every row, and less sure than RIGHT is."""


def test_probabilities_are_averaged(tmp_path: Path) -> None:
    (found,) = of(setting_in(tmp_path, [RIGHT, WRONG, RIGHT, WRONG]))
    assert (found.method, found.runs, found.learned) == ("plain", 4, 4)
    single, pair, three = found.sizes
    assert [s.size for s in found.sizes] == [1, 2, 3]
    assert (single.mean, single.lowest) == (0.5, 0.0)
    # Of the six pairs only that of the two wrong ones is wrong.
    assert pair.mean == pytest.approx(5 / 6)
    assert pair.gain == pytest.approx(1 / 3)
    assert (three.mean, three.lowest) == (0.75 + 0.25, 1.0)


def test_probabilities_not_logits_are_averaged(tmp_path: Path) -> None:
    """One run that is very sure outvotes two others in logits, and not in probabilities."""
    sure_one = {"logits": np.array([[0.0, 40.0], [40.0, 0.0], [40.0, 0.0], [0.0, 40.0]])}
    (found,) = of(setting_in(tmp_path, [sure_one, RIGHT, RIGHT]))
    assert found.sizes[2].mean == 1.0


def test_runs_that_learned_nothing_are_left_out_where_there_are_others(tmp_path: Path) -> None:
    stubborn = {"logits": sure(0.99, 0.99, 0.99, 0.99)}
    (found,) = of(
        setting_in(tmp_path / "a", [RIGHT, stubborn, stubborn], trained=[True, False, False])
    )
    assert found.learned == 1
    single, pair, three = found.sizes
    assert single.mean == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert pair.mean == pytest.approx((1 + 1 + 0.5) / 3)
    assert three.mean == 1.0
    (kept,) = of(setting_in(tmp_path / "b", [RIGHT, stubborn, stubborn]))
    assert kept.sizes[2].mean == 0.5


def test_a_run_that_diverged_counts_as_the_constant_predictor_alone(tmp_path: Path) -> None:
    (found,) = of(setting_in(tmp_path, [RIGHT, None, None]))
    assert (found.runs, found.learned) == (3, 1)
    assert [s.mean for s in found.sizes] == pytest.approx([2 / 3, (1 + 1 + 0.5) / 3, 1.0])


@pytest.mark.parametrize(("metric", "expected"), [("f1", 1.0), ("matthews", 1.0)])
def test_metrics_of_classes(tmp_path: Path, metric: str, expected: float) -> None:
    setting = setting_in(tmp_path, [RIGHT, WRONG, RIGHT], metric=metric)
    assert of(setting)[0].sizes[2].mean == expected


def test_an_undefined_metric_is_the_constant_predictors(tmp_path: Path) -> None:
    one_class = {"logits": sure(0.9, 0.9, 0.9, 0.9)}
    setting = setting_in(tmp_path, [one_class, one_class], metric="matthews")
    assert of(setting)[0].sizes[0].mean == setting.in_domain.constant == 0.5


def test_numbers_are_averaged(tmp_path: Path) -> None:
    label = np.array([0.0, 1.0, 2.0, 3.0])
    one, other = np.array([0.0, 2.0, 1.0, 3.0]), np.array([0.0, 0.0, 3.0, 3.0])
    values = [{"value": one, "label": label}, {"value": other, "label": label}]
    setting = setting_in(tmp_path, values, metric="pearson")
    single, pair = of(setting)[0].sizes
    each = [np.corrcoef(value, label)[0, 1] for value in (one, other)]
    assert single.mean == pytest.approx(np.mean(each))
    assert pair.mean == pytest.approx(np.corrcoef((one + other) / 2, label)[0, 1])


def test_the_mean_of_single_runs_is_the_score_tables(tmp_path: Path) -> None:
    setting = setting_in(tmp_path, [RIGHT, RIGHT], movie=1.0)
    assert of(setting)[0].sizes[0].mean == setting.in_domain.methods[0].summary.mean


@pytest.mark.parametrize(
    "odd",
    [
        {"text": np.array(list("abcd")), "logits": None},
        {"logits": np.zeros(4)},
        {"logits": np.full((4, 2), np.nan)},
        {"logits": np.zeros((4, 2, 2))},
        {"logits": np.zeros((4, 1))},
        {"logits": np.zeros((4, 2)), "label": np.array([0, 1, 2, 0])},
        {"logits": np.zeros((4, 2)), "label": np.array([0, 1, -1, 0])},
        {"logits": np.zeros((4, 2)), "label": np.array([0.0, 1.0, 1.0, 0.0])},
        {"logits": np.zeros((4, 2)), "label": np.array([0, 1])},
        {"logits": np.zeros((0, 2)), "label": np.zeros(0, int), "idx": np.zeros(0, int)},
    ],
)
def test_what_makes_no_ensemble_is_left_out(tmp_path: Path, odd: dict[str, Any]) -> None:
    columns = {name: values for name, values in odd.items() if values is not None}
    assert of(setting_in(tmp_path, [columns, columns])) == ()


def test_runs_with_other_rows_make_no_ensemble(tmp_path: Path) -> None:
    other = {**RIGHT, "idx": np.arange(1, 5)}
    assert of(setting_in(tmp_path, [RIGHT, other])) == ()


def test_one_run_or_none_makes_no_ensemble(tmp_path: Path) -> None:
    assert of(setting_in(tmp_path / "a", [RIGHT])) == ()
    assert of(setting_in(tmp_path / "b", [None, None])) == ()
