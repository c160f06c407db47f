"""Tags of words in the report: ensembles, and how far runs lie apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune.metrics.tagging import tagging_metrics
from steadytune.records.prediction_file import write_predictions
from steadytune.reporting.analysis.across_seeds import with_predictions
from steadytune.reporting.analysis.section_numbers import SectionNumbers
from steadytune.reporting.analysis.tagged import word_probabilities, word_scorer
from steadytune.reporting.reading.predictions import PredictionFiles
from steadytune.reporting.reading.records import read_folder
from tests.reporting.fabricated import record, section_of, write

NAMES = ("O", "B-a", "I-a")
LABELS = np.array(["B-a I-a O", "O B-a"])
UNSURE = [0.5, 0.3, 0.2]


def run_of(*sentences: list[list[float]], label: Any = LABELS) -> dict[str, Any]:
    """Predictions from probabilities; the last word of the first sentence is not read."""
    logits = np.full((2, 2, 3), np.nan)
    for number, words in enumerate(sentences):
        logits[number, : len(words)] = np.log(words)
    best = [[NAMES[int(np.argmax(word))] for word in words] for words in sentences]
    best[0].append("O")
    return {"logits": logits, "tags": np.array([" ".join(row) for row in best]), "label": label}


RIGHT = run_of([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
WRONG = run_of([[0.4, 0.3, 0.3], UNSURE], [[0.4, 0.3, 0.3], UNSURE])


def section_in(folder: Path, *runs: dict[str, Any]) -> SectionNumbers:
    made = []
    for seed, run in enumerate(runs):
        one = record(seed=seed)
        scores = tagging_metrics(run["tags"].tolist(), LABELS.tolist())
        one["task"] |= {"metric": "f1", "kind": "tagging", "label_names": list(NAMES)}
        one["task"]["constant"] = dict.fromkeys(one["task"]["constant"], 0.0)
        one["results"] = {split: {"f1": 0.9} for split in one["results"]}
        one["results"]["movie"]["f1"] = scores["f1"]
        made.append(one)
    write(folder, made)
    (folder / "predictions").mkdir()
    for seed, run in enumerate(runs):
        with (folder / "predictions" / f"{seed:05d}.npz").open("wb") as file:
            write_predictions(file, {"movie": {"idx": np.arange(2), **run}})
    section = section_of(list(read_folder(folder).records))
    files = PredictionFiles()
    found = with_predictions(section, files, np.random.default_rng(0))
    assert files.problems == []
    return found


def test_probabilities_of_words_are_averaged(tmp_path: Path) -> None:
    found = section_in(tmp_path, RIGHT, WRONG, WRONG)
    single, pair, _ = found.ensembles[0].sizes
    assert single.mean == pytest.approx((1 + 0 + 0) / 3)
    assert pair.mean == pytest.approx((1 + 1 + 0) / 3)


def test_sentences_differ_as_a_whole_and_words_in_probability(tmp_path: Path) -> None:
    (apart,) = section_in(tmp_path, RIGHT, WRONG).disagreements
    assert (apart.found.examples, apart.found.churn) == (2, 1.0)
    assert 0 < apart.found.jensen_shannon < np.log(2)


@pytest.mark.parametrize("metric", ["f1", "precision", "recall", "accuracy"])
def test_the_scores_are_those_of_the_metrics(metric: str) -> None:
    for run in (RIGHT, WRONG):
        found = word_scorer(metric, run, NAMES)(word_probabilities(run, NAMES))
        assert found == tagging_metrics(run["tags"].tolist(), LABELS.tolist())[metric]


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (RIGHT | {"logits": RIGHT["logits"][..., :2]}, "another shape"),
        (RIGHT | {"logits": RIGHT["logits"][:1]}, "another shape"),
        (RIGHT | {"label": np.array(["O", "O"])}, "more words than labels"),
        (RIGHT | {"label": np.array(["O", "O O"])}, "do not fit its labels"),
        (RIGHT | {"label": np.arange(2)}, "no logits or labels"),
    ],
    ids=["tags", "rows", "words", "a word", "numbers"],
)
def test_predictions_that_do_not_serve(run: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        word_probabilities(run, NAMES)


def test_labels_of_another_task() -> None:
    with pytest.raises(ValueError, match="'I-a', which is not one of its task"):
        word_scorer("f1", RIGHT, NAMES[:2])
