"""Fair tuning: equal trials, chosen on validation rows, and no test row read."""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import Any

import pytest

from steadytune import LNSR as Lnsr
from steadytune import ConfigError, SteadytuneError
from steadytune.method_text import parse_method
from steadytune.records.record import Record
from steadytune.study.grid import load_tasks
from steadytune.study.study import Arm, Study, Tuning, arms_of
from steadytune.study.tuning import Trial, choose, plan_trials, settings_to_try, unique_runs
from tests.run_records import make_spec, make_test_record
from tests.study.conftest import MakeStudy

TUNING = Tuning(
    trials=3, seeds=(101, 102), dev_size=8, learning_rate=(1e-5, 1e-4), epochs=(1.0, 2.0)
)
LNSR = Arm("lnsr", "lnsr", space=(("strength", (1.0, 10.0)), ("layer", (0, 1))))


def test_every_arm_gets_equally_many_trials() -> None:
    plain, lnsr = (settings_to_try(TUNING, arm) for arm in (Arm("plain", "plain"), LNSR))
    assert len(plain) == len(lnsr) == 3
    assert len(set(plain)) == len(set(lnsr)) == 3
    assert {name for name, _ in plain[0]} == {"learning_rate", "epochs"}
    assert {name for name, _ in lnsr[0]} == {"learning_rate", "epochs", "method"}
    assert all(dict(changes)["method"].startswith("lnsr") for changes in lnsr)


def trials_of(study: Study) -> tuple[Trial, ...]:
    """The trials of a study."""
    model = study.find_model()
    return plan_trials(study, load_tasks(study, model), model)


def test_a_small_space_is_tried_as_a_whole() -> None:
    many = Tuning(trials=99, seeds=(1,), dev_size=8, learning_rate=(1e-5, 1e-4), epochs=(1.0,))
    assert len(settings_to_try(many, Arm("plain", "plain"))) == 2
    assert len(settings_to_try(many, LNSR)) == 8


def test_a_large_space_is_drawn_from_without_a_list() -> None:
    rates = tuple((n + 1) * 1e-6 for n in range(300))
    arm = Arm("lnsr", "lnsr", space=(("strength", rates), ("layer", (0, 1))))
    tuning = Tuning(50, (1,), 8, rates, (1.0, 2.0, 3.0))
    combinations = list(product(rates, (1.0, 2.0, 3.0), rates, (0, 1)))
    tried = settings_to_try(tuning, arm)
    places = []
    for changes in tried:
        found = dict(changes)
        (method,) = parse_method(found["method"])
        assert isinstance(method, Lnsr)
        values = found["learning_rate"], found["epochs"], method.strength, method.layer
        places.append(combinations.index(values))
    assert places == sorted(set(places)) and len(places) == 50


def test_a_space_beyond_all_measure_is_refused(make_study: MakeStudy) -> None:
    values = tuple(range(1, 1001))
    arm = Arm("lnsr", "lnsr", space=(("strength", values), ("layer", values)))
    with pytest.raises(ConfigError, match=r"the space of lnsr has 4,000,000 combinations; exp"):
        settings_to_try(TUNING, arm)
    rates = tuple(n * 1e-6 for n in values)
    many = Tuning(10**9, tuple(range(100, 111)), 8, rates, (1.0, 2.0))
    with pytest.raises(ConfigError, match=r"tasks x trials x tuning seeds are 22,000 runs"):
        trials_of(make_study("plain", tuning=many))


def test_the_draw_repeats_and_follows_its_seed() -> None:
    draws = [
        settings_to_try(Tuning(2, (1,), 8, (1e-5, 2e-5, 5e-5, 1e-4), (1.0, 2.0), seed), LNSR)
        for seed in (0, 0, 1)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_trials_share_the_runs_of_equal_arms(make_study: MakeStudy) -> None:
    study = make_study(arms=arms_of(("plain",), longer_plain=2.0), tuning=TUNING)
    trials = trials_of(study)
    assert len(trials) == 6
    assert len(unique_runs(trials)) == 3 * len(TUNING.seeds)
    for run in unique_runs(trials):
        assert run.spec.scored == "dev" and run.spec.dev_size == 8
        assert run.spec.seed in TUNING.seeds
        assert run.arm is not None and run.arm["name"] == "plain"


def test_the_search_is_on_the_first_training_subset(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING, subset_seeds=(3, 5))
    runs = unique_runs(trials_of(study))
    assert {run.spec.subset_seed for run in runs} == {3}


def record(trial: Any, score: float | None, status: str = "ok") -> Record:
    return make_test_record(make_spec(), status, results={"dev": {"accuracy": score}})


def test_the_best_mean_on_rows_to_choose_by_wins(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING)
    trials = trials_of(study)
    scores = [(0.6, 0.9), (0.8, 0.8), (0.8, 0.8)]
    records = {
        run.spec.key: record(trial, score)
        for trial, pair in zip(trials, scores, strict=True)
        for run, score in zip(trial.runs, pair, strict=True)
    }
    trial, score = choose(trials, records)["toy", "plain"]
    assert (trial, score) == (trials[1], pytest.approx(0.8))


def test_a_run_that_diverged_counts_as_the_constant(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING)
    trials = trials_of(study)
    records = {run.spec.key: record(None, 0.55) for run in unique_runs(trials)}
    lucky, lost = trials[0].runs
    records[lucky.spec.key] = record(None, 0.58)
    records[lost.spec.key] = record(None, 0.99, "diverged")
    constant = lost.task["constant"]["dev"]
    assert constant == 0.5
    trial, score = choose(trials, records)["toy", "plain"]
    assert (trial, score) == (trials[1], pytest.approx(0.55))


def test_an_undefined_score_counts_as_the_constant(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING)
    trials = trials_of(study)
    records = {run.spec.key: record(None, 0.45) for run in unique_runs(trials)}
    for run in trials[1].runs:
        assert run.task["constant"]["dev"] == 0.5
        records[run.spec.key] = record(None, None)
    assert choose(trials, records)["toy", "plain"] == (trials[1], 0.5)


@pytest.mark.parametrize("status", ["failed", "cancelled", None])
def test_nothing_is_chosen_while_a_run_has_no_result(
    make_study: MakeStudy, status: str | None
) -> None:
    study = make_study("plain", tuning=TUNING)
    trials = trials_of(study)
    records = {run.spec.key: record(None, 0.55) for run in unique_runs(trials)}
    lost = trials[0].runs[1].spec.key
    del records[lost]
    if status:
        records[lost] = record(None, None, status).changed(reason="out of memory")
    reason = "out of memory" if status else "it left no record"
    with pytest.raises(SteadytuneError, match=f"1 of 6 runs of the search .* seed 102: {reason}"):
        choose(trials, records)


def test_a_record_without_the_metric_is_lost(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING)
    trials = trials_of(study)
    records = {run.spec.key: record(None, 0.55) for run in unique_runs(trials)}
    odd = trials[0].runs[1].spec.key
    records[odd] = records[odd].changed(results={"dev": {"f1": 0.5}})
    with pytest.raises(SteadytuneError, match=r"1 of 6 runs .* no accuracy on the val"):
        choose(trials, records)


def test_what_an_arm_sets_itself_is_not_searched() -> None:
    gentle = Arm("gentle", "lnsr", changes=(("learning_rate", 2e-5),), space=LNSR.space)
    assert all("learning_rate" not in dict(c) for c in settings_to_try(TUNING, gentle))
    fixed = Arm("fixed", "plain", changes=(("learning_rate", 2e-5), ("epochs", 3.0)))
    assert settings_to_try(TUNING, fixed) == ((),)


def test_what_a_task_sets_itself_is_not_searched(make_study: MakeStudy) -> None:
    study = make_study("plain", tuning=TUNING)
    model = study.find_model()
    (entry,) = load_tasks(study, model)
    entry = dataclasses.replace(entry, changes=(*entry.changes, ("learning_rate", 3e-4)))
    trials = plan_trials(study, [entry], model)
    assert {run.spec.learning_rate for trial in trials for run in trial.runs} == {3e-4}
    assert {run.spec.epochs for trial in trials for run in trial.runs} == {1.0, 2.0}


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        (
            Arm("both", "lnsr+l2sp", space=(("strength", (1.0,)),)),
            "the space of both .*several methods in one",
        ),
        (Arm("plain", "plain", space=(("strength", (1.0,)),)), "the space of plain .*no method"),
        (Arm("lnsr", "lnsr", space=(("force", (1.0,)),)), r"the space of lnsr .*\(force\)"),
        (
            Arm("lnsr", "lnsr", space=(("strength", ("much",)),)),
            "the space of lnsr has an invalid value",
        ),
    ],
)
def test_a_space_that_does_not_fit_is_refused(arm: Arm, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings_to_try(TUNING, arm)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trials": 0}, "trials=0"),
        ({"dev_size": 0}, "dev_size=0"),
        ({"seeds": ()}, "no tuning seed"),
        ({"epochs": (1.0, 1.0)}, "tuning epochs 1.0 appears twice"),
    ],
)
def test_an_impossible_search_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Tuning(**{**vars(TUNING), **changes})


def test_seeds_that_are_reported_are_not_tuned_on(make_study: MakeStudy) -> None:
    with pytest.raises(ConfigError, match="seed 101 is both tuned on and reported"):
        make_study(seeds=(1, 101), tuning=TUNING)
