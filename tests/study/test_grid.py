"""The plan of a study: runs that are paired by seed, each with what its record says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.records.recipe import Recipe
from steadytune.study.grid import load_tasks
from steadytune.study.study import MATCHED, Arm, StudyTask, arms_of
from steadytune.tasks.source import DataSource
from tests.study.conftest import MakeStudy
from tests.study.outcomes import planned


def test_arms_of_a_seed_follow_each_other(make_study: MakeStudy) -> None:
    study = make_study(subset_seeds=(0, 1))
    runs = planned(study)
    keys = [(run.spec.seed, run.spec.subset_seed, run.spec.method) for run in runs]
    assert keys == [
        (seed, subset, method)
        for seed in (1, 2)
        for subset in (0, 1)
        for method in ("plain", "lnsr:strength=0.5")
    ]
    assert len({run.spec.model_hash for run in runs}) == 1
    hashes = {(run.spec.subset_seed, run.spec.data_hash) for run in runs}
    assert len(hashes) == 2 and all(content for _, content in hashes)
    assert {run.arm for run in runs} == {None}
    assert runs[0].task["sizes"] == {"train": 16, "movie": 20}
    assert runs[1].spec.method_options.startswith("(LNSR(")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_length": 100_000}, "max_length 100000 is more than"),
        ({"settings": {"report_to": "nowhere"}}, "report_to"),
    ],
)
def test_what_no_run_could_do_is_refused_before_the_first(
    make_study: MakeStudy, settings: dict[str, Any], words: str
) -> None:
    study = make_study()
    study = replace(study, recipe=study.recipe.changed(settings))
    with pytest.raises(ConfigError, match=words):
        planned(study)


def test_rows_to_choose_by_that_nothing_looks_at_are_refused(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    rows = "text,label\n" + "".join(f"word{n} film,{n % 2}\n" for n in range(12))
    for name in ("train", "validation", "test"):
        (tmp_path / f"{name}.csv").write_text(rows.replace("film", f"film {name}"))
    files = {key: str(tmp_path / f"{key}.csv") for key in ("train", "validation")}
    source = DataSource(**files, test=str(tmp_path / "test.csv"))
    study = make_study(tasks=(StudyTask(source, (("train_size", None),)),))
    with pytest.raises(
        ConfigError, match=r"validation=.*validation\.csv was given, but nothing is selected on it"
    ):
        load_tasks(study, study.find_model())
    by_dev = (("dev_size", 4), ("patience", 1))
    chosen = StudyTask(source, (("train_size", None), *by_dev))
    arm = Arm("stopped early", "plain", by_dev)
    for changes in ({"tasks": (chosen,)}, {"arms": (*study.arms, arm)}):
        (entry,) = load_tasks(replace(study, **changes), study.find_model())
        assert entry.task.dev is not None


def test_plain_for_longer_is_an_arm_of_its_own(make_study: MakeStudy) -> None:
    study = make_study(arms=arms_of(("plain", "lnsr"), longer_plain=2.0), seeds=(1,))
    runs = planned(study)
    assert [(run.spec.method, run.spec.epochs) for run in runs] == [
        ("plain", 1.0),
        ("lnsr", 1.0),
        ("plain", 2.0),
    ]
    assert runs[2].arm == {"name": MATCHED, "varies": ["epochs"]}
    assert len({run.spec.hash for run in runs}) == 3
    assert study.baseline == "plain"


def test_settings_of_a_task_an_arm_and_a_choice_win_in_this_order(make_study: MakeStudy) -> None:
    study = make_study(
        tasks=(StudyTask(DataSource(task="toy"), (("epochs", 2.0), ("batch_size", 4))),),
        arms=(Arm("slow", "plain", (("learning_rate", 1e-5), ("batch_size", 2))),),
        seeds=(1,),
    )
    (run,) = planned(study, {("toy", "slow"): (("learning_rate", 1e-3),)})
    assert (run.spec.epochs, run.spec.batch_size, run.spec.learning_rate) == (2.0, 2, 1e-3)
    assert run.arm == {"name": "slow", "varies": ["batch_size", "learning_rate"]}


def test_further_fields_of_the_trainer_add_up(make_study: MakeStudy, model: str) -> None:
    arm = Arm("other", "plain", (("settings", {"adam_beta2": 0.9, "optim": "sgd"}),))
    given = {"lr_scheduler_type": "cosine", "adam_beta2": 0.98}
    study = make_study(arms=(*arms_of(("plain",)), arm), recipe=Recipe(settings=given), seeds=(1,))
    plain, other = (dict(run.spec.settings) for run in planned(study))
    assert plain == given
    assert other == {"lr_scheduler_type": "cosine", "adam_beta2": 0.9, "optim": "sgd"}


def test_a_task_that_stands_twice_is_refused(make_study: MakeStudy) -> None:
    study = make_study(tasks=(StudyTask(DataSource(task="toy")),) * 2)
    with pytest.raises(ConfigError, match="task toy appears twice"):
        load_tasks(study, study.find_model())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": ()}, "no seed is given"),
        ({"seeds": (3, 3)}, "seed 3 appears twice"),
        ({"subset_seeds": (1, 1)}, "subset seed 1 appears twice"),
        ({"arms": ()}, "no method is given"),
        ({"arms": arms_of(("plain", "plain"))}, "method plain appears twice"),
        ({"tasks": ()}, "no task is given"),
    ],
)
def test_an_impossible_study_is_refused(
    make_study: MakeStudy, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        make_study(**changes)


def test_methods_that_are_one_and_the_same_run_are_refused(make_study: MakeStudy) -> None:
    study = make_study(arms=(*arms_of(("plain",)), Arm("usual", "plain", (("warmup", 0.1),))))
    with pytest.raises(ConfigError, match="'plain' and 'usual' are the same run on toy"):
        planned(study)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"adam_bta2": 0.9}, "did you mean adam_beta2"),
        ({"max_steps": 5}, "trainer field max_steps says how long"),
    ],
)
def test_settings_that_cannot_be_are_found_without_rows(
    make_study: MakeStudy, model: str, settings: dict[str, Any], words: str
) -> None:
    arms = arms_of(("plain",), longer_plain=2.0)
    with pytest.raises(ConfigError, match=words):
        planned(make_study(arms=arms, recipe=Recipe(settings=settings)))


def test_an_impossible_factor_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"longer=0.0; expected a number above 0"):
        arms_of(("plain",), longer_plain=0.0)


def test_a_method_that_does_not_suit_is_found_before_any_run(make_study: MakeStudy) -> None:
    with pytest.raises(ConfigError, match=r"lnsr:layer=7: .*out of range"):
        planned(make_study("plain", "lnsr:layer=7"))


def test_a_training_too_short_for_its_method_is_found_before_any_run(
    make_study: MakeStudy,
) -> None:
    short = make_study("plain", "deni")  # 16 examples in batches of 8: 2 steps
    with pytest.raises(ConfigError, match=r"deni: 6 copies .* do not fit between step 1"):
        planned(short)
    planned(replace(short, recipe=short.recipe.changed({"epochs": 6.0})))


def test_impossible_settings_are_found_before_any_run(make_study: MakeStudy, model: str) -> None:
    arm = Arm("none", "plain", (("epochs", -1.0),))
    with pytest.raises(ConfigError, match="epochs"):
        planned(make_study(arms=(arm,)))
