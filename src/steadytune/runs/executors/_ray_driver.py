"""The driver's side of Ray: hand out runs, collect what comes back, try again what was lost."""

from __future__ import annotations

import os
import pickle
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..._exceptions import ConfigError
from ...records.record import now
from ...records.spec import RunSpec
from ._executor import OnOutcome, OnProgress, Run, WorkerError, failed, how_often, library_output
from ._ray_side import Board, Order, SharedFolder, fulfil, versions

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_FOR_THE_BOARD = 5.0

# Enough to keep a large cluster busy; the rest waits here, where it costs nothing.
_MOST_IN_FLIGHT = 1000

# Variables of this process that a worker on another machine should know too.
_PASSED_ON = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True)
class Resources:
    """What one run takes.

    Args:
        cpus: None takes the run's number of threads.
        gpus: None takes one where the cluster has any.
    """

    cpus: float | None
    gpus: float | None


@dataclass
class _Try:
    """One try of a run that was handed out."""

    spec: RunSpec
    number: int
    since: str = field(default_factory=now)
    begun: float | None = None  # the clock of this process when its first note was read

    @property
    def key(self) -> str:
        return f"{self.spec.hash}/{self.number}"


class Driver:
    """Hands runs to a cluster and collects their outcomes.

    Args:
        ray: Ray, connected.
        run: Carries out one run.
        on_outcome: Called with every outcome.
        on_progress: Called with what runs note of themselves.
        resources: What one run takes.
        time_limit: Seconds that a run may take.
        retries: How often a run is tried again that was lost with its worker.
        folder: Where workers keep outcomes too, if they see it.
    """

    def __init__(
        self,
        ray: Any,
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress,
        resources: Resources,
        time_limit: float | None,
        retries: int,
        folder: SharedFolder | None,
    ) -> None:
        self._ray = ray
        self._on_outcome = on_outcome
        self._on_progress = on_progress
        self._resources = resources
        self._time_limit = time_limit
        self._retries = retries
        self._folder = folder
        self._waiting: deque[tuple[RunSpec, int]] = deque()
        self._in_flight: dict[Any, _Try] = {}
        self._versions = versions()
        # Retries are counted here: Ray tries again without end what was lost for lack of memory.
        self._task = ray.remote(max_retries=0)(fulfil_and_note)
        self._run = ray.put(ray.cloudpickle.dumps(run))
        self._board = ray.remote(num_cpus=0, max_restarts=-1)(Board).remote()
        self._gpus = self._gpus_per_run()
        self._next_look = 0.0

    def carry_out(self, specs: Sequence[RunSpec]) -> None:
        """Carry out all runs."""
        self._waiting.extend((spec, 1) for spec in specs)
        self._hand_out()
        while self._in_flight:
            done, _ = self._ray.wait(list(self._in_flight), timeout=_SECONDS_BETWEEN_LOOKS)
            for reference in done:
                self._collect(reference, self._in_flight.pop(reference))
            self._look_around()
            self._hand_out()

    def stop(self) -> None:
        """Drop what is in flight."""
        while self._in_flight:
            reference, _ = self._in_flight.popitem()
            self._cancel(reference)
        with suppress(Exception):
            self._ray.kill(self._board)

    def _hand_out(self) -> None:
        while self._waiting and len(self._in_flight) < _MOST_IN_FLIGHT:
            one = _Try(*self._waiting.popleft())
            order = Order(one.key, pickle.dumps(one.spec), self._versions, self._folder)
            task = self._task.options(
                num_cpus=self._cpus_for(one.spec),
                num_gpus=self._gpus,
                runtime_env={"env_vars": _environment(one.spec)},
            )
            self._in_flight[task.remote(order, self._run, self._board)] = one

    def _collect(self, reference: Any, one: _Try) -> None:
        exceptions = self._ray.exceptions
        try:
            kind, value = self._ray.get(reference)
        except exceptions.RayTaskError as error:
            if isinstance(error.cause, exceptions.RayError):
                self._lost(one, error.cause)
                return
            cause = " ".join(str(error.cause).split())
            raise WorkerError(
                f"a Ray worker cannot take up runs: {cause}; install steadytune on every node"
            ) from error
        except exceptions.RayError as error:
            self._lost(one, error)
            return
        if kind == "refused":
            raise value
        self._on_outcome(value)

    def _lost(self, one: _Try, error: Exception) -> None:
        """Worker or node are gone, or the outcome with them: try again."""
        if one.number <= self._retries:
            self._waiting.appendleft((one.spec, one.number + 1))
            return
        first_line = next(iter(str(error).strip().splitlines()), "")
        reason = f"{type(error).__name__}: {first_line}"
        self._on_outcome(failed(one.spec, how_often(reason, one.number), one.since))

    def _look_around(self) -> None:
        """Read what runs noted, and end those that take too long."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _SECONDS_BETWEEN_LOOKS
        notes = self._notes()
        for reference, one in list(self._in_flight.items()):
            if one.key in notes:
                one.begun = one.begun or time.monotonic()
                if notes[one.key][1]:
                    self._on_progress(one.spec, *notes[one.key])
            self._end_if_overdue(reference, one)

    def _notes(self) -> dict[str, tuple[int, int]]:
        """What was noted; nothing while the board's own node is being replaced."""
        errors = self._ray.exceptions.RayError, self._ray.exceptions.GetTimeoutError
        try:
            found: dict[str, tuple[int, int]] = self._ray.get(
                self._board.take.remote(), timeout=_SECONDS_FOR_THE_BOARD
            )
        except errors:
            return {}
        return found

    def _end_if_overdue(self, reference: Any, one: _Try) -> None:
        limit = self._time_limit
        if limit is None or one.begun is None or time.monotonic() < one.begun + limit:
            return
        if self._ray.wait([reference], timeout=0)[0]:
            return  # it has ended, and is collected next
        del self._in_flight[reference]
        self._cancel(reference)
        reason = f"it took longer than the time limit of {limit:g} s"
        self._on_outcome(failed(one.spec, reason, one.since))

    def _cancel(self, reference: Any) -> None:
        with suppress(Exception):
            self._ray.cancel(reference, force=True)

    def _cpus_for(self, spec: RunSpec) -> float:
        return spec.threads if self._resources.cpus is None else self._resources.cpus

    def _gpus_per_run(self) -> float:
        if self._resources.gpus is not None:
            return self._resources.gpus
        return 1.0 if self._ray.cluster_resources().get("GPU") else 0.0

    def require_room(self, specs: Sequence[RunSpec]) -> None:
        """Refuse runs that no node has room for, where none can join.

        Raises:
            ConfigError: If there is such a run.
        """
        cpus = max(self._cpus_for(spec) for spec in specs)
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        if not any(n.get("CPU", 0) >= cpus and n.get("GPU", 0) >= self._gpus for n in nodes):
            raise ConfigError(
                f"a run takes {cpus:g} CPUs and {self._gpus:g} GPUs, which this machine does not "
                "have; ask for fewer"
            )


def fulfil_and_note(order: Order, run: bytes, board: Any) -> Any:
    """The Ray task: `fulfil`, noting progress on the board without waiting for it."""
    return fulfil(order, run, lambda *note: board.note.remote(*note))


def _environment(spec: RunSpec) -> dict[str, str]:
    """Variables of a worker: quiet libraries, the run's threads, and how this process loads."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(spec.threads))
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**library_output(), **threads, **passed_on}
