"""The scores of one task as averages over tasks count them."""

from __future__ import annotations

import pytest

from steadytune.reporting.analysis.task_scores import inside, mean_scores, outside, why_excluded
from tests.reporting.fabricated import BARE, record, section_of


def test_means_by_pair_leave_out_pairs_that_a_column_lacks() -> None:
    first, second = (0, 0, ""), (1, 0, "")
    assert mean_scores([{first: 1.0, second: 4.0}, {first: 3.0}], 10.0) == {first: 20.0}
    assert mean_scores([]) == {}


def test_out_of_domain_is_the_mean_of_the_unseen_domains() -> None:
    made = [record("plain", s, **BARE) for s in range(2)]
    for run in made:
        run["task"].update(out_of_domain=["tweet", "mail", "seen", "never"], exposed=["seen"])
        run["results"] |= {"mail": {"accuracy": 0.5}, "seen": {"accuracy": 0.9}}
    section = section_of(made)
    found = outside("reviews", section)
    assert found is not None
    assert found.domains == ("tweet", "mail")
    assert list(found.methods["plain"].values()) == pytest.approx([60.0, 60.0])
    assert list(inside("reviews", section).methods["plain"].values()) == pytest.approx([80, 80])


def test_why_a_setting_is_left_out() -> None:
    both = [record("plain", **BARE), record("lnsr", **BARE)]
    assert why_excluded(section_of(both)) == ""
    assert "nothing to compare" in why_excluded(section_of(both[:1]))
    assert "baseline" in why_excluded(section_of(both[1:]))
    for made in both:
        made["task"]["metric"] = "loss"
    assert "loss is not in points" in why_excluded(section_of(both))
