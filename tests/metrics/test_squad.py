"""Exact match and F1 of answers against cases worked by hand."""

import collections
import math
import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.metrics.squad import (
    best_null_threshold,
    none_is_right,
    squad2_scores,
    squad_scores,
)


@pytest.mark.parametrize(
    ("prediction", "answers", "em", "f1"),
    [
        ("1976", ["1976"], 1, 1),
        ("the Big cat.", ["a big cat"], 1, 1),
        ("  big   cat ", ["big cat!"], 1, 1),
        # 2 words of 4 are among the 2 true ones: precision 1/2, recall 1
        ("big cat sat down", ["the big cat"], 0, 2 / 3),
        # words count as often as they stand: 1 common of 2 and of 1
        ("cat cat", ["cat"], 0, 2 / 3),
        ("cat", ["cat cat"], 0, 2 / 3),
        ("dog", ["cat"], 0, 0),
        # the best fit counts, whatever its place
        ("big cat", ["dog", "cat", "the big cat"], 1, 1),
        ("big cat", ["dog", "cat"], 0, 2 / 3),
        ("", ["cat"], 0, 0),
        ("the", ["cat"], 0, 0),
        # nothing is left of either side
        ("the", ["a"], 1, 1),
        ("U.S.", ["US"], 1, 1),
        ("Zürich", ["zürich"], 1, 1),
        # an article inside a word stays
        ("theatre", ["atre"], 0, 0),
    ],
)
def test_by_hand(prediction: str, answers: list[str], em: float, f1: float) -> None:
    scores = squad_scores([prediction], [answers])
    assert scores.em.tolist() == [em]
    assert scores.f1.tolist() == [pytest.approx(f1)]


def test_totals_are_means_over_rows() -> None:
    scores = squad_scores(["cat", "big dog", ""], [["cat"], ["dog"], ["fish"]])
    assert scores.em.tolist() == [1, 0, 0] and scores.f1.tolist() == pytest.approx([1, 2 / 3, 0])
    assert scores.total_em == pytest.approx(1 / 3) and scores.total_f1 == pytest.approx(5 / 9)


def test_no_rows_leave_the_totals_undefined() -> None:
    scores = squad_scores([], [])
    assert scores.total_em is None and scores.total_f1 is None and scores.f1.shape == (0,)


@pytest.mark.parametrize("answers", [[], [["cat"], ["dog"]], [[]]])
def test_rows_without_a_true_answer_are_refused(answers: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="expected as many"):
        squad_scores(["cat"], answers)


@given(prediction=st.text(max_size=20), answers=st.lists(st.text(max_size=20), min_size=1))
def test_shares_lie_between_zero_and_one(prediction: str, answers: list[str]) -> None:
    scores = squad_scores([prediction], [answers])
    assert scores.em[0] in (0.0, 1.0)
    assert math.isfinite(scores.f1[0]) and 0 <= scores.f1[0] <= 1
    if prediction:
        own = squad_scores([prediction], [[*answers, prediction]])
        assert own.em[0] == 1 and own.f1[0] == 1


@pytest.mark.parametrize(
    ("prediction", "answers", "em", "f1"),
    [
        ("", [], 1, 1),
        ("cat", [], 0, 0),
        # nothing is left of it
        ("the", [], 1, 1),
        ("", ["cat"], 0, 0),
        ("big cat", ["cat"], 0, 2 / 3),
        # answers of which nothing is left do not count beside others, and alone stand for none
        ("", ["the", "cat"], 0, 0),
        ("", ["the"], 1, 1),
    ],
)
def test_no_answer_by_hand(prediction: str, answers: list[str], em: float, f1: float) -> None:
    scores = squad2_scores([prediction], [answers])
    assert scores.em.tolist() == [em] and scores.of("f1").tolist() == [pytest.approx(f1)]
    assert none_is_right([answers]).tolist() == [squad2_scores([""], [answers]).em[0] == 1]


def normalised(text: str) -> str:
    """As SQuAD's own script: lower case, no punctuation, no articles, single spaces."""
    kept = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def in_the_words_of_the_script(prediction: str, answers: list[str]) -> tuple[float, float]:
    """Exact match and F1 as the script of SQuAD 2 defines them for a question."""
    gold = [text for text in answers if normalised(text)] or [""]

    def f1(answer: str) -> float:
        true, said = normalised(answer).split(), normalised(prediction).split()
        if not true or not said:
            return float(true == said)
        common = sum((collections.Counter(true) & collections.Counter(said)).values())
        if not common:
            return 0.0
        precision, recall = common / len(said), common / len(true)
        return 2 * precision * recall / (precision + recall)

    exact = max(float(normalised(answer) == normalised(prediction)) for answer in gold)
    return exact, max(map(f1, gold))


phrases = st.lists(
    st.sampled_from(["the", "a", "An", "cat", "Dog", "1976", "-", "dog's", "naïve"]), max_size=4
).map(" ".join)


@given(prediction=phrases, answers=st.lists(phrases, max_size=3))
def test_as_the_script_of_squad_2_defines_them(prediction: str, answers: list[str]) -> None:
    scores = squad2_scores([prediction], [answers])
    exact, f1 = in_the_words_of_the_script(prediction, answers)
    assert scores.em[0] == exact and scores.f1[0] == pytest.approx(f1)


def test_the_threshold_by_hand() -> None:
    # Of the three only the first has no answer: it is told from the others above 1.
    differences, spans, none = [3, -1, 0.5], [0, 1, 0.4], [1, 0, 0]
    assert best_null_threshold(differences, spans, none) == 1.75
    # A right "no answer" is worth more than a poor span.
    assert best_null_threshold(differences, spans, [1, 0, 1]) == 0
    assert best_null_threshold([2, 1], [1, 1], [0, 0]) == 3
    assert best_null_threshold([2, 1], [0, 0], [1, 1]) == 0
    assert best_null_threshold([-2, -1], [0, 0], [1, 1]) == -3
    # Where no span is possible, "no answer" is predicted, whatever the threshold.
    assert best_null_threshold([math.inf, 1], [0, 1], [1, 0]) == 2
    assert best_null_threshold([math.inf], [0], [0]) == 0


numbers = st.floats(-20, 20, width=32)
shares = st.sampled_from([0, 0.25, 0.5, 1])


@given(rows=st.lists(st.tuples(numbers, shares, shares), min_size=1, max_size=12))
def test_no_other_threshold_scores_higher(rows: list[tuple[float, float, float]]) -> None:
    differences, spans, none = np.array(rows).T

    def score(threshold: float) -> float:
        return float(np.where(differences > np.float32(threshold), none, spans).mean())

    found = best_null_threshold(differences, spans, none)
    edges = np.concatenate([[0.0, -30, 30], differences, differences - 1e-3, differences + 1e-3])
    wide = np.diff(np.unique(differences))
    if not len(wide) or wide.min() > 1e-2:  # thresholds have four decimals
        assert score(found) >= max(map(score, edges)) - 1e-9
    assert score(found) >= score(0.0) - 1e-9
    if score(found) == score(0.0):
        assert found == 0
