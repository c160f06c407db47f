"""Ensembles of the runs of a study: averaged by hand, and what is left out of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from steadytune.metrics.classification import classification_metrics
from steadytune.metrics.multilabel import multilabel_metrics
from steadytune.metrics.ordinal import ordinal_metrics
from steadytune.metrics.regression import regression_metrics
from steadytune.metrics.seq2seq import text_score
from steadytune.records.prediction_file import write_predictions
from steadytune.reporting.analysis.across_seeds import with_predictions
from steadytune.reporting.analysis.predicted import comparable_runs
from steadytune.reporting.analysis.section_numbers import Ensembles, SectionNumbers
from steadytune.reporting.reading.predictions import PredictionFiles
from steadytune.reporting.reading.records import read_folder
from tests.reporting.fabricated import record, section_of, write

LABELS = np.array([0, 1, 1, 0])


def sure(*probabilities: float) -> np.ndarray:
    """Logits of two classes in which the second has these probabilities."""
    p = np.array(probabilities)
    return np.log(np.stack([1 - p, p], axis=1))


def score_of(columns: dict[str, Any], metric: str) -> float | None:
    """The score that a run with these predictions has; None where it is undefined or odd."""
    labels = columns.get("label", LABELS)
    try:
        if labels.dtype.kind == "U":
            return text_score(metric, columns["text"].tolist(), labels.tolist())
        if "decision_threshold" in columns:
            threshold = columns["decision_threshold"]
            return multilabel_metrics(columns["logits"], labels, threshold)[metric]
        if "grade" in columns:
            return ordinal_metrics(columns["value"], columns["grade"], labels)[metric]
        if "value" in columns:
            return regression_metrics(columns["value"], labels)[metric]
        return classification_metrics(columns["logits"], labels)[metric]
    except (KeyError, ValueError):
        return None


def section_in(
    folder: Path, predictions: list[dict[str, Any] | None], **changes: Any
) -> SectionNumbers:
    """Runs of plain with predictions on movie; None is a run that diverged.

    Of `changes`, `trained` says which runs learned their training rows, `metric` the metric, and
    `names` the task's label names.
    """
    trained = changes.pop("trained", [True] * len(predictions))
    metric, movie = changes.pop("metric", "accuracy"), changes.pop("movie", None)
    names = changes.pop("names", [])
    made = []
    for seed, (columns, learned) in enumerate(zip(predictions, trained, strict=True)):
        run = record(seed=seed, status="diverged" if columns is None else "ok", **changes)
        run["task"] |= {"metric": metric, "label_names": names}
        run["task"]["constant"]["train"] = 0.5
        if columns is not None:
            run["results"]["train"] = {metric: 1.0 if learned else 0.5}
            run["results"]["movie"][metric] = score_of(columns, metric) if movie is None else movie
        made.append(run)
    write(folder, made)
    (folder / "predictions").mkdir()
    for seed, columns in enumerate(predictions):
        if columns is not None:
            with (folder / "predictions" / f"{seed:05d}.npz").open("wb") as file:
                write_predictions(
                    file, {"movie": {"idx": np.arange(4), "label": LABELS, **columns}}
                )
    return section_of(list(read_folder(folder).records))


def of(section: SectionNumbers) -> tuple[Ensembles, ...]:
    found, problems = looked_at(section)
    assert problems == []
    return found


def looked_at(section: SectionNumbers) -> tuple[tuple[Ensembles, ...], list[str]]:
    files = PredictionFiles()
    found = with_predictions(section, files, np.random.default_rng(0))
    return found.ensembles, files.problems


RIGHT = {"logits": sure(0.1, 0.9, 0.9, 0.1)}
WRONG = {"logits": sure(0.6, 0.4, 0.4, 0.6)}
"""On every row, and less sure than RIGHT is."""


def test_probabilities_are_averaged(tmp_path: Path) -> None:
    (found,) = of(section_in(tmp_path, [RIGHT, WRONG, RIGHT, WRONG]))
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
    (found,) = of(section_in(tmp_path, [sure_one, RIGHT, RIGHT]))
    assert found.sizes[2].mean == 1.0


def test_runs_that_learned_nothing_are_left_out_where_there_are_others(tmp_path: Path) -> None:
    stubborn = {"logits": sure(0.99, 0.99, 0.99, 0.99)}
    (found,) = of(
        section_in(tmp_path / "a", [RIGHT, stubborn, stubborn], trained=[True, False, False])
    )
    assert found.learned == 1
    single, pair, three = found.sizes
    assert single.mean == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert pair.mean == pytest.approx((1 + 1 + 0.5) / 3)
    assert three.mean == 1.0
    (kept,) = of(section_in(tmp_path / "b", [RIGHT, stubborn, stubborn]))
    assert kept.sizes[2].mean == 0.5


def test_a_run_that_diverged_counts_as_the_constant_predictor_alone(tmp_path: Path) -> None:
    (found,) = of(section_in(tmp_path, [RIGHT, None, None]))
    assert (found.runs, found.learned) == (3, 1)
    assert [s.mean for s in found.sizes] == pytest.approx([2 / 3, (1 + 1 + 0.5) / 3, 1.0])


@pytest.mark.parametrize(("metric", "expected"), [("f1", 1.0), ("matthews", 1.0)])
def test_metrics_of_classes(tmp_path: Path, metric: str, expected: float) -> None:
    section = section_in(tmp_path, [RIGHT, WRONG, RIGHT], metric=metric)
    assert of(section)[0].sizes[2].mean == expected


def test_an_undefined_metric_is_the_constant_predictors(tmp_path: Path) -> None:
    one_class = {"logits": sure(0.9, 0.9, 0.9, 0.9)}
    section = section_in(tmp_path, [one_class, one_class], metric="matthews")
    assert of(section)[0].sizes[0].mean == section.in_domain.constant == 0.5


def test_numbers_are_averaged(tmp_path: Path) -> None:
    label = np.array([0.0, 1.0, 2.0, 3.0])
    one, other = np.array([0.0, 2.0, 1.0, 3.0]), np.array([0.0, 0.0, 3.0, 3.0])
    values = [{"value": one, "label": label}, {"value": other, "label": label}]
    section = section_in(tmp_path, values, metric="pearson")
    single, pair = of(section)[0].sizes
    each = [np.corrcoef(value, label)[0, 1] for value in (one, other)]
    assert single.mean == pytest.approx(np.mean(each))
    assert pair.mean == pytest.approx(np.corrcoef((one + other) / 2, label)[0, 1])


def test_grades_are_those_nearest_to_the_mean_of_numbers(tmp_path: Path) -> None:
    label = np.array([1, 2, 5, 5])
    one, other = np.array([1.4, 2.0, 5.0, 2.0]), np.array([1.9, 2.0, 2.9, 5.5])
    grades = ([1, 2, 5, 2], [2, 2, 2, 5])
    values = [
        {"value": value, "grade": np.array(grade), "label": label}
        for value, grade in zip((one, other), grades, strict=True)
    ]
    section = section_in(tmp_path, values, metric="accuracy", names=["1", "2", "5"])
    single, pair = of(section)[0].sizes
    assert single.mean == (0.75 + 0.5) / 2
    assert pair.mean == 0.75  # 1.65 is nearer to 2; 3.95 and 3.75 are nearer to 5


def test_several_labels_a_text(tmp_path: Path) -> None:
    label = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    shares = np.where(label, 0.4, 0.1)
    surer = shares.copy()
    surer[0] = [0.2, 0.9]
    members = [
        {"logits": logit(share), "decision_threshold": np.full(4, threshold), "label": label}
        for share, threshold in ((shares, 0.3), (surer, 0.5))
    ]
    single, pair = of(section_in(tmp_path, members, metric="exact_match", movie=None))[0].sizes
    # Alone: all four rows, and only that without labels. The mean of the first row is 0.3 and 0.5,
    # the threshold 0.4: one row of four is wrong.
    assert single.mean == (1.0 + 0.25) / 2
    assert pair.mean == 0.75


def test_the_mean_of_single_runs_is_the_score_tables(tmp_path: Path) -> None:
    section = section_in(tmp_path, [RIGHT, RIGHT], movie=1.0)
    assert of(section)[0].sizes[0].mean == section.in_domain.methods[0].summary.mean


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"logits": None}, "have no logits"),
        ({"logits": np.zeros(4)}, "column logits of its predictions has another shape"),
        ({"logits": np.full((4, 2), np.nan)}, "column logits of its predictions is not finite"),
        ({"logits": np.zeros((4, 2, 2))}, "column logits of its predictions has another shape"),
        ({"logits": np.zeros((1, 2))}, "column logits of its predictions has another shape"),
        ({"logits": np.zeros((4, 1))}, "labels are not those of 1 classes"),
        (
            {"logits": np.zeros((4, 2000), np.float32)},
            "it has 2000 classes, and at most 1000 are averaged here",
        ),
        ({"logits": np.zeros((4, 2)), "label": np.array([0, 1, 2, 0])}, "those of 2 classes"),
        ({"logits": np.zeros((4, 2)), "label": np.array([0, 1, -1, 0])}, "those of 2 classes"),
        ({"logits": np.zeros((4, 2)), "label": np.array([0.0, 0.5, 1, 0])}, "those of 2 classes"),
        ({"logits": np.zeros((4, 2)), "label": np.array([0, 1])}, "another shape"),
        ({"logits": np.zeros((4, 2)), "label": np.array(list("abcd"))}, "another shape"),
        (
            {"logits": np.zeros((0, 2)), "label": np.zeros(0, int), "idx": np.zeros(0, int)},
            "another shape",
        ),
    ],
)
def test_predictions_that_do_not_serve_are_named(
    tmp_path: Path, odd: dict[str, Any], why: str
) -> None:
    columns = {name: values for name, values in odd.items() if values is not None}
    found, (problem,) = looked_at(section_in(tmp_path, [columns, columns]))
    assert found == ()
    assert problem.startswith("no ensembles of plain: ") and why in problem


def test_answers_in_a_text_make_no_ensemble(tmp_path: Path) -> None:
    columns = {"text": np.array(list("abcd"))}
    assert of(section_in(tmp_path, [columns, columns])) == ()


def test_of_texts_the_most_typical_one_is_taken(tmp_path: Path) -> None:
    truth = np.array(["uno due", "tre", "due tre uno", "cinque"])
    right = {"text": truth, "label": truth}
    wrong = {"text": np.array(["due", "uno", "x", ""]), "label": truth}
    (found,) = of(section_in(tmp_path, [right, wrong, right], metric="chrf"))
    alone = score_of(wrong, "chrf")
    assert alone is not None and 0 < alone < 0.5
    single, pair, three = found.sizes
    assert single.mean == pytest.approx((2 + alone) / 3)
    assert (pair.lowest < 1.0, three.mean) == (True, 1.0)


def test_labels_of_small_types_are_classes_too(tmp_path: Path) -> None:
    """Such a type would overflow in a table of confusion counts."""
    logits = np.full((4, 100), -9.0)
    logits[np.arange(4), [0, 99, 50, 3]] = 9.0
    columns = {"logits": logits, "label": np.array([0, 99, 50, 3], np.uint8)}
    (found,) = of(section_in(tmp_path, [columns, columns], movie=1.0))
    assert found.sizes[1].mean == 1.0


def test_runs_with_other_rows_make_no_ensemble(tmp_path: Path) -> None:
    other = {**RIGHT, "idx": np.arange(1, 5)}
    found, (problem,) = looked_at(section_in(tmp_path, [RIGHT, other]))
    assert (found, "different rows" in problem) == ((), True)


def test_where_only_some_runs_have_predictions_there_is_no_ensemble(tmp_path: Path) -> None:
    section = section_in(tmp_path, [RIGHT, RIGHT, RIGHT, None])
    (tmp_path / "predictions" / "00001.npz").unlink()
    found, (problem,) = looked_at(section)
    assert found == ()
    assert re.fullmatch(r"no ensembles of plain: no predictions of plain-seed1-\w+", problem)


def test_predictions_of_another_run_make_no_ensemble(tmp_path: Path) -> None:
    found, (problem,) = looked_at(section_in(tmp_path, [RIGHT, RIGHT], movie=0.75))
    assert (found, problem) == (
        (),
        "no ensembles of plain: the predictions of seed 0 do not give its score",
    )


def test_one_run_or_none_makes_no_ensemble(tmp_path: Path) -> None:
    assert of(section_in(tmp_path / "a", [RIGHT])) == ()
    assert of(section_in(tmp_path / "b", [None, None])) == ()


def test_all_methods_are_looked_at_on_one_subset(tmp_path: Path) -> None:
    """Plain has most runs on subset 0, lnsr has none there."""
    subsets = {"plain": (0, 0, 0, 1, 1), "lnsr": (1, 1, 1)}
    runs = [
        record(method, seed, spec={"subset_seed": subset})
        for method, each in subsets.items()
        for seed, subset in enumerate(each)
    ]
    found = comparable_runs(section_of(runs))
    assert {m: [(r.spec.seed, r.spec.subset_seed) for r in each] for m, each in found.items()} == {
        "plain": [(3, 1), (4, 1)],
        "lnsr": [(0, 1), (1, 1), (2, 1)],
    }
