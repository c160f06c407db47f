"""The sign-flip test against a listing of every pattern."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import ConfigError
from steadytune.stats import sign_flip_test, smallest_sign_flip_p


def generator() -> np.random.Generator:
    return np.random.default_rng(5)


def by_listing(values: list[int]) -> float:
    seen = abs(sum(values))
    patterns = itertools.product([-1, 1], repeat=len(values))
    sums = [abs(sum(s * v for s, v in zip(p, values, strict=True))) for p in patterns]
    return sum(total >= seen for total in sums) / len(sums)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_equals_the_listing(values: list[int]) -> None:
    # Thirds are not exact in binary, so this also tests that equal sums count as equal.
    result = sign_flip_test([value / 3 for value in values], generator())
    assert result.exact
    assert result.p_value == pytest.approx(by_listing(values), abs=1e-12)


@pytest.mark.parametrize(("count", "smallest"), [(1, 1.0), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_one_sided_differences_reach_the_smallest_p(count: int, smallest: float) -> None:
    result = sign_flip_test([0.1 + 0.01 * i for i in range(count)], generator())
    assert result.p_value == result.smallest_p == smallest == smallest_sign_flip_p(count)


def test_exact_at_thirty_pairs_in_closed_form() -> None:
    # With equal differences the sum depends on the number of minus signs alone: a binomial tail.
    values = [1.0] * 21 + [-1.0] * 9
    tail = 2 * sum(math.comb(30, k) for k in range(10)) / 2**30
    assert sign_flip_test(values, generator()).p_value == pytest.approx(tail)


def test_no_difference_gives_one_and_no_pairs_none() -> None:
    assert sign_flip_test([0.0, 0.0, 0.0], generator()).p_value == 1.0
    assert sign_flip_test([], generator()).p_value is None
    assert sign_flip_test([], generator()).smallest_p is None


def test_many_pairs_are_sampled_near_the_truth_and_reproducibly() -> None:
    values = np.array([1.0] * 24 + [-1.0] * 12)
    truth = 2 * sum(math.comb(36, k) for k in range(13)) / 2**36
    first, again = (sign_flip_test(values, generator()) for _ in range(2))
    assert not first.exact
    assert first == again
    assert first.p_value == pytest.approx(truth, abs=5 * math.sqrt(truth / 9999))


def test_the_pattern_seen_counts_as_one_of_the_sampled_ones() -> None:
    values = generator().normal(0.2, 1, 36)
    draws = generator().integers(0, 256, (999, 5), dtype=np.uint8)
    signs = 1.0 - 2.0 * np.unpackbits(draws, axis=1)[:, :36]
    extreme = int(np.sum(np.abs(signs @ values) >= abs(values.sum())))
    assert extreme > 1
    assert sign_flip_test(values, generator(), draws=999).p_value == (extreme + 1) / 1000


def test_sampled_p_is_never_zero() -> None:
    result = sign_flip_test(np.ones(200), generator(), draws=999)
    assert result.p_value == result.smallest_p == 1 / 1000


def test_level_under_the_null() -> None:
    rng = np.random.default_rng(9)
    p_values = [sign_flip_test(rng.standard_t(3, 8), rng).p_value or 0 for _ in range(3000)]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.047, abs=0.012)


def test_undefined_differences_are_refused() -> None:
    with pytest.raises(ConfigError):
        sign_flip_test([math.inf], generator())
