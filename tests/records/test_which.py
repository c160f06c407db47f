"""One rule for which of several records of a run counts."""

from __future__ import annotations

from steadytune.records.which import best_of_each, rank

EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"


def test_a_result_beats_a_later_failure_and_a_failure_a_later_cancellation() -> None:
    ordered = [
        rank("cancelled", LATE),
        rank("failed", EARLY),
        rank("failed", LATE),
        rank("diverged", EARLY),
        rank("ok", EARLY),
        rank("ok", LATE),
    ]
    assert ordered == sorted(ordered)
    assert rank("ok", None) < rank("ok", EARLY)


def test_one_of_each_in_the_order_of_those_that_are_kept() -> None:
    records = [("a", 1, "first"), ("b", 0, "only"), ("a", 1, "last of equals"), ("a", 0, "less")]
    kept = best_of_each(records, lambda r: r[0], lambda r: (True, True, str(r[1])))
    assert [name for *_, name in kept] == ["only", "last of equals"]
