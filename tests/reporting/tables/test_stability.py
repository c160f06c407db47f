"""Noise sensitivity against score in numbers and in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from steadytune.reporting.tables.stability import ALL, stability_sentence, stability_table
from steadytune.stats import correlation
from tests.reporting.fabricated import cells, profile, record, section_of

MOVED = (0.040, 0.050, 0.045, 0.060, 0.055, 0.048)


def runs(method: str, sign: int = -1, **changes: Any) -> list[dict[str, Any]]:
    wiggle = (0.3, -0.2, 0.1, 0.4, -0.3, 0.2)
    return [
        record(method, s, movie=0.8 + sign * m + w / 100, profile=profile(after=m), **changes)
        for s, (m, w) in enumerate(zip(MOVED, wiggle, strict=True))
    ]


def test_a_row_a_method_and_one_for_all() -> None:
    records = [*runs("plain"), *runs("lnsr", 1)]
    found = cells(stability_table(section_of(records)))
    scores = [r["results"]["movie"]["accuracy"] for r in records[:6]]
    expected = correlation(MOVED, scores, kind="spearman")
    moved = f"{100 * sum(MOVED) / 6:.2f} %"
    assert found["", "plain"][:3] == (moved, "6", f"{expected.value:.2f}")
    assert " to " in found["", "plain"][3]
    assert found["", ALL][:2] == ("", "12")
    assert stability_table(section_of([record()])) is None


def test_degenerate_runs_get_columns_of_their_own() -> None:
    extra = record("plain", 9, movie=0.4, profile=profile(after=0.2))
    table = stability_table(section_of([*runs("plain"), extra]))
    row = cells(table)["", "plain"]
    assert (row[1], row[4]) == ("7", "6")
    assert table is not None and "without them" in table.notes[-1]


def test_the_sentence_says_no_more_than_the_interval() -> None:
    below, above = section_of(runs("plain")), section_of(runs("plain", 1))
    assert "runs that noise moves less scored higher" in stability_sentence([below, below])
    assert "runs that noise moves less scored lower" in stability_sentence([above, above])
    assert "no relation shown" in stability_sentence([below, above])
    assert "inside 2 groups" in stability_sentence([below, above])
    assert stability_sentence([section_of([record()])]) == ""


def test_the_sentence_counts_degenerate_runs_apart() -> None:
    generator = np.random.default_rng(0)
    learned = [
        record(seed=s, movie=0.8 + x / 100, profile=profile(after=0.05 + y / 1000))
        for s, (x, y) in enumerate(generator.normal(size=(8, 2)))
    ]
    collapsed = [record(seed=20 + s, movie=0.4, profile=profile(after=0.2)) for s in range(3)]
    text = stability_sentence([section_of([*learned, *collapsed])])
    assert "Without 3 runs that did not learn" in text and text.endswith("Exploratory.")
