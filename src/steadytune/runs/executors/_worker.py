"""A worker process: what it does, and the end of it that its parent holds.

A worker is a spawned process that imports the trainer once and then executes run after run. It
talks to its parent through one pipe: a worker that crashes closes its end, which names the run that
was lost, and a worker whose parent is gone ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Literal

from ..._exceptions import SteadytuneError
from ...records.record import now
from ...records.spec import RunSpec
from ._executor import Run, attempt, library_output

_SECONDS_TO_END = 5.0
_SECONDS_BETWEEN_LOOKS = 1.0

Kind = Literal["begun", "progress", "outcome", "refused"]


@dataclass(frozen=True)
class Place:
    """What a worker may use.

    Args:
        threads: CPU threads.
        scratch: Folder for its temporary files.
        gpu: The one CUDA device that it sees, as `CUDA_VISIBLE_DEVICES` names it; None for all.
    """

    threads: int
    scratch: str
    gpu: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables that the process needs before it imports anything."""
        count = str(self.threads)
        changing = {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "TMPDIR": self.scratch}
        gpu = {} if self.gpu is None else {"CUDA_VISIBLE_DEVICES": self.gpu}
        return {**library_output(), **changing, **gpu}


class Worker:
    """One process, and the run that it is busy with.

    Attributes:
        spec: The run, None if it waits for one.
        since: When it was given the run.
        begun: The monotonic clock when it began with the run, 0 before.
        ever_begun: Whether it began with any run.
    """

    def __init__(self, run: Run, place: Place) -> None:
        context = get_context("spawn")
        watch = _ParentWatch(os.getpid())
        self.connection, theirs = context.Pipe()
        self.place = place
        self.spec: RunSpec | None = None
        self.since = now()
        self.ever_begun = False
        self._begun = 0.0
        self._process = context.Process(target=_work, args=(watch, theirs, run), daemon=True)
        with _interrupts_held_back(), _environment(place.environment):
            self._process.start()
        theirs.close()

    @property
    def begun(self) -> float:
        return self._begun if self.spec else 0.0

    @begun.setter
    def begun(self, clock: float) -> None:
        self._begun, self.ever_begun = clock, True

    def hear(self) -> tuple[Kind, Any]:
        """Wait for what it tells next.

        Raises:
            EOFError: If it is gone.
            OSError: The same.
        """
        message, arrays = self.connection.recv()
        buffers = [self.connection.recv_bytes() for _ in range(arrays)]
        found: tuple[Kind, Any] = pickle.loads(message, buffers=buffers)
        return found

    def give(self, spec: RunSpec) -> None:
        """Let it execute a run."""
        self.spec, self.since, self._begun = spec, now(), 0.0
        # A worker that is gone is noticed where its messages are read.
        with suppress(OSError):
            self.connection.send(spec)

    @property
    def was_signalled(self) -> bool:
        """Whether a signal ended it, as the system sends one for lack of memory."""
        return (self._process.exitcode or 0) < 0

    def how_it_ended(self) -> str:
        """Why it is gone, in words."""
        self._process.join(_SECONDS_TO_END)
        code = self._process.exitcode
        if code is not None and code < 0:
            hint = ", perhaps for lack of memory" if -code == signal.SIGKILL else ""
            return f"the worker process was ended by {signal.Signals(-code).name}{hint}"
        return f"the worker process ended with exit code {code}"

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.connection.close()
        self._process.terminate()
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@dataclass(frozen=True)
class _ParentWatch:
    """Ends the process that reads it when its parent is gone, whatever it is doing.

    It comes first among a worker's arguments, and so watches while the others are imported.
    """

    parent: int

    def __reduce__(self) -> tuple[Any, ...]:
        return _watch, (self.parent,)


def _watch(parent: int) -> None:
    Thread(target=_end_without, args=(parent,), daemon=True).start()


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _work(_: None, connection: Connection[Any, Any], run: Run) -> None:
    """What a worker process does: execute the runs that come through the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tell = partial(_tell, connection)
    while True:
        try:
            spec = connection.recv()
        except (EOFError, OSError):
            return
        tell("begun", None)
        try:
            outcome = attempt(run, spec, lambda done, total: tell("progress", (done, total)))
        except SteadytuneError as error:
            tell("refused", error)
        else:
            tell("outcome", outcome)


def _tell(connection: Connection[Any, Any], kind: Kind, value: Any) -> None:
    """Send a message, and its arrays by themselves: predictions can be large, and so are copies."""
    arrays: list[pickle.PickleBuffer] = []
    message = pickle.dumps((kind, value), protocol=5, buffer_callback=arrays.append)
    try:
        connection.send((message, len(arrays)))
        for array in arrays:
            connection.send_bytes(array.raw())
    except OSError:
        raise SystemExit(1) from None  # the parent is gone


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
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of this process, which a child takes over, for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
