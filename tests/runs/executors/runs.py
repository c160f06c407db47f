"""Runs that take no training, to test executors with; other processes import them by name."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from steadytune import ConfigError
from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.executors import Executor, Progress, Run
from tests.run_records import make_spec, make_test_record
from tests.toy_task import load_toy

SPECS = [make_spec(seed) for seed in (1, 2, 3, 4)]
_TOLD = ("OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM", "CUDA_VISIBLE_DEVICES")


def quick(spec: RunSpec, progress: Progress) -> Outcome:
    """Tells which process it ran in, and what that one's environment is."""
    progress(1, 2)
    progress(2, 2)
    environment = {"pid": os.getpid(), **{name: os.environ.get(name) for name in _TOLD}}
    predictions = {"movie": {"logits": np.full((2, 2), spec.seed, np.float32)}}
    return Outcome(make_test_record(spec, environment=environment), predictions)


ARRAYS = {
    "rows": np.arange(12, dtype=np.float32).reshape(3, 4),
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "every other": np.arange(12)[::2],
    "none": np.zeros((0, 4), np.float32),
    "text": np.array(["a", "", "later"]),
}


def predict_arrays(spec: RunSpec, progress: Progress) -> Outcome:
    return Outcome(make_test_record(spec), {"movie": ARRAYS})


def killed_at_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(spec, progress)


def ended_at_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        os._exit(3)
    return quick(spec, progress)


class KilledOnce:
    """A run whose process is killed when it is tried for the first time.

    Args:
        folder: Where to note that it was tried.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        tried = self.folder / spec.hash
        if spec.seed == 2 and not tried.exists():
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return quick(spec, progress)


def refuse_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        raise ConfigError("seed 2 is refused")
    time.sleep(0 if spec.seed < 2 else 20)
    return quick(spec, progress)


def broken_at_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    if spec.seed == 2:
        raise ZeroDivisionError("no reason")
    return quick(spec, progress)


def hang_at_seed_2(spec: RunSpec, progress: Progress) -> Outcome:
    progress(1, 2)
    if spec.seed == 2:
        time.sleep(60)
    return quick(spec, progress)


def tell_and_sleep(spec: RunSpec, progress: Progress) -> Outcome:
    progress(1, 2)
    time.sleep(60)
    return quick(spec, progress)


class OnSomeNode:
    """Tells which node of a Ray cluster it ran on, once the driver has heard of `nodes` runs.

    Args:
        folder: Where the driver notes which seeds it has heard of.
        nodes: How many of them a run waits for, so that a slow machine changes nothing.
    """

    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder, self.nodes = folder, nodes

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        import ray

        progress(1, 2)
        ends = time.monotonic() + 60
        while len(list(self.folder.iterdir())) < self.nodes and time.monotonic() < ends:
            time.sleep(0.05)
        node = ray.get_runtime_context().get_node_id()
        return Outcome(make_test_record(spec, environment={"node": node}))


def leave_a_file(spec: RunSpec, progress: Progress) -> Outcome:
    handle, name = tempfile.mkstemp()
    os.close(handle)
    return Outcome(make_test_record(spec, environment={"file": name}))


def interrupted(spec: RunSpec, progress: Progress) -> Outcome:
    raise KeyboardInterrupt


def fine_tune_toy(spec: RunSpec, progress: Progress) -> Outcome:
    from steadytune.runs.run import run

    return run(spec, progress, load_toy)


class SlowToLoad:
    """A run that a process takes a minute to import.

    Args:
        folder: Where to note that it has begun.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.__dict__ = state
        (self.folder / f"loading-{os.getpid()}").touch()
        time.sleep(60)

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        raise AssertionError


class Unreadable:
    """A run that can be sent to a process but not read there."""

    def __reduce__(self) -> object:
        return (int, ("no number",))

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        raise AssertionError


def by_seed(
    executor: Executor,
    run: Run,
    specs: Sequence[RunSpec] = SPECS,
    heard: Callable[[int], object] = lambda seed: None,
) -> tuple[dict[int, Outcome], list[tuple[int, int, int]]]:
    """Carry out runs: the outcomes by seed, and what was told of progress, `heard` by seed too."""
    outcomes: list[Outcome] = []
    progress: list[tuple[int, int, int]] = []

    def told(spec: RunSpec, done: int, total: int) -> None:
        progress.append((spec.seed, done, total))
        heard(spec.seed)

    executor.carry_out(specs, run, outcomes.append, told)
    found = {outcome.record.spec.seed: outcome for outcome in outcomes}
    assert len(found) == len(outcomes)
    return found, progress


def _be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KilledWhileLoaded:
    """A run whose process is killed while it reads what it is to do."""

    def __reduce__(self) -> tuple[object, ...]:
        return _be_killed, ()

    def __call__(self, spec: RunSpec, progress: Progress) -> Outcome:
        raise NotImplementedError
