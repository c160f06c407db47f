"""The folder of a model: new, unfinished, finished, or refused with what lies in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steadytune._exceptions import ConfigError
from steadytune.finetune.output_folder import OutputFolder
from tests.run_records import make_model_record


def test_work_goes_from_new_over_unfinished_to_finished(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "model", "abc")
    assert folder.open() == "new"
    assert folder.open() == "unfinished"
    record = make_model_record(plan_hash="abc")
    (folder.clean_result() / "record.json").write_text(json.dumps(record.content()))
    folder.publish()
    assert folder.open() == record
    assert [path.name for path in folder.folder.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [("a", "a"), ("cba", "a, b, c"), ("dcba", "a, b, c, ...")],
)
def test_a_folder_of_other_files_is_refused_with_the_first_of_them(
    tmp_path: Path, names: str, shown: str
) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ConfigError) as caught:
        OutputFolder(tmp_path, "abc").open()
    assert str(caught.value) == (
        f"{tmp_path} is not empty: it has other files ({shown}); name another folder with "
        "`out`, or remove it"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_another_model_is_named(tmp_path: Path) -> None:
    record = {"plan_hash": "old", "spec": {"method": "lnsr", "task": "rte"}}
    (tmp_path / "record.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match=r"it has a model of lnsr on rte \(record\.json\);"):
        OutputFolder(tmp_path, "abc").open()


@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_a_finished_model_from_before_is_recognised_by_its_metric(
    tmp_path: Path, metric: str
) -> None:
    record = make_model_record(plan_hash="old")
    (tmp_path / "record.json").write_text(json.dumps(record.content()))
    folder = OutputFolder(tmp_path, "abc", ("old", metric))
    if metric == record.task.metric:
        assert folder.open() == record
    else:
        with pytest.raises(ConfigError, match="is not empty: it has a model"):
            folder.open()


def test_unfinished_work_of_another_command_is_refused(tmp_path: Path) -> None:
    OutputFolder(tmp_path, "old").open()
    with pytest.raises(ConfigError, match=r"unfinished work of another command \(checkpoints\);"):
        OutputFolder(tmp_path, "abc").open()


def test_a_call_that_was_stopped_at_its_very_beginning_or_end_leaves_nothing(
    tmp_path: Path,
) -> None:
    folder = OutputFolder(tmp_path, "abc")
    folder.work.mkdir()
    assert folder.open() == "new"
    record = make_model_record(plan_hash="abc")
    (folder.clean_result() / "record.json").write_text(json.dumps(record.content()))
    folder.publish()
    folder.result.mkdir(parents=True)
    assert folder.open() == record
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "model").touch()
    with pytest.raises(ConfigError, match="model is a file; name a folder with `out`"):
        OutputFolder(tmp_path / "model", "abc").open()


def test_a_damaged_record_of_the_same_work_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"plan_hash": "abc"}))
    with pytest.raises(ConfigError, match=r"record\.json is damaged \(.*\); name another folder"):
        OutputFolder(tmp_path, "abc").open()
