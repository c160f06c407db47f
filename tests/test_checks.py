"""Checks of options."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune import (
    BSS,
    LNSR,
    NSO,
    SMART,
    ChildTuning,
    ConfigError,
    Every,
    FreeLB,
    InputNoise,
    Reinit,
)
from steadytune._checks import (
    check_above,
    check_at_least,
    check_below_one,
    check_count,
    check_share,
)


@pytest.mark.parametrize("value", [1.0, 1.5, True, "2", None, float("nan"), 0, -3])
def test_a_count_is_a_whole_number_at_least_the_lowest(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"n=.* is not possible; expected a whole number >= 1"):
        check_count("n", value, 1)
    check_count("n", 1, 1)


@pytest.mark.parametrize(
    ("make", "option"),
    [(FreeLB, "steps"), (SMART, "steps"), (LNSR, "rank"), (NSO, "draws"), (InputNoise, "rank")],
)
def test_a_count_has_a_bound(make: Any, option: str) -> None:
    with pytest.raises(
        ConfigError, match=f"{option}=1000000000000 is not possible; expected at most 10,000,000"
    ):
        make(**{option: 10**12})


@pytest.mark.parametrize("value", [1.5, 2.0, True, "1"])
@pytest.mark.parametrize(
    ("make", "option"),
    [
        (LNSR, "layer"),
        (LNSR, "rank"),
        (FreeLB, "steps"),
        (SMART, "steps"),
        (lambda **options: Every(LNSR(), **options), "n"),
        (ChildTuning, "fisher_steps"),
        (Reinit, "blocks"),
        (BSS, "smallest"),
    ],
)
def test_counts_of_methods(make: Any, option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{option}={value!r} is not possible") as caught:
        make(**{option: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5]])
@pytest.mark.parametrize("check", [check_share, check_below_one])
def test_a_share_is_a_number(check: Any, value: Any) -> None:
    check("n", 0.5)
    with pytest.raises(ConfigError, match=r"n=.* is not possible; expected a share"):
        check("n", value)


@pytest.mark.parametrize("value", ["3", None, True, float("inf")])
def test_a_bound_is_for_numbers(value: Any) -> None:
    check_at_least("n", 3.5, 1)
    with pytest.raises(ConfigError, match=r"n=.* is not possible; expected a finite number >= 1"):
        check_at_least("n", value, 1)


def test_a_whole_number_beyond_all_floats_is_not_finite() -> None:
    for check in (check_at_least, check_above):
        with pytest.raises(ConfigError, match="expected a finite number"):
            check("std", 10**400, 0)
