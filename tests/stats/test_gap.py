"""The gap between train and test is taken run by run."""

from __future__ import annotations

import math

import pytest
from scipy.stats import ttest_rel

from steadytune._exceptions import ConfigError
from steadytune.stats import train_test_gap


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_known_gaps(confidence: float) -> None:
    train = {0: 1.0, 1: 0.98, 2: 0.95, 9: 0.1}
    test = {2: 0.75, 0: 0.7, 1: 0.74}
    found = train_test_gap(train, test, confidence=confidence)
    assert found.gaps == pytest.approx((0.3, 0.24, 0.2))
    assert (found.train.count, found.test.count, found.gap.count) == (3, 3, 3)
    assert found.gap.mean == pytest.approx((found.train.mean or 0) - (found.test.mean or 0))
    both = [1.0, 0.98, 0.95], [0.7, 0.74, 0.75]
    expected = ttest_rel(*both).confidence_interval(confidence)
    assert found.interval is not None and found.interval.confidence == confidence
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))

    assert (
        train_test_gap(train, test).interval
        == train_test_gap(train, test, confidence=0.95).interval
    )


def test_runs_without_both_scores_have_no_gap() -> None:
    found = train_test_gap({0: 0.9}, {1: 0.8})
    assert found.gaps == () and found.gap.mean is None and found.interval is None


def test_undefined_scores_are_refused() -> None:
    with pytest.raises(ConfigError):
        train_test_gap({0: math.nan}, {0: 0.5})
