"""Ray: two nodes, lost workers, time limits, other versions; the same bits; nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from steadytune import ConfigError, SteadytuneError
from steadytune.records.ledger import Ledger
from steadytune.runs.executors import (
    FineTune,
    InProcess,
    RayTasks,
    WorkerError,
    _ray_cluster,
    _ray_driver,
)
from steadytune.runs.executors._ray_cluster import _folder_for, _told_if_slow, import_ray
from steadytune.runs.executors._ray_side import SharedFolder
from tests.run_records import make_spec
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

from .own_group import script_of_its_own
from .runs import (
    SPECS,
    KilledOnce,
    OnSomeNode,
    Unreadable,
    broken_at_seed_2,
    by_seed,
    hang_at_seed_2,
    killed_at_seed_2,
    quick,
    refuse_seed_2,
)

pytestmark = pytest.mark.alone  # it starts processes and times them

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")


@pytest.fixture(scope="class")
def address() -> Iterator[str]:
    """Two nodes of one CPU each, as far as Ray can tell; the tests share one connection to them."""
    ray = import_ray()
    from ray.cluster_utils import Cluster

    with _folder_for(None) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.add_node(num_cpus=1)
        ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster.address
        ray.shutdown()
        cluster.shutdown()


def statuses(outcomes: dict[int, Any]) -> dict[int, str]:
    return {seed: outcome.record.status for seed, outcome in outcomes.items()}


@needs_ray
@pytest.mark.slow
class TestCluster:
    def test_runs_spread_over_the_nodes_and_tell_their_progress(
        self, address: str, tmp_path: Path
    ) -> None:
        run = OnSomeNode(tmp_path, nodes=2)
        outcomes, progress = by_seed(
            RayTasks(address), run, heard=lambda seed: (tmp_path / str(seed)).touch()
        )
        assert sorted(outcomes) == [1, 2, 3, 4]
        assert len({outcome.record.environment["node"] for outcome in outcomes.values()}) == 2
        assert progress and {(done, total) for _, done, total in progress} == {(1, 2)}

    def test_an_exception_costs_one_run(self, address: str) -> None:
        outcomes, _ = by_seed(RayTasks(address), broken_at_seed_2)
        assert statuses(outcomes) == {1: "ok", 2: "failed", 3: "ok", 4: "ok"}
        assert outcomes[2].record.reason.startswith("ZeroDivisionError: no reason (runs.py:")

    def test_a_run_of_a_killed_worker_is_tried_again(self, address: str, tmp_path: Path) -> None:
        outcomes, _ = by_seed(RayTasks(address, retries=1), KilledOnce(tmp_path))
        assert statuses(outcomes) == dict.fromkeys((1, 2, 3, 4), "ok")

    def test_a_run_that_always_kills_its_worker_fails(self, address: str) -> None:
        outcomes, _ = by_seed(RayTasks(address, retries=1), killed_at_seed_2, SPECS[:2])
        assert statuses(outcomes) == {1: "ok", 2: "failed"}
        reason = outcomes[2].record.reason
        assert reason.startswith("WorkerCrashedError: ") and reason.endswith(
            "(the last of 2 tries)"
        )

    def test_a_run_over_the_time_limit_fails(self, address: str) -> None:
        outcomes, _ = by_seed(RayTasks(address, time_limit=1.5), hang_at_seed_2, SPECS[:3])
        assert statuses(outcomes) == {1: "ok", 2: "failed", 3: "ok"}
        assert outcomes[2].record.reason == "it took longer than the time limit of 1.5 s"

    def test_a_spec_that_cannot_be_run_ends_all_at_once(self, address: str) -> None:
        with pytest.raises(ConfigError, match="seed 2 is refused"):
            by_seed(RayTasks(address), refuse_seed_2)

    def test_workers_of_other_versions_are_refused(
        self, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        versions = {**_ray_driver.versions(), "torch": "1.0"}
        monkeypatch.setattr(_ray_driver, "versions", lambda: versions)
        with pytest.raises(SteadytuneError, match=r"has torch .*, not 1\.0 as this process") as e:
            by_seed(RayTasks(address), quick)
        assert "\n" not in str(e.value)

    def test_a_run_that_cannot_be_read_is_an_error(self, address: str) -> None:
        with pytest.raises(WorkerError, match=r"cannot take up runs: .*no number"):
            by_seed(RayTasks(address), Unreadable())

    def test_workers_that_see_the_folder_write_there(self, address: str, tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "study")
        seen_by_driver = []

        def lose_the_driver(outcome: Any) -> None:
            seen_by_driver.append(outcome)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            RayTasks(address).carry_out(SPECS[:1], quick, lose_the_driver, folder=ledger.folder)
        [outcome] = seen_by_driver
        assert ledger.read().records == [outcome.record]
        assert ledger.predictions_of(outcome.record).exists()
        assert not list(ledger.folder.glob(".*"))

    def test_a_run_that_has_no_room_is_refused(self, address: str) -> None:
        with pytest.raises(ConfigError, match="takes 1000 CPUs and 0 GPUs"):
            RayTasks(cpus_per_run=1000).carry_out(SPECS, quick, print)

    def test_a_ray_that_was_there_stays(self, address: str) -> None:
        RayTasks().carry_out(SPECS[:1], quick, lambda outcome: None)
        assert import_ray().is_initialized()

    def test_the_bits_are_those_of_this_process(self, address: str, tmp_path: Path) -> None:
        model = write_tiny_bert(tmp_path / "model")
        sizes = {"train_size": 16, "epochs": 1, "max_length": 16}
        spec = make_spec(method="lnsr", model=str(model), **sizes)
        here, _ = by_seed(InProcess(), FineTune(load_toy), [spec])
        there, _ = by_seed(RayTasks(address), FineTune(load_toy), [spec])
        assert here[1].record.status == "ok"
        for key in ("spec", "task", "results", "profile"):
            assert getattr(here[1].record, key) == getattr(there[1].record, key)
        assert here[1].predictions is not None
        np.testing.assert_equal(here[1].predictions, there[1].predictions)


SCRIPT = """
import sys
from steadytune.runs.executors import RayTasks
from tests.runs.executors.runs import SPECS, tell_and_sleep

if __name__ == "__main__":
    tell = lambda *_: print("at work", flush=True)
    RayTasks().carry_out(SPECS[:1], tell_and_sleep, print, tell)
"""


@contextmanager
def study_at_work(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A study with a Ray of its own that has begun with a run, and all processes below it."""
    with script_of_its_own(folder, SCRIPT) as study:
        assert study.stdout is not None
        assert study.stdout.readline() == "at work\n"
        family = psutil.Process(study.pid).children(recursive=True)
        try:
            yield study, family
        finally:
            for process in family:
                with suppress(psutil.Error):
                    process.kill()


@needs_ray
@pytest.mark.slow
def test_ctrl_c_ends_a_ray_of_our_own(tmp_path: Path) -> None:
    with study_at_work(tmp_path) as (study, family):
        folder = ray_folder(family)
        os.killpg(study.pid, signal.SIGINT)
        _, errors = study.communicate(timeout=30)
        assert errors.strip().endswith("KeyboardInterrupt")
        assert errors.count("Traceback") == 1
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
        assert not folder.exists()


@needs_ray
@pytest.mark.slow
def test_after_a_kill_no_worker_stays_and_the_next_study_sweeps(tmp_path: Path) -> None:
    with study_at_work(tmp_path) as (study, family):
        folder = ray_folder(family)
        # Ray's own agents wait for their raylet for a minute more; they do no work.
        workers = [process for process in family if "Agent" not in process.name()]
        study.kill()
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert len(workers) > 2 and alive == []
        with _folder_for(None) as next_folder:
            assert next_folder is not None and Path(next_folder).parent == folder.parent
            assert not folder.exists()


def ray_folder(family: list[psutil.Process]) -> Path:
    """Where the Ray that these processes belong to has its files."""
    [folder] = {Path(*Path(a).parts[:3]) for p in family for a in _session_folders(p)}
    return folder


def _session_folders(process: psutil.Process) -> list[str]:
    return [a.partition("=")[2] for a in process.cmdline() if a.startswith("--session-dir=/")]


@needs_ray
def test_an_address_without_a_ray_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"cannot reach a Ray at '127\.0\.0\.1:1'") as raised:
        RayTasks("127.0.0.1:1").carry_out(SPECS, quick, print)
    assert "\n" not in str(raised.value)


def test_a_slow_start_says_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_ray_cluster, "_SECONDS_TO_TELL", 0.0)
    said = ""
    with _told_if_slow("host:1"):
        while not said.endswith("\n"):
            time.sleep(0.01)
            said += capsys.readouterr().err
    assert (
        said == "waiting for the Ray at 'host:1'; on a busy machine this takes a minute or more\n"
    )


def test_a_quick_start_says_nothing_and_leaves_no_thread(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = threading.enumerate()
    with _told_if_slow(None):
        [timer] = set(threading.enumerate()) - set(before)
    timer.join()  # at once, or ten seconds later with the line
    assert capsys.readouterr().err == ""


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match="pip install ray"):
        RayTasks().carry_out(SPECS, quick, print)


def test_no_runs_need_no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    RayTasks().carry_out([], quick, print)


@pytest.mark.parametrize("name", ["cpus_per_run", "gpus_per_run", "retries", "time_limit"])
def test_impossible_settings_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}=-1"):
        RayTasks(**{name: -1})


def test_it_says_where_the_runs_go() -> None:
    assert RayTasks().describe([make_spec()]) == "with a Ray of their own on this machine"
    assert RayTasks("auto").describe([make_spec()]) == "on the Ray cluster at auto"


class _Ended:
    """As much of Ray as it takes to ask whether a run has ended, which it has."""

    def wait(self, references: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return references, []


def test_a_run_that_has_ended_in_time_but_is_not_collected_yet_is_not_overdue() -> None:
    driver = object.__new__(_ray_driver.Driver)
    one = _ray_driver._Try(SPECS[0], 1, begun=-1e9)
    driver._ray, driver._time_limit, driver._in_flight = _Ended(), 1.0, {"reference": one}
    driver._end_if_overdue("reference", one)
    assert driver._in_flight == {"reference": one}


def test_a_worker_that_may_not_write_in_the_folder_leaves_it_to_the_driver(tmp_path: Path) -> None:
    (tmp_path / "marker").touch()
    (tmp_path / "runs").touch()  # no folder can be made here, not even by root
    SharedFolder(tmp_path, "marker").keep(quick(make_spec(), lambda done, total: None))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marker", "runs"]
