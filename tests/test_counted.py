"""A number of things in words."""

from __future__ import annotations

from steadytune._counted import counted


def test_one_stands_alone() -> None:
    assert (counted(1, "seed"), counted(0, "seed")) == ("1 seed", "0 seeds")
    assert [counted(number, "row") for number in range(3)] == ["0 rows", "1 row", "2 rows"]


def test_things_are_counted() -> None:
    assert counted(["a"], "training subset") == "1 training subset"
    assert counted((), "run") == "0 runs"
