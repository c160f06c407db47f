"""Holm's correction by hand."""

from __future__ import annotations

import math

import pytest

from steadytune._exceptions import ConfigError
from steadytune.stats import holm


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_family_of_one_is_unchanged_and_none_is_none() -> None:
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


def test_never_above_one() -> None:
    assert holm([0.9, 0.8, 0.7]) == [1.0, 1.0, 1.0]


def test_undefined_is_refused() -> None:
    with pytest.raises(ConfigError):
        holm([math.nan])
