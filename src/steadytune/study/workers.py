"""Executors: carry out many runs, in this process or in a few warm ones.

A worker is a spawned process that imports the trainer once and then carries out run after run. It
talks to its parent through one pipe: a worker that crashes closes its end, which names the run that
was lost, and a worker whose parent is gone finds nobody to talk to and ends.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryDirectory
from typing import Any, Literal

from .._exceptions import SteadytuneError
from .outcome import Outcome
from .record import make_record, now
from .spec import RunSpec

Run = Callable[[RunSpec, Callable[[int, int], None]], Outcome]
OnOutcome = Callable[[Outcome], None]
OnProgress = Callable[[RunSpec, int, int], None]

_SECONDS_TO_END = 5.0

# Quiet libraries: what they print would tear the progress bar apart.
_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "DATASETS_VERBOSITY": "error",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONWARNINGS": "ignore",
}


class WorkerError(SteadytuneError):
    """A worker process that could not start."""


def execute(
    specs: Sequence[RunSpec],
    *,
    workers: int,
    on_outcome: OnOutcome,
    on_progress: OnProgress = lambda spec, done, total: None,
    run: Run | None = None,
) -> None:
    """Carry out runs, in their order as far as workers are free.

    When it returns or raises, also for Ctrl-C, no process is left behind. A worker that crashes
    costs the run that it was busy with, which gets a `failed` record; another one takes its place.

    Args:
        specs: The runs.
        workers: Number of processes; 0 carries out the runs in this one. Each process computes with
            the spec's number of threads.
        on_outcome: Called with every outcome as soon as its run has ended.
        on_progress: Called with a spec, its units of work done, and all its units.
        run: Carries out one run; by default `steadytune.study.run.run`. Workers import it by name.

    Raises:
        SteadytuneError: If a spec cannot be run at all; runs in flight are dropped.
        WorkerError: If a worker process cannot start.
    """
    if workers == 0:
        carry_out = run or _default_run()
        for spec in specs:
            on_outcome(carry_out(spec, partial(on_progress, spec)))
        return
    pool = _Pool(specs, run, on_outcome, on_progress)
    try:
        pool.carry_out(min(workers, len(specs)))
    finally:
        pool.stop()


class _Worker:
    """One process, and the run that it is busy with."""

    def __init__(self, run: Run | None, threads: int, scratch: str) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.spec: RunSpec | None = None
        self.since = now()
        self.ready = False
        self._process = context.Process(target=_work, args=(theirs, run), daemon=True)
        with _interrupts_held_back(), _environment(threads, scratch):
            self._process.start()
        theirs.close()

    def give(self, spec: RunSpec) -> None:
        self.spec, self.since = spec, now()
        # A worker that is gone is noticed where its messages are read.
        with suppress(OSError):
            self.connection.send(spec)

    def how_it_ended(self) -> str:
        self._process.join(_SECONDS_TO_END)
        code = self._process.exitcode
        if code is not None and code < 0:
            hint = ", perhaps for lack of memory" if -code == signal.SIGKILL else ""
            return f"the worker process was ended by {signal.Signals(-code).name}{hint}"
        return f"the worker process ended with exit code {code}"

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class _Pool:
    """The workers of one call of `execute`, and the runs that wait for one."""

    def __init__(
        self,
        specs: Sequence[RunSpec],
        run: Run | None,
        on_outcome: OnOutcome,
        on_progress: OnProgress,
    ) -> None:
        self._waiting = deque(specs)
        self._threads = max((spec.threads for spec in specs), default=1)
        self._run = run
        self._on_outcome = on_outcome
        self._on_progress = on_progress
        self._team: list[_Worker] = []
        # Temporary files of workers lie in one place, which is emptied however they end.
        self._scratch = TemporaryDirectory(prefix="steadytune-", ignore_cleanup_errors=True)

    def carry_out(self, workers: int) -> None:
        for _ in range(workers):
            self._hire()
        while busy := {worker.connection: worker for worker in self._team if worker.spec}:
            for connection in wait(list(busy)):
                self._listen(busy[connection])  # type: ignore[index]

    def stop(self) -> None:
        while self._team:
            self._team.pop().stop()
        self._scratch.cleanup()

    def _hire(self) -> None:
        worker = _Worker(self._run, self._threads, self._scratch.name)
        self._team.append(worker)
        worker.give(self._waiting.popleft())

    def _listen(self, worker: _Worker) -> None:
        assert worker.spec is not None
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if kind == "ready":
            worker.ready = True
        elif kind == "progress":
            self._on_progress(worker.spec, *value)
        elif kind == "refused":
            raise value
        else:
            worker.spec = None
            self._on_outcome(value)
            if self._waiting:
                worker.give(self._waiting.popleft())

    def _replace(self, worker: _Worker) -> None:
        how = worker.how_it_ended()
        if not worker.ready:
            raise WorkerError(
                f"{how} before it was ready; a script that calls this needs the guard "
                "if __name__ == '__main__', or use workers=0"
            )
        self._team.remove(worker)
        worker.stop()
        assert worker.spec is not None
        record = make_record(worker.spec, "failed", how, started=worker.since)
        self._on_outcome(Outcome(record))
        if self._waiting:
            self._hire()


def _work(connection: Connection[Any, Any], run: Run | None) -> None:
    """What a worker process does: carry out the runs that come through the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    carry_out = run or _default_run()
    tell = partial(_tell, connection)
    tell("ready", None)
    while True:
        try:
            spec = connection.recv()
        except (EOFError, OSError):
            return
        try:
            outcome = carry_out(spec, lambda done, total: tell("progress", (done, total)))
        except SteadytuneError as error:
            tell("refused", error)
        else:
            tell("outcome", outcome)


def _tell(
    connection: Connection[Any, Any],
    kind: Literal["ready", "progress", "outcome", "refused"],
    value: Any,
) -> None:
    try:
        connection.send((kind, value))
    except OSError:
        raise SystemExit(1) from None  # the parent is gone


def _default_run() -> Run:
    from .run import run

    return run


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; a child born with it blocked leaves it to us."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting a child would start it, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(threads: int, scratch: str) -> Iterator[None]:
    """Variables that a child needs before it imports anything."""
    count = str(threads)
    changing = {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "TMPDIR": scratch}
    ours = {**_ENVIRONMENT, **changing}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
