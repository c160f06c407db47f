"""What is done without is said: records set aside, checkpoints left out, members trained again."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from steadytune._sealed import seal
from steadytune.finetune import members, train
from steadytune.finetune.output_folder import OutputFolder
from steadytune.fitting.clock import Clock
from tests.finetune.toy_files import QUICK, steadytune, succeed, write_model, write_reviews
from tests.fitting.quick import quickly

SEEDS = ("--seeds", "2", "--keep", "ensemble")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    folder = tmp_path_factory.mktemp("given")
    return write_reviews(folder)["train"], "--model", write_model(folder)


@pytest.fixture
def command(given: tuple[object, ...], tmp_path: Path) -> tuple[object, ...]:
    return "train", "--train", *given, *QUICK, *SEEDS, "--out", tmp_path / "out"


def stop(*given: object) -> None:
    raise KeyboardInterrupt


def one_line_of(text: str, part: str) -> str:
    [line] = [line for line in text.splitlines() if part in line]
    return line


@pytest.mark.parametrize("name", ["train", "fit"])
def test_a_file_that_is_no_record_is_set_aside_in_the_words_of_compare(
    given: tuple[object, ...], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_carry_out", stop)
    monkeypatch.setattr(Clock, "timing", stop)
    words: tuple[object, ...] = ("--workers", 0, "--out", tmp_path / "out")
    words = (name, *(("--train", *given, *SEEDS) if name == "train" else given), *words)
    assert steadytune(*words).exit_code == 130
    runs = tmp_path / "out" / "checkpoints" / ("members" if name == "train" else "search") / "runs"
    runs.mkdir(parents=True)
    (runs / "odd.json").write_text("{")
    stopped = steadytune(*words)
    assert stopped.exit_code == 130
    line = one_line_of(stopped.stdout, "odd.json")
    assert line.startswith("odd.json is not a record (EOF while parsing an object")
    assert line.endswith("): set aside as odd.json.corrupt")
    assert [path.name for path in runs.iterdir()] == ["odd.json.corrupt"]


def test_a_checkpoint_that_is_done_without_is_named_with_the_reason(
    command: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_carry_out", stop)
    assert steadytune(*command).exit_code == 130
    steps = tmp_path / "out" / "checkpoints" / "seed-2" / "steps"
    for number in (3, 6):
        (steps / f"checkpoint-{number}").mkdir(parents=True)
        (steps / f"checkpoint-{number}" / "trainer_state.json").write_text("{}")
        (steps / f"checkpoint-{number}" / "optimizer.pt").write_bytes(b"moments")
        seal(steps / f"checkpoint-{number}")
    (steps / "checkpoint-6" / "optimizer.pt").write_bytes(b"momentS")
    stopped = steadytune(*command)
    assert stopped.exit_code == 130
    assert one_line_of(stopped.stdout, "checkpoint-6") == (
        f"{steps / 'checkpoint-6'} is damaged (optimizer.pt has changed): the training goes on "
        "from checkpoint-3"
    )
    assert [path.name for path in steps.iterdir()] == ["checkpoint-3"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda work: cut(work / "seed-1" / "model" / "model.safetensors"), "has changed"),
        (lambda work: (work / "seed-1" / "model" / "config.json").unlink(), "is missing"),
        (lambda work: cut(one_of(work, "*-seed1-*.npz")), "no predictions that can be read"),
        (lambda work: one_of(work, "*-seed1-*.npz").unlink(), "no predictions that can be read"),
    ],
    ids=["weights cut", "configuration gone", "predictions cut", "predictions gone"],
)
def test_a_member_that_is_damaged_is_trained_again_and_the_end_is_the_same(
    command: tuple[object, ...],
    whole: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(train, "_finish", stop)
        assert steadytune(*command).exit_code == 130
    damage(tmp_path / "out" / "checkpoints")
    line = one_line_of(succeed(*command), "trained again")
    assert reason in line and line.endswith(": seed 1 is trained again")
    assert weights_of(tmp_path / "out") == weights_of(whole)


def weights_of(folder: Path) -> dict[str, bytes]:
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.safetensors")
    }
    assert found  # seed 2 does not learn, and is left out
    return found


def one_of(work: Path, pattern: str) -> Path:
    [path] = (work / "members" / "predictions").glob(pattern)
    return path


@pytest.fixture(scope="module")
def whole(given: tuple[object, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a training that nobody stops leaves."""
    out = tmp_path_factory.mktemp("whole") / "out"
    succeed("train", "--train", *given, *QUICK, *SEEDS, "--out", out)
    return out


@pytest.mark.parametrize("name", ["train", "fit"])
def test_a_folder_that_is_deleted_in_the_middle_is_one_line(
    given: tuple[object, ...], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, publish = tmp_path / "out", OutputFolder.publish

    def deleted(folder: OutputFolder) -> None:
        shutil.rmtree(out)
        publish(folder)

    monkeypatch.setattr(OutputFolder, "publish", deleted)
    with quickly(1):
        ended = steadytune(*_finishing(name, given), "--out", out)
    assert ended.exit_code == 2
    assert one_line_of(ended.stderr, "error: ").startswith("error: no such file or directory (")


@pytest.mark.parametrize("name", ["train", "fit"])
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(
    given: tuple[object, ...], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {"train": "steadytune.finetune.train", "fit": "steadytune.fitting.output"}[name]
    words = (*_finishing(name, given), "--out", tmp_path / "out")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, quickly(1):
        patch.setattr(f"{module}.write_predictions", full)
        ended = steadytune(*words)
    assert ended.exit_code == 2
    line = one_line_of(ended.stderr, "error: ")
    assert line.startswith("error: no space left on device; mend that and give the same command")
    assert not (tmp_path / "out" / "record.json").exists()
    monkeypatch.setattr(members, "_carry_out", stop)  # nothing is trained again
    with quickly(1):
        succeed(*words)
    assert (tmp_path / "out" / "record.json").exists()


def _finishing(name: str, given: tuple[object, ...]) -> tuple[object, ...]:
    own = ("train", "--train", *given, *QUICK) if name == "train" else ("fit", *given)
    return *own, "--workers", 0
