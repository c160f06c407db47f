"""Local workers: warm and few, a crash or a hang costs one run, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import active_children, connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.records.outcome import Outcome
from steadytune.runs.executors import InProcess, LocalWorkers, WorkerError, _pool, local_workers
from tests.run_records import make_spec

from .own_group import script_of_its_own
from .runs import (
    ARRAYS,
    SPECS,
    KilledOnce,
    KilledWhileLoaded,
    Unreadable,
    by_seed,
    ended_at_seed_2,
    hang_at_seed_2,
    interrupted,
    killed_at_seed_2,
    leave_a_file,
    predict_arrays,
    quick,
    tell_and_sleep,
)

pytestmark = pytest.mark.alone  # it starts processes and times them


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    yield
    assert active_children() == []


def environments(outcomes: dict[int, Outcome]) -> list[dict[str, Any]]:
    return [outcome.record.environment for outcome in outcomes.values()]


def test_workers_are_few_kept_warm_and_single_threaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    outcomes, _ = by_seed(LocalWorkers(2), quick)
    found = environments(outcomes)
    assert 1 <= len({environment["pid"] for environment in found}) <= 2
    assert os.getpid() not in {environment["pid"] for environment in found}
    assert {environment["OMP_NUM_THREADS"] for environment in found} == {"1"}
    assert {environment["TOKENIZERS_PARALLELISM"] for environment in found} == {"false"}
    assert os.environ["OMP_NUM_THREADS"] == "7"  # the environment of this process stays
    assert "MKL_NUM_THREADS" not in os.environ


def test_predictions_of_all_shapes_arrive_as_they_were() -> None:
    outcomes, _ = by_seed(LocalWorkers(1), predict_arrays)
    for outcome in outcomes.values():
        assert outcome.predictions is not None
        found = outcome.predictions["movie"]
        assert list(found) == list(ARRAYS)
        for name, array in ARRAYS.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array, strict=True)


def test_several_gpus_are_spread_over_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_workers, "visible_gpus", lambda: ["3", "GPU-a"])
    outcomes, _ = by_seed(LocalWorkers(2), KilledOnce(Path("/nowhere")), [SPECS[0], SPECS[2]])
    assert sorted(e["CUDA_VISIBLE_DEVICES"] for e in environments(outcomes)) == ["3", "GPU-a"]
    monkeypatch.setattr(local_workers, "visible_gpus", lambda: ["0"])
    outcomes, _ = by_seed(LocalWorkers(1), quick, SPECS[:1])
    assert environments(outcomes)[0]["CUDA_VISIBLE_DEVICES"] is None


def test_temporary_files_of_workers_are_gone() -> None:
    outcomes, _ = by_seed(LocalWorkers(2), leave_a_file)
    folders = {Path(environment["file"]).parent for environment in environments(outcomes)}
    assert len(folders) == 1
    assert not folders.pop().exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_costs_one_run(workers: int) -> None:
    outcomes, _ = by_seed(LocalWorkers(workers), killed_at_seed_2)
    statuses = {seed: outcome.record.status for seed, outcome in outcomes.items()}
    assert statuses == {1: "ok", 2: "failed", 3: "ok", 4: "ok"}
    assert "SIGKILL" in outcomes[2].record.reason


def test_a_run_of_a_killed_worker_can_be_tried_again(tmp_path: Path) -> None:
    outcomes, _ = by_seed(LocalWorkers(1, retries=1), KilledOnce(tmp_path))
    assert {outcome.record.status for outcome in outcomes.values()} == {"ok"}
    outcomes, _ = by_seed(LocalWorkers(1, retries=1), killed_at_seed_2, SPECS[:2])
    assert outcomes[2].record.reason.endswith("(the last of 2 tries)")


def test_a_run_that_ends_its_process_itself_is_not_tried_again() -> None:
    outcomes, _ = by_seed(LocalWorkers(1, retries=1), ended_at_seed_2, SPECS[1:2])
    assert outcomes[2].record.status == "failed"
    assert outcomes[2].record.reason == "the worker process ended with exit code 3"


def test_a_run_over_the_time_limit_fails_and_the_others_go_on() -> None:
    started = time.monotonic()
    outcomes, _ = by_seed(LocalWorkers(2, time_limit=1.5), hang_at_seed_2)
    statuses = {seed: outcome.record.status for seed, outcome in outcomes.items()}
    assert statuses == {1: "ok", 2: "failed", 3: "ok", 4: "ok"}
    assert outcomes[2].record.reason == "it took longer than the time limit of 1.5 s"
    assert time.monotonic() - started < 30


def test_a_time_limit_begins_with_the_run_and_not_with_its_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float | None] = []

    def watched(connections: list[Any], seconds: float | None) -> list[Any]:
        waits.append(seconds)
        return connection.wait(connections, seconds)

    monkeypatch.setattr(_pool, "wait", watched)
    outcomes, _ = by_seed(LocalWorkers(1, time_limit=600), quick, SPECS[:1])
    assert outcomes[1].record.status == "ok"
    begins, *then = waits  # the first message says that the run begins
    assert begins is None and then and all(0 < (w or 0) <= 600 for w in then)


def test_workers_need_no_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container without /dev/shm no process can make a semaphore."""

    def refuse(*given: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refuse)
    outcomes, _ = by_seed(LocalWorkers(2), quick)
    assert {outcome.record.status for outcome in outcomes.values()} == {"ok"}


def test_an_interrupt_in_this_process_propagates() -> None:
    with pytest.raises(KeyboardInterrupt):
        by_seed(InProcess(), interrupted)


def test_an_interrupt_from_a_callback_ends_the_workers() -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        LocalWorkers(2).carry_out(SPECS, tell_and_sleep, interrupt, interrupt)
    assert time.monotonic() - started < 20


def test_a_worker_that_cannot_start_is_an_error_and_not_a_record(
    capfd: pytest.CaptureFixture[str],
) -> None:
    outcomes: list[Outcome] = []
    with pytest.raises(WorkerError, match="exit code 1 before it was ready"):
        LocalWorkers(1).carry_out(SPECS, Unreadable(), outcomes.append)
    assert outcomes == []
    assert "no number" in capfd.readouterr().err


def test_a_worker_that_is_killed_before_it_is_ready_costs_one_run() -> None:
    outcomes: list[Outcome] = []
    LocalWorkers(1).carry_out(SPECS[:2], KilledWhileLoaded(), outcomes.append)
    assert [outcome.record.status for outcome in outcomes] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"workers": 0}, "workers=0"),
        ({"retries": -1}, "retries=-1"),
        ({"time_limit": 0.0}, "time_limit=0.0"),
        ({"time_limit": float("nan")}, "time_limit=nan"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        LocalWorkers(**settings)


def test_there_are_as_many_workers_as_cores_have_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda: 5)
    two_threads = [make_spec(seed, threads=2) for seed in range(9)]
    assert LocalWorkers().describe(two_threads) == "2 at a time"
    assert LocalWorkers().notice(two_threads) is None
    assert LocalWorkers().describe(two_threads[:1]) == "1 at a time"
    assert LocalWorkers(3).describe(two_threads) == "3 at a time"
    notice = LocalWorkers(3).notice(two_threads)
    assert notice is not None
    assert notice.startswith("3 workers of 2 threads each share 5 cores")
    assert "\n" not in notice


SCRIPT = """
import sys
from pathlib import Path
from steadytune.runs.executors import LocalWorkers
from tests.runs.executors.runs import SPECS, SlowToLoad, tell_and_sleep

if __name__ == "__main__":
    tell = lambda *_: print("at work", flush=True)
    run = SlowToLoad(Path(sys.argv[1])) if sys.argv[1:] else tell_and_sleep
    LocalWorkers(2).carry_out(SPECS, run, print, tell)
"""


def test_ctrl_c_in_a_terminal_ends_all_processes_with_one_traceback(tmp_path: Path) -> None:
    with script_of_its_own(tmp_path, SCRIPT) as study:
        assert study.stdout is not None
        assert [study.stdout.readline() for _ in range(2)] == ["at work\n"] * 2
        os.killpg(study.pid, signal.SIGINT)
        _, errors = study.communicate(timeout=20)
        assert _group_is_gone(study.pid)
    assert errors.count("Traceback") == 1  # the script's own; the workers are silent
    assert errors.strip().endswith("KeyboardInterrupt")


def test_workers_of_a_killed_study_end_also_while_they_import(tmp_path: Path) -> None:
    with script_of_its_own(tmp_path, SCRIPT, str(tmp_path)) as study:
        while len(list(tmp_path.glob("loading-*"))) < 2:
            assert study.poll() is None
            time.sleep(0.05)
        study.kill()
        study.communicate()
        assert _group_is_gone(study.pid)


def _group_is_gone(group: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
