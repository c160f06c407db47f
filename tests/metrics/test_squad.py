"""Exact match and F1 of answers against cases worked by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.metrics.squad import squad_scores


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
