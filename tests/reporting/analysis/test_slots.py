"""Which colour a method has, everywhere in a report."""

from __future__ import annotations

from steadytune.reporting.analysis.slots import slots


def test_the_baseline_is_grey_and_keeps_it_to_itself() -> None:
    methods = ["plain", *(f"m{i}" for i in range(12))]
    found = slots(methods, "plain")
    assert found["plain"] == 0
    assert 0 not in list(found.values())[1:]
    assert found["m0"] == found["m9"] == 1
    assert slots(["a", "b"], "plain") == {"a": 1, "b": 2}
