"""Training subsets as the unit of evidence."""

from __future__ import annotations

import pytest

from steadytune.reporting.analysis.subsets import by_subset


def test_below_three_subsets_runs_are_counted() -> None:
    ours = {(s, k, ""): 0.1 * s for s in range(3) for k in range(2)}
    assert by_subset(ours, ours) == (ours, ours, 0)


def test_from_three_on_the_seeds_of_a_subset_are_averaged() -> None:
    ours = {(s, k, "r"): float(s + 10 * k) for s in range(2) for k in range(3)}
    theirs = {(0, k, "r"): 1.0 for k in range(3)}
    left, right, subsets = by_subset(ours, theirs)
    assert subsets == 3
    # Seed 1 has no partner and so does not count.
    assert left == pytest.approx({(0, "r"): 0.0, (1, "r"): 10.0, (2, "r"): 20.0})
    assert set(right.values()) == {1.0}
