"""Scores over entities: closed forms, and seqeval on random tags."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score

from steadytune.metrics.tagging import (
    OF_ENTITIES,
    is_tag,
    sentence_counts,
    tagging_metrics,
)


@pytest.mark.parametrize("tag", ["O", "B-per", "I-creative-work", "E-x", "S-x", "B", "I"])
def test_tags_of_the_schemes(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize(
    "tag", ["", "NN", "o", "per-B", "L-x", "U-x", "B_x", "B-", "OB", "B-a b", 1]
)
def test_other_tags(tag: object) -> None:
    assert not is_tag(tag)


def test_an_entity_is_right_as_a_whole() -> None:
    found = tagging_metrics(["B-a I-a O B-b", "O"], ["B-a I-a I-a B-b", "B-a"])
    assert found["precision"] == 1 / 2 and found["recall"] == 1 / 3
    assert found["f1"] == pytest.approx(2 / 5)
    assert found["accuracy"] == 3 / 5 and found["loss"] is None


def test_an_entity_does_not_reach_into_the_next_sentence() -> None:
    counts = sentence_counts(["B-a", "I-a"], ["B-a", "I-a"])
    assert counts.tolist() == [[1, 1, 1, 1, 1]] * 2


def test_nothing_predicted_and_nothing_there() -> None:
    assert tagging_metrics(["O O"], ["O B-a"])["f1"] == 0.0
    assert tagging_metrics(["O O"], ["O B-a"])["precision"] == 0.0
    assert tagging_metrics(["O B-a"], ["O O"])["recall"] == 0.0
    assert tagging_metrics(["O O"], ["O O"])["f1"] is None
    assert tagging_metrics([], [])["accuracy"] is None


def test_sentences_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        sentence_counts(["O O"], ["O"])


@pytest.mark.parametrize("prefixes", ["BI", "I", "BIES", "ES", "BE"])
def test_seqeval_says_the_same(prefixes: str) -> None:
    draw = random.Random(prefixes)
    tags = ["O", *(f"{first}-{kind}" for first in prefixes for kind in ("a", "b"))]

    def sentences() -> list[list[str]]:
        return [draw.choices(tags, k=length) for length in lengths]

    for _ in range(40):
        lengths = [draw.randint(1, 7) for _ in range(6)]
        found, true = sentences(), sentences()
        ours = tagging_metrics(map(" ".join, found), map(" ".join, true))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, of in (
                ("f1", f1_score),
                ("precision", precision_score),
                ("recall", recall_score),
                ("accuracy", accuracy_score),
            ):
                assert ours[name] == pytest.approx(of(true, found), abs=1e-12), name


def test_metrics_are_of_counts_by_sentence() -> None:
    found, true = ["B-a O", "B-b B-b"], ["B-a O", "O B-b"]
    counts = sentence_counts(found, true)
    twice = counts[np.array([0, 0, 1])].T
    expected = tagging_metrics([found[0], *found], [true[0], *true])
    assert all(of(*twice[:3]) == expected[name] for name, of in OF_ENTITIES.items())
