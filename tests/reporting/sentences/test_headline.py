"""The headline: three sentences at most, what matters most first, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from typer.main import get_command

from steadytune.cli._app import app
from steadytune.reporting import build_report
from steadytune.reporting.analysis.section_numbers import Ensembles, SectionNumbers
from steadytune.reporting.sentences.headline import (
    OPTIONS_OF_TRAIN,
    headline,
    over_tasks_headline,
)
from steadytune.reporting.sentences.verdict import verdict
from steadytune.stats import EnsembleScores, Interval
from tests.reporting.fabricated import record, section_of
from tests.reporting.fabricated_tasks import sections_of, several_tasks
from tests.reporting.sentences.test_over_tasks_verdict import averaged_of

NOISE = (0.004, -0.006, 0.002, 0.005, -0.004, 0.001, -0.003, 0.006, -0.001, 0.003, -0.002, 0.0)


def runs(method: str, gain: float, width: float = 1.0, **changes: Any) -> list[dict[str, Any]]:
    scores = (0.7 + gain + width * noise for noise in (NOISE if method == "plain" else NOISE[::-1]))
    return [record(method, s, movie=score, **changes) for s, score in enumerate(scores)]


def ensembles(method: str, gain: float, low: float | None) -> Ensembles:
    interval = None if low is None else Interval(low, 2 * gain - low)
    one, three = (
        EnsembleScores(size, 10, 0.7 + (size > 1) * gain, 0.01, 0.6, (size > 1) * gain, interval)
        for size in (1, 3)
    )
    return Ensembles(method, 12, 12, (one, three))


def claims(section: SectionNumbers, command: str = "") -> str:
    return " ".join(headline(section, command).claims)


def test_differences_that_are_shown_come_by_their_size() -> None:
    section = section_of(
        [*runs("plain", 0), *runs("a", 0.02), *runs("b, large", 0.05), *runs("c", -0.03)]
    )
    first = headline(section).claims[0]
    assert first.startswith('Shown to score higher than plain on movie: "b, large" +5.0 points (95')
    assert first.index("b, large") < first.index("; a +2.0") < first.index("; lower: c -3.0")
    assert headline(section).advice == 'Recommended: "b, large".'


def test_nothing_shown_is_said_with_the_numbers() -> None:
    text = claims(section_of([*runs("plain", 0), *runs("a", 0.0001)]))
    assert text.startswith("No difference between a and plain is shown on movie: 0.0 points, 95 %")
    several = claims(section_of([*runs("plain", 0), *runs("a", 0.0001), *runs("b", 0.001)]))
    assert "None of 2 methods is shown to score higher or lower than plain" in several
    assert "the differences lie between 0.0 and +0.1 points" in several
    equal = claims(section_of([*runs("plain", 0), *runs("a", 0.0001), *runs("b", 0.0001)]))
    assert "all differences are 0.0 points" in equal


def test_steadier_never_stands_without_the_runs_that_did_not_learn() -> None:
    lost = [record("a", 12 + i, movie=0.5) for i in range(3)]
    plain = [record("plain", 12 + i, movie=0.69) for i in range(3)]
    records = [*runs("plain", 0, 60.0), *plain, *runs("a", 0, 0.01), *lost]
    found = section_of(records)
    sentences = (*headline(found).claims, *verdict(found).details)
    told = [s for s in sentences if "steady over" in s or "teadier over" in s or "varied" in s]
    assert told and all("3 of 15 runs did not learn" in sentence for sentence in told)


def test_what_did_not_learn_comes_first_with_what_to_try() -> None:
    records = [
        record(m, s, movie=0.5 + 0.01 * (s == 3), spec={"learning_rate": 2e-5})
        for m in ("plain", "a")
        for s in range(10)
    ]
    found = headline(section_of(records))
    assert found.claims[0] == (
        "Half of the runs or more did not learn (9 of 10 of plain, 9 of 10 of a ended no better "
        "than the majority-class baseline, 50.0 %): try a higher learning rate than 2e-05 or more "
        "epochs than 3."
    )
    assert "find a recipe with which plain learns" in found.advice


def test_ensembles_are_told_where_they_help() -> None:
    section = section_of([*runs("plain", 0), *runs("a", 0)])
    helps = replace(section, ensembles=(ensembles("plain", 0.03, 0.01), ensembles("a", 0.02, None)))
    assert "An ensemble of 3 runs of plain scores 73.0 in domain, a single run 70.0" in claims(
        helps
    )
    assert "+3.0 points (95 % interval +1.0 to +5.0)" in claims(helps)
    assert headline(helps).advice == (
        "Recommended: plain, as an ensemble of 3 runs (--seeds 3 --keep ensemble)."
    )
    unclear = replace(section, ensembles=(ensembles("plain", 0.03, -0.01),))
    assert "nsemble" not in claims(unclear) + headline(unclear).advice


def test_the_command_of_the_advice_is_that_of_the_study() -> None:
    section = section_of([*runs("plain", 0), *runs("a:p=0.7", 0.05)])
    section = replace(section, ensembles=(ensembles("a:p=0.7", 0.03, 0.01),))
    made = "steadytune compare --train 'my rows.csv' --method plain,a:p=0.7 --seeds 10 --out o"
    found = headline(section, f"{made} --learning-rate 2e-4 --save-models")
    assert found.advice == "Recommended: a:p=0.7, as an ensemble of 3 runs:"
    assert found.command == (
        "steadytune train --train 'my rows.csv' --learning-rate 2e-4 --method a:p=0.7 --seeds 3 "
        "--keep ensemble --out model"
    )
    assert headline(section, "steadytune compare study.yaml").command == ""
    of_a_file = "steadytune compare --out o --workers 2 study.yaml"  # which train does not take
    assert headline(section, of_a_file).command == ""
    assert headline(section, "steadytune demo").command == ""


def test_never_more_than_three_sentences() -> None:
    records = [*runs("plain", 0, 9.0), *runs("a", 0.2, 0.1)]
    section = replace(section_of(records), ensembles=(ensembles("plain", 0.03, 0.01),))
    assert len(headline(section).claims) == 3


def test_over_tasks() -> None:
    gains = {"plain": 0.0, "a": 0.02, "b, large": 0.03, "c": -0.02, "d": 0.0}

    def score(task: str, method: str, seed: int) -> float:
        width = 0.1 if method == "a" else 1.0
        return 0.7 + gains[method] + width * NOISE[-1 - seed if method != "plain" else seed]

    records = several_tasks(score, methods=tuple(gains), seeds=12)
    data = averaged_of(records)
    sections = [
        replace(s, ensembles=(ensembles("b, large", 0.01, None),)) for s in sections_of(records)
    ]
    found = over_tasks_headline(data, sections)
    first, second, third = found.claims
    assert first.startswith(
        'Shown to score higher than plain on average over 2 tasks: "b, large" +3.00 points'
    )
    assert "; a +1.9" in first and "; lower: c -2.00 points" in first
    assert second == (
        'An ensemble of 3 runs of "b, large" scores 1.00 points more than a single run on average '
        "over 2 tasks (no interval)."
    )
    assert third == (
        "Steadier over seeds than plain, where 0 of 24 runs did not learn: a (0.10 times the std, "
        "0 of 24 runs did not learn); exploratory."
    )
    assert found.advice.startswith('Recommended: "b, large", as an ensemble of 3 runs')
    few = several_tasks(score, methods=tuple(gains), seeds=3)
    text = over_tasks_headline(averaged_of(few), sections_of(few)).claims[0]
    assert text.startswith("Only a hint of higher scores than plain on average over 2 tasks: ")


def test_where_lower_is_better_the_lowest_is_recommended() -> None:
    def losses(method: str, gain: float) -> list[dict[str, Any]]:
        made = runs(method, gain)
        task = {**made[0]["task"], "metric": "loss", "constant": {"movie": 2.0}}
        scored = [{"movie": {"loss": run["results"]["movie"]["accuracy"]}} for run in made]
        return [{**run, "task": task, "results": r} for run, r in zip(made, scored, strict=True)]

    section = section_of([*losses("plain", 0), *losses("a", -0.1), *losses("b", 0.05)])
    assert headline(section).advice.startswith("Recommended: a")
    worse = section_of([*losses("plain", 0), *losses("b", 0.05)])
    assert headline(worse).advice.startswith("Recommended: plain")


def test_options_that_train_does_not_have_are_left_out() -> None:
    section = section_of([*runs("plain", 0), *runs("a", 0.05)])
    made = "steadytune compare --task rte --max_train_samples=50 --lr 1e-4 --head-first --metric f1"
    on_ray = "--cpus-per-run 2 --gpus-per-run=0 --ray auto --retries 3 --workers 2 --out o"
    assert headline(section, f"{made} {on_ray}").command == (
        "steadytune train --task rte --max_train_samples=50 --lr 1e-4 --head-first --metric f1 "
        "--method a --out model"
    )
    group: Any = get_command(app)
    names = {
        name: {option.removeprefix("--") for p in group.commands[name].params for option in p.opts}
        for name in ("train", "compare")
    }
    assert names["train"] & names["compare"] >= OPTIONS_OF_TRAIN
    own = {"method", "seeds", "out", "workers", "quiet", "verbose"}
    assert {o for o in names["train"] & names["compare"] if "_" not in o} - own == OPTIONS_OF_TRAIN


@pytest.mark.parametrize(
    "command",
    [
        "steadytune compare --task 'rte --out o",
        "steadytune compare --task rte --out a; steadytune compare --task rte --out b",
        f"steadytune compare --task {'r' * 20}…",
    ],
    ids=["quote", "two", "cut"],
)
def test_a_command_that_is_not_one_whole_line_is_not_shown(command: str) -> None:
    section = section_of([*runs("plain", 0), *runs("a", 0.05)])
    assert headline(section, command).command == ""


def test_the_command_of_one_section_is_not_that_of_another() -> None:
    command = "steadytune compare --task rte --method plain,a --out o"
    one = [*runs("plain", 0), *runs("a", 0.05)]
    other = [*runs("plain", 0, spec={"epochs": 9.0}), *runs("a", 0.05, spec={"epochs": 9.0})]
    for records, known in ((one, True), ([*one, *other], False)):
        sections = build_report(records, title="t", command=command).sections
        assert all(bool(section.headline.command) == known for section in sections)
