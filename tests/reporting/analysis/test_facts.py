"""Sections and environments in words."""

from __future__ import annotations

from steadytune.reporting.analysis.facts import environment_facts, period, section_facts, value_text
from tests.reporting.fabricated import record, run_of, section_of, study


def test_facts_of_a_section() -> None:
    facts = {fact.label: fact.value for fact in section_facts(section_of(study(2)))}
    assert facts["Task"] == "reviews"
    assert facts["Epochs"] == "3"
    assert facts["Examples"] == "train 300, movie 200, tweet 200"
    assert facts["Data"] == "sentences from nowhere, MIT licence"
    assert "Data hash" not in facts


def test_environments_that_differ_are_listed() -> None:
    records = [
        run_of(record(seed=s, environment={"host": f"h{s}", "torch": "2", "x": None}))
        for s in range(6)
    ]
    facts = {fact.label: fact.value for fact in environment_facts(records)}
    assert facts == {"Host": "h0; h1; h2; h3; and 2 more", "Torch": "2"}


def test_period_is_in_utc_and_forgives_nonsense() -> None:
    records = [
        run_of(record(started="2026-01-01T23:30:00-01:00", finished="later")),
        run_of(record(started=None, finished="2026-01-03T00:00:00+00:00")),
    ]
    assert period(records) == "2026-01-02 00:30 to 2026-01-03 00:00 UTC"
    assert period(records[:1]) == ""


def test_values_read_well() -> None:
    assert value_text(None) == "all"
    assert value_text(True) == "yes"
    assert value_text(5e-05) == "5e-05"
    assert value_text(3.0) == "3"
    assert value_text({"a": 1, "b": None}) == "a: 1, b: all"
    assert value_text("two\nlines") == "two lines"
