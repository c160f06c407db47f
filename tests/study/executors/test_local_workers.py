"""The executors: every run gets its record, a crash costs one run, and nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from steadytune import ConfigError
from steadytune.study.outcome import Outcome
from steadytune.study.record import Record
from steadytune.study.spec import RunSpec
from steadytune.study.workers import WorkerError, execute
from tests.run_records import make_spec, make_test_record
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

Progress = Callable[[int, int], None]


def quick(spec: RunSpec, progress: Progress) -> Outcome:
    progress(1, 2)
    progress(2, 2)
    return Outcome(make_test_record(spec, environment={"pid": os.getpid(), **_environment()}))


def crash_at_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(spec, progress)


def refuse_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        raise ConfigError("seed 2 is refused")
    time.sleep(20)
    return quick(spec, progress)


def tell_and_sleep(spec: RunSpec, progress: Progress) -> Outcome:
    progress(1, 2)
    time.sleep(60)
    return quick(spec, progress)


def leave_a_file(spec: RunSpec, progress: Progress) -> Outcome:
    handle, name = tempfile.mkstemp()
    os.close(handle)
    return Outcome(make_test_record(spec, environment={"file": name}))


def interrupted(spec: RunSpec, progress: Progress) -> Outcome:
    raise KeyboardInterrupt


def _environment() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM")}


SPECS = [make_spec(seed) for seed in (1, 2, 3, 4)]


def collect(
    run: Callable[[RunSpec, Progress], Outcome], workers: int
) -> tuple[list[Record], list[tuple[int, int, int]]]:
    records: list[Record] = []
    progress: list[tuple[int, int, int]] = []
    execute(
        SPECS,
        workers=workers,
        run=run,
        on_outcome=lambda outcome: records.append(outcome.record),
        on_progress=lambda spec, done, total: progress.append((spec.seed, done, total)),
    )
    return records, progress


@pytest.fixture(autouse=True)
def no_process_left() -> object:
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_run_gets_its_record_and_its_progress(workers: int) -> None:
    records, progress = collect(quick, workers)
    assert sorted(record["spec"]["seed"] for record in records) == [1, 2, 3, 4]
    assert sorted(progress) == [(seed, done, 2) for seed in (1, 2, 3, 4) for done in (1, 2)]


def test_workers_are_few_kept_warm_and_single_threaded() -> None:
    records, _ = collect(quick, 2)
    pids = {record["environment"]["pid"] for record in records}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    assert {record["environment"]["OMP_NUM_THREADS"] for record in records} == {"1"}
    assert {record["environment"]["TOKENIZERS_PARALLELISM"] for record in records} == {"false"}


def test_the_environment_of_this_process_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    collect(quick, 1)
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_temporary_files_of_workers_are_gone() -> None:
    records, _ = collect(leave_a_file, 2)
    folders = {Path(record["environment"]["file"]).parent for record in records}
    assert len(folders) == 1
    assert not folders.pop().exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_crash_costs_one_run(workers: int) -> None:
    records, _ = collect(crash_at_seed_2, workers)
    by_seed = {record["spec"]["seed"]: record for record in records}
    assert {seed: record["status"] for seed, record in by_seed.items()} == {
        1: "ok",
        2: "failed",
        3: "ok",
        4: "ok",
    }
    assert "SIGKILL" in by_seed[2]["reason"]
    assert by_seed[2]["spec_hash"] == SPECS[1].hash


def test_a_spec_that_cannot_be_run_ends_all_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(ConfigError, match="seed 2 is refused"):
        collect(refuse_seed_2, 2)
    assert time.monotonic() - started < 10


def test_an_interrupt_in_this_process_propagates() -> None:
    with pytest.raises(KeyboardInterrupt):
        collect(interrupted, 0)


def test_an_interrupt_from_a_callback_ends_the_workers() -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        execute(SPECS, workers=2, run=tell_and_sleep, on_outcome=interrupt, on_progress=interrupt)
    assert time.monotonic() - started < 10


def test_a_worker_that_cannot_start_is_an_error_and_not_a_record(tmp_path: Path) -> None:
    records: list[Record] = []
    with pytest.raises(WorkerError, match="exit code 1 before it was ready"):
        execute(
            SPECS,
            workers=1,
            run=_Unreadable(),
            on_outcome=lambda outcome: records.append(outcome.record),
        )
    assert records == []


class _Unreadable:
    """A run that can be sent to a process but not read there."""

    def __reduce__(self) -> object:
        return (int, ("no number",))

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        raise AssertionError


SCRIPT = """
import sys
from tests.study.test_workers import SPECS, tell_and_sleep
from steadytune.study.workers import execute

if __name__ == "__main__":
    execute(SPECS, workers=2, run=tell_and_sleep, on_outcome=print,
            on_progress=lambda *_: print("at work", flush=True))
"""


@pytest.fixture
def study(tmp_path: Path) -> subprocess.Popen[str]:
    """A process of its own group, as a terminal starts one, that waits for two busy workers."""
    script = tmp_path / "study.py"
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _wait_until_at_work(study: subprocess.Popen[str]) -> None:
    assert study.stdout is not None
    assert [study.stdout.readline() for _ in range(2)] == ["at work\n"] * 2


def _group_is_gone(group: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_in_a_terminal_ends_all_processes_with_one_traceback(
    study: subprocess.Popen[str],
) -> None:
    _wait_until_at_work(study)
    os.killpg(study.pid, signal.SIGINT)
    _, errors = study.communicate(timeout=20)
    assert _group_is_gone(study.pid)
    assert errors.count("Traceback") == 1  # the script's own; the workers are silent
    assert errors.strip().endswith("KeyboardInterrupt")


def real(spec: RunSpec, progress: Progress) -> Outcome:
    from steadytune.study.run import run

    return run(spec, progress, load_toy)


@pytest.mark.slow
def test_a_worker_gives_the_same_bits_as_this_process(tmp_path: Path) -> None:
    model = write_tiny_bert(tmp_path / "model")
    specs = [
        RunSpec("toy", method, 1, str(model), train_size=16, epochs=1, max_length=16)
        for method in ("plain", "lnsr")
    ]
    found: dict[int, dict[str, Record]] = {0: {}, 1: {}}
    for workers, records in found.items():
        execute(specs, workers=workers, run=real, on_outcome=partial(_keep, records))
    for spec in specs:
        here, there = (found[workers][spec.hash] for workers in (0, 1))
        assert here["status"] == "ok"
        for key in ("spec", "task", "results", "profile"):
            assert here[key] == there[key]


def _keep(records: dict[str, Record], outcome: Outcome) -> None:
    records[outcome.record["spec_hash"]] = outcome.record
