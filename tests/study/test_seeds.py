"""Seeds as people write them."""

from __future__ import annotations

import pytest

from steadytune import ConfigError
from steadytune.study.seeds import read_seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", (1, 2, 3)), ("1", (1,)), ("3,7,11", (3, 7, 11)), ("5,", (5,)), (" 2 , 0 ", (2, 0))],
)
def test_seeds_are_a_count_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["0", "", ",", "-3", "three", "1.5", "3,x", "3,-1", "10001"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"seeds.*(count|possible)"):
        read_seeds(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("010", "begins with 0"),
        ("1,02", "begins with 0"),
        ("1,18446744073709551616", "expected at most 18,446,744,073,709,551,615"),
        ("1," * 10_001, "too many"),
    ],
    ids=["octal", "octal in a list", "2^64", "10,001"],
)
def test_seeds_that_would_be_others_or_too_many_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_seeds(text)
    assert read_seeds("0,18446744073709551615") == (0, 2**64 - 1)
