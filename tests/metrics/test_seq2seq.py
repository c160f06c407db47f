"""Scores of generated texts: closed forms, and the numbers of the libraries that papers use."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF

from steadytune import ConfigError
from steadytune.metrics.seq2seq import (
    COPIED,
    EMPTY,
    SAME,
    TEXT_METRICS,
    chrf_of,
    flaws,
    likeness,
    medoid,
    most_alike,
    row_scores,
    scorers,
    text_score,
)

TRUTHS = ["the cat sat on the mat", "a dog barked", "es regnet in Köln"]
TEXTS = ["the cat sat on a mat", "", "es regnete in Köln"]


@pytest.mark.parametrize("metric", TEXT_METRICS)
def test_the_truth_scores_one_and_nothing_zero(metric: str) -> None:
    assert text_score(metric, TRUTHS, TRUTHS) == pytest.approx(1.0)
    assert text_score(metric, [""] * 3, TRUTHS) == 0.0
    assert text_score(metric, [], []) is None


def test_chrf_is_that_of_sacrebleu_over_all_rows() -> None:
    expected = CHRF().corpus_score(TEXTS, [TRUTHS]).score / 100
    assert text_score("chrf", TEXTS, TRUTHS) == pytest.approx(expected, abs=1e-12)
    counts = row_scores("chrf", TEXTS, TRUTHS)
    alone = CHRF().corpus_score(TEXTS[2:], [TRUTHS[2:]]).score / 100
    assert chrf_of(*counts[2:].T) == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("metric", ["rouge1", "rouge2", "rougeL"])
def test_rouge_is_the_mean_of_rouge_scores_f_measures(metric: str) -> None:
    scorer = RougeScorer([metric])
    each = [
        scorer.score(truth, text)[metric].fmeasure
        for truth, text in zip(TRUTHS, TEXTS, strict=True)
    ]
    assert text_score(metric, TEXTS, TRUTHS) == pytest.approx(np.mean(each), abs=1e-12)


def test_rouge_by_hand() -> None:
    # Two of the prediction's three words are two of the truth's four, in their order.
    assert text_score("rouge1", ["a b x"], ["a b c d"]) == pytest.approx(2 * 2 / (3 + 4))
    assert text_score("rouge2", ["a b x"], ["a b c d"]) == pytest.approx(2 * 1 / (2 + 3))
    assert text_score("rougeL", ["b x a"], ["a b c d"]) == pytest.approx(2 * 1 / (3 + 4))


def test_what_looks_wrong_is_counted() -> None:
    inputs = [("one", "extra"), ("two", ""), (" three ", ""), ("four", "")]
    found = flaws(["same", "same", "three", ""], inputs)
    assert found == {SAME: 0.5, EMPTY: 0.25, COPIED: 0.25}
    assert flaws([], []) == dict.fromkeys((SAME, EMPTY, COPIED))
    assert flaws(["same"], [("one",)]) == {SAME: None, EMPTY: 0.0, COPIED: 0.0}


def test_the_medoid_is_the_text_most_like_the_others() -> None:
    texts = ["snow", "the red house", "the red horse", "a red house"]
    assert medoid(texts, [1, 1, 1, 1]) == 1
    assert medoid(texts, [9, 1, 1, 1]) == 0  # it counts for more than the others together
    assert medoid(["", "b", "b"], [1, 1, 1]) == 1
    assert medoid(["x", "y"], [1, 1]) == 0  # of equal ones the first


def test_likeness_is_the_chrf_of_each_with_each() -> None:
    texts = [*TEXTS, "a dog", TEXTS[0], "a dog barked loudly"]
    expected = [[CHRF().sentence_score(a, [b]).score / 100 for b in texts] for a in texts]
    expected[1][1] = 1.0  # two empty texts are equal
    np.testing.assert_allclose(likeness(texts), expected, atol=1e-12)


def test_sums_that_differ_by_rounding_alone_are_equal() -> None:
    rows = np.array([[[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]], [[0.0, 0.0, 0.0], [0.0, 0.0, 1e-6]]])
    assert most_alike(rows).tolist() == [0, 1]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    scorers.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(ConfigError, match=r"rouge-score.*pip install 'steadytune\[seq2seq\]'"):
        text_score("chrf", TEXTS, TRUTHS)  # before anything is trained, whatever the metric
