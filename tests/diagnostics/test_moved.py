"""The examples that noise moves most, of a profile made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.diagnostics import NoiseProfile, most_moved

RATIOS = np.array([[0.05, 0.1], [0.05, 0.4], [0.05, 0.2], [0.05, 0.2]])
PROFILE = NoiseProfile(
    (0, 1), 0.05, "gaussian", (10 * RATIOS, RATIOS), (RATIOS, RATIOS[::-1]), (0.0, 0.0)
)


def test_most_of_all_first_and_ties_in_order() -> None:
    found = most_moved(PROFILE, top=3)
    assert [example.index for example in found] == [1, 2, 3]
    assert found[0].ratio == 0.4 and found[0].displacement == 4.0
    assert found[0].times_typical == pytest.approx(2)
    assert [e.index for e in most_moved(PROFILE, injection=1, top=9)] == [2, 0, 1, 3]


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="expected one of 0, 1"):
        most_moved(PROFILE, injection=2)
    with pytest.raises(ConfigError, match="top=0"):
        most_moved(PROFILE, top=0)
