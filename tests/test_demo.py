"""The demo: planned and checked first, run once, resumed, and reported."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from steadytune import ConfigError, ModelError, SteadytuneError
from steadytune.demo import Options, run_demo
from steadytune.fitting.candidates import DEFAULT
from steadytune.model_files import Trust
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.record import make_record, now
from steadytune.records.spec import RunSpec
from steadytune.runs.task_part import describe_task
from steadytune.study import carry_out
from steadytune.tasks import TASKS, NamedTask
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_bert(tmp_path_factory.mktemp("model")))


@pytest.fixture
def options(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))
    return Options(
        seeds=(1, 2),
        methods=("plain", "lnsr:strength=0.5"),
        out=tmp_path / "demo",
        task="toy",
        model=model,
        train_size=16,
        eval_size=20,
        epochs=1.0,
        workers=0,
        command="steadytune demo --seeds 2",
    )


def pretend(spec: RunSpec, progress: Any) -> Outcome:
    """A record without the training."""
    task = load_toy().sample(spec.train_size, spec.subset_seed, spec.eval_size)
    score = spec.seed / 10
    parts = {
        "task": describe_task(task),
        "results": {domain: {"accuracy": score} for domain in ("train", *task.test)},
        "seconds": {"train": 1.0, "evaluate": 0.5, "total": 2.0},
        "cost": {"steps": 2, "seconds_per_step": 0.5},
    }
    return Outcome(make_record(spec, "ok", None, started=now(), parts=parts))


@pytest.fixture
def quick(options: Options, monkeypatch: pytest.MonkeyPatch) -> Options:
    """Options of a demo whose runs take no time."""
    monkeypatch.setattr(carry_out, "FineTune", lambda *_: pretend)
    return options


def test_it_shows_what_fit_takes_by_default_and_the_papers_method() -> None:
    assert Options().methods == ("plain", DEFAULT.method, "lnsr")


def changed(options: Options, **changes: Any) -> Options:
    return Options(**{**vars(options), **changes})


def show(options: Options) -> str:
    console = Console(file=io.StringIO(), width=200)
    run_demo(options, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"task": "tyo"}, ConfigError, "did you mean toy"),
        ({"methods": ("lnsr:layer=7",)}, ConfigError, "lnsr:layer=7: .*out of range"),
        ({"model": "./nowhere"}, ModelError, "no model folder"),
        ({"train_size": 99999}, ConfigError, "99999"),
        ({"train_size": 0}, ConfigError, "train_size=0"),
        ({"eval_size": 0}, ConfigError, "eval_size=0"),
        ({"epochs": 0.0}, ConfigError, "epochs=0.0"),
        ({"learning_rate": -1.0}, ConfigError, "learning_rate=-1.0"),
    ],
)
def test_what_is_wrong_is_found_before_anything_is_written(
    options: Options, changes: dict[str, Any], error: type[SteadytuneError], words: str
) -> None:
    with pytest.raises(error, match=words):
        show(changed(options, **changes))
    assert not options.out.exists()


def test_a_folder_that_cannot_be_written_is_refused(options: Options) -> None:
    options.out.write_text("in the way")
    with pytest.raises(ConfigError, match=r"demo is a file"):
        show(options)


def test_what_may_be_read_of_a_model_reaches_the_study(options: Options) -> None:
    trust = Trust(pickled_weights=True)
    assert options.study.trust == Trust()
    assert dataclasses.replace(options, trust=trust).study.trust == trust


def test_a_demo_writes_its_records_and_its_report(options: Options) -> None:
    text = show(options)
    records = [json.loads(path.read_text()) for path in (options.out / "runs").glob("*.json")]
    assert {(r["spec"]["method"], r["spec"]["seed"]) for r in records} == {
        (method, seed) for method in options.methods for seed in options.seeds
    }
    assert {record["status"] for record in records} == {"ok"}
    page = (options.out / "report.html").read_text()
    assert "lnsr:strength=0.5" in page and options.command in page
    assert "2 methods x 2 seeds = 4 runs, in this process" in text
    assert "[4/4]" in text
    assert "prove little" in text
    assert str(options.out / "report.html") in text


def test_a_second_demo_only_adds_what_is_missing(quick: Options) -> None:
    show(quick)
    before = {path: path.stat().st_mtime_ns for path in (quick.out / "runs").iterdir()}
    text = show(changed(quick, seeds=(1, 2, 3)))
    assert "= 6 runs: 4 in" in text and "2 to do" in text
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(Ledger(quick.out).read().records) == 6
    assert "6 runs: 6 in" in show(changed(quick, seeds=(1, 2, 3)))


def test_records_of_other_settings_stay_out_of_the_tables(quick: Options) -> None:
    show(quick)
    text = show(changed(quick, epochs=2.0, seeds=(1,)))
    assert "4 more records" in text and "steadytune report" in text
    assert "2 methods x 1 seed = 2 runs" in text


def test_a_corrupt_record_is_set_aside_and_run_again(quick: Options) -> None:
    show(quick)
    broken = next((quick.out / "runs").glob("plain-seed1-*.json"))
    whole = json.loads(broken.read_text())
    broken.write_text(broken.read_text()[:200])
    text = show(quick)
    assert f"{broken.name} is not a record" in text
    assert broken.with_name(f"{broken.name}.corrupt").exists()
    assert json.loads(broken.read_text())["results"] == whole["results"]


def test_a_crashed_worker_costs_one_run_and_shows_in_the_report(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash_at_seed_2(spec: RunSpec, progress: Any) -> Outcome:
        if spec.seed == 2:
            return Outcome(make_record(spec, "failed", "out of luck", started=now()))
        return pretend(spec, progress)

    monkeypatch.setattr(carry_out, "FineTune", lambda *_: crash_at_seed_2)
    text = show(options)
    assert "lnsr:strength=0.5, seed 2: failed: out of luck" in text
    failed = [r for r in Ledger(options.out).read().records if r.status == "failed"]
    assert [record.task and record.task.metric for record in failed] == ["accuracy", "accuracy"]
    monkeypatch.setattr(carry_out, "FineTune", lambda *_: pretend)
    assert "= 4 runs: 2 in" in show(options)


def test_a_demo_whose_runs_all_fail_is_an_error(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(spec: RunSpec, progress: Any) -> Outcome:
        return Outcome(make_record(spec, "failed", "out of luck", started=now()))

    monkeypatch.setattr(carry_out, "FineTune", lambda *_: crash)
    with pytest.raises(SteadytuneError, match=r"every run failed.*out of luck"):
        show(options)
    assert len(Ledger(options.out).read().records) == 4


def test_an_interrupt_says_what_is_kept(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(spec: RunSpec, progress: Any) -> Outcome:
        if spec.seed == 2:
            raise KeyboardInterrupt
        return pretend(spec, progress)

    monkeypatch.setattr(carry_out, "FineTune", lambda *_: interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"stopped with 2 of 4 runs in .*same command"):
        show(options)
    assert len(Ledger(options.out).read().records) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": (3, 3)}, "seed 3 appears twice"),
        ({"methods": ("lnsr", "plain", "lnsr")}, "method lnsr appears twice"),
        ({"seeds": ()}, "no seed is given"),
        ({"workers": -1}, "workers=-1"),
    ],
)
def test_impossible_options_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Options(**changes)
