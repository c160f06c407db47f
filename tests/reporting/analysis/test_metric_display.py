"""Numbers as people read them."""

from __future__ import annotations

import pytest

from steadytune.reporting.analysis.metric_display import (
    duration,
    metric_display,
    number,
    p_text,
    signed,
)


def test_accuracy_is_shown_in_percent_and_points() -> None:
    accuracy = metric_display("accuracy")
    assert accuracy.heading == "accuracy (%)"
    assert accuracy.in_words(0.7841) == "78.4 %"
    assert accuracy.score(0.7841) == "78.4"
    assert accuracy.spread(0.01234) == "1.23"
    assert accuracy.difference_in_words(-0.0123) == "-1.2 points"


def test_loss_falls_and_an_unknown_metric_rises() -> None:
    assert not metric_display("loss").higher_is_better
    unknown = metric_display("my\nmetric")
    assert unknown.higher_is_better
    assert unknown.heading == "my metric"
    assert unknown.in_words(0.5) == "0.500"


def test_undefined_is_not_available() -> None:
    accuracy = metric_display("accuracy")
    assert accuracy.in_words(None) == accuracy.difference_in_words(None) == "n/a"
    assert p_text(None) == duration(None) == "n/a"


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0"), (-0.04, "0.0"), (0.05, "+0.1"), (-1.25, "-1.2"), (3, "+3.0")]
)
def test_zero_has_no_sign(value: float, text: str) -> None:
    assert signed(value, 1) == text


def test_number_is_never_minus_zero() -> None:
    assert number(-0.0001, 2) == "0.00"
    assert number(-0.5, 2) == "-0.50"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.0625, "0.062"), (0.25, "0.25"), (0.0004, "<0.001")]
)
def test_p_values(value: float, text: str) -> None:
    assert p_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.034, "0.034 s"),
        (0.42, "0.42 s"),
        (4.25, "4.2 s"),
        (38.2, "38 s"),
        (99.7, "1 min 40 s"),
        (245, "4 min 05 s"),
        (3599.9, "1 h 00 min"),
        (7805, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_each_kind_of_task_has_its_metrics() -> None:
    assert metric_display("f1", "qa").heading == "F1 over words (%)"
    assert metric_display("f1", "classification").heading == "F1 (%)"
    assert metric_display("exact_match").in_words(0.5) == "50.0 %"
    assert metric_display("pearson").in_words(0.861) == "0.861"
    assert not metric_display("ece").higher_is_better


def test_papers_print_correlations_times_100() -> None:
    assert metric_display("spearman").in_papers.score(0.8612) == "86.1"
    assert metric_display("accuracy").in_papers.score(0.8612) == "86.1"
    assert metric_display("loss").in_papers.score(0.8612) == "0.861"
