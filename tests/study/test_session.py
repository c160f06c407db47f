"""A study from beginning to end, on a tiny model."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from steadytune import ConfigError
from steadytune._exceptions import DataError
from steadytune.records.ledger import Ledger
from steadytune.records.pack import pack_studies
from steadytune.records.packed import PACKED_FILE
from steadytune.records.spec import spec_hash_of
from steadytune.runs.executors import InProcess
from steadytune.study import run_study
from steadytune.study.dry_run import dry_run
from steadytune.study.study import MATCHED, Arm, Study, StudyTask, Tuning, arms_of
from steadytune.tasks import DataSource
from tests.study.conftest import MakeStudy


def show(study: Study, out: Path) -> str:
    console = Console(file=io.StringIO(), width=200)
    run_study(study, out, InProcess(), console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def results(out: Path) -> dict[str, Any]:
    return {r.spec_hash: r.results for r in Ledger(out).read().records}


def test_without_a_console_it_shows_where_print_goes(
    make_study: MakeStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_study(make_study("plain", seeds=(1,)), str(tmp_path), InProcess())
    assert report.runs == 1 and "Report:" in capsys.readouterr().out


@pytest.fixture
def tuned(make_study: MakeStudy) -> Study:
    arms = arms_of(("plain",), longer_plain=2.0)
    own = Arm("lnsr", "lnsr", space=(("strength", (0.5, 2.0)),))
    tuning = Tuning(
        trials=2, seeds=(9,), dev_size=8, learning_rate=(1e-4, 1e-2), epochs=(1.0,), seed=1
    )
    return make_study(arms=(*arms, own), seeds=(1, 2), tuning=tuning, command="make it again")


def test_a_tuned_study_reports_what_it_chose(tuned: Study, tmp_path: Path) -> None:
    text = show(tuned, tmp_path)
    chosen = json.loads((tmp_path / "tuning.json").read_text())
    assert [(entry["method"]) for entry in chosen] == ["plain", MATCHED, "lnsr"]
    assert chosen[0]["chosen"] == chosen[1]["chosen"]
    for record in (r.content() for r in Ledger(tmp_path / "tuning").read().records):
        assert list(record["results"]) == ["train", "dev"]
    records = [record.content() for record in Ledger(tmp_path).read().records]
    assert len(records) == 6
    by_arm = {entry["method"]: entry["chosen"] for entry in chosen}
    for record in records:
        name = record["arm"]["name"]
        assert record["arm"]["varies"] == ["epochs", "learning_rate"]
        assert record["spec"]["learning_rate"] == by_arm[name]["learning_rate"]
        assert record["spec"]["epochs"] == (2.0 if name == MATCHED else 1.0)
        assert "dev" not in record["results"]
    assert "tuned on toy: lnsr: learning_rate" in text
    assert "3 methods x 2 seeds = 6 runs" in text
    page = (tmp_path / "report.html").read_text()
    assert MATCHED in page and "make it again" in page


def test_a_study_that_is_stopped_leaves_what_a_report_needs(
    make_study: MakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(InProcess, "carry_out", stop)
    with pytest.raises(KeyboardInterrupt, match="stopped with 0 of 4 runs"):
        show(make_study(), tmp_path)
    assert json.loads((tmp_path / "study.json").read_text())["title"] == "toy study"


def test_methods_that_are_tuned_to_one_run_share_it(make_study: MakeStudy, tmp_path: Path) -> None:
    arms = tuple(Arm(name, "lnsr", space=(("strength", (2.0,)),)) for name in ("one", "other"))
    tuning = Tuning(trials=1, seeds=(9,), dev_size=8, learning_rate=(1e-4,), epochs=(1.0,))
    study = make_study(arms=arms, seeds=(1, 2), tuning=tuning)
    text = show(study, tmp_path)
    assert text.count("on toy, tuning gave other the settings of one") == 1
    names = [record.method for record in Ledger(tmp_path).read().records]
    assert names == ["one", "one"]


def test_a_study_goes_on_where_it_was(tuned: Study, tmp_path: Path) -> None:
    show(tuned, tmp_path / "one")
    whole = results(tmp_path / "one")
    show(tuned, tmp_path / "two")
    lost = sorted((tmp_path / "two" / "runs").glob("*.json"))[::2]
    for path in [*lost, *(tmp_path / "two" / "tuning" / "runs").glob("plain*.json")]:
        path.unlink()
    text = show(tuned, tmp_path / "two")
    assert f"{6 - len(lost)} in {tmp_path / 'two'} already, {len(lost)} to do" in text
    assert results(tmp_path / "two") == whole


def test_records_of_other_data_are_named(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("plain", seeds=(1,))
    show(study, tmp_path)
    (path,) = (tmp_path / "runs").glob("*.json")
    record = json.loads(path.read_text())
    record["spec"]["data_hash"] = "other"
    del record["checksum"]
    record["spec_hash"] = spec_hash_of(record["spec"])
    path.with_name(f"plain-seed1-{record['spec_hash']}.json").write_text(json.dumps(record))
    path.unlink()
    assert "out of date: plain, seed 1 on toy (data_hash differ)" in show(study, tmp_path)
    assert "out of date" not in show(study, tmp_path)  # its run is there now


def test_runs_go_by_the_names_of_the_study_that_is_carried_out(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    show(make_study(), tmp_path)
    pack_studies([tmp_path], tmp_path / "packed")
    arms = (
        Arm("base", "plain"),
        Arm("ours", "lnsr:strength=0.5"),
        Arm("slow", "plain", (("learning_rate", 1e-5),)),
    )
    study = make_study(arms=arms)
    for folder in (tmp_path, tmp_path / "packed"):
        before = results(folder)
        predictions = sorted((folder / "predictions").glob("*"))
        text = show(study, folder)
        assert "4 records of these runs renamed to this study's names" in text
        assert "ours" in text and "The baseline was not run here" not in text
        found = {r.spec_hash: r.content() for r in Ledger(folder).read().records}
        assert {r["arm"]["name"] for r in found.values()} == {"base", "ours", "slow"}
        assert all(r["arm"]["varies"] == ["learning_rate"] for r in found.values())
        assert {key: r["results"] for key, r in found.items() if key in before} == before
        assert set(predictions) <= set((folder / "predictions").glob("*"))


def test_a_dry_run_tells_and_writes_nothing(tuned: Study, tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    dry_run(tuned, tmp_path / "out", 2, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "3 methods x 2 seeds = 6 runs" in text
    assert "before them 4 runs of tuning" in text
    assert "10 runs to do: about" in text and "2 runs at a time" in text
    assert not (tmp_path / "out").exists()


def test_a_dry_run_knows_what_is_done_of_the_search(tuned: Study, tmp_path: Path) -> None:
    show(tuned, tmp_path)
    for path in [*(tmp_path / "runs").glob("*.json")]:
        path.unlink()
    console = Console(file=io.StringIO(), width=200)
    dry_run(tuned, tmp_path, 0, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "6 runs to do (4 are done already): about" in text and "with 1 run at a time" in text
    show(tuned, tmp_path)
    dry_run(tuned, tmp_path, 0, console)
    assert "all of them are done" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_dry_run_times_methods_in_the_middle_of_the_training(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    methods = ("scheduled(lnsr:strength=0.5):warmup=0.5", "smart")
    console = Console(file=io.StringIO(), width=200)
    dry_run(make_study(*methods), tmp_path, 0, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "4 runs to do: about" in text and all(method in text for method in methods)


def test_a_dry_run_without_the_model_tells_the_grid(make_study: MakeStudy, tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    dry_run(make_study(model="no/such"), tmp_path / "out", None, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2 methods x 2 seeds x 1 training subset x 1 task = 4 runs" in text
    assert "no time estimate: model 'no/such'" in text
    for changes in ((("epochs", 0.0),), (("precision", "x"),)):
        tasks = (StudyTask(DataSource(task="toy"), changes),)
        with pytest.raises(ConfigError, match="is not possible"):
            study = make_study(model="no/such", tasks=tasks)
            dry_run(study, tmp_path / "out", None, console)
    with pytest.raises(ConfigError, match="did you mean lnsr"):
        dry_run(make_study("lnrs", model="no/such"), tmp_path, None, console)


def test_models_are_kept_on_request(make_study: MakeStudy, tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    run_study(make_study("plain", seeds=(1,)), tmp_path, InProcess(), console, save_models=True)
    (model,) = (tmp_path / "models").iterdir()
    assert (model / "model.safetensors").exists()
    (record,) = (tmp_path / "runs").glob("*.json")
    assert model.name == record.stem


def test_models_of_finished_runs_are_not_made_and_that_is_said(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    study, console = make_study("plain", seeds=(1,)), Console(file=io.StringIO(), width=200)
    show(study, tmp_path)
    run_study(study, tmp_path, InProcess(), console, save_models=True)
    assert "1 finished run left no model in" in console.file.getvalue()  # type: ignore[attr-defined]


def test_models_are_found_by_the_names_of_the_records(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    kept, bare = tmp_path / "kept", tmp_path / "bare"
    study, console = make_study("plain", seeds=(1,)), Console(file=io.StringIO(), width=200)
    run_study(study, kept, InProcess(), console, save_models=True)
    show(study, bare)
    logged = replace(study, recipe=study.recipe.changed({"settings": {"logging_steps": 5}}))
    run_study(logged, kept, InProcess(), console, save_models=True)
    assert "left no model" not in console.file.getvalue()  # type: ignore[attr-defined]
    run_study(logged, bare, InProcess(), console, save_models=True)
    (record,) = (bare / "runs").glob("*.json")
    assert f"such as {record.stem}" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_study_goes_on_from_packed_records(tuned: Study, tmp_path: Path) -> None:
    one, kept = tmp_path / "one", tmp_path / "kept"
    show(tuned, one)
    whole = results(one)
    lost = sorted((one / "runs").glob("*.json"))[0]
    lost.unlink()
    pack_studies([one], kept)
    text = show(tuned, kept)
    assert f"5 in {kept} already, 1 to do" in text and f"4 in {kept / 'tuning'} already" in text
    assert [path.name for path in (kept / "runs").iterdir()] == [lost.name]
    assert list((kept / "tuning" / "runs").iterdir()) == []
    assert results(kept) == whole
    assert (kept / "tuning.json").read_bytes() == (one / "tuning.json").read_bytes()


@pytest.mark.parametrize("part", [".", "tuning"])
def test_a_damaged_packed_file_stops_a_study_before_it_trains(
    tuned: Study, tmp_path: Path, part: str
) -> None:
    path = tmp_path / part / PACKED_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"runs.jsonl.xz cannot be read: damaged"):
        show(tuned, tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    assert not (tmp_path / "runs").exists()
