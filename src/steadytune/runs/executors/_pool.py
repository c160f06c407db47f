"""The workers of one call of `LocalWorkers.carry_out`, and the runs that wait for one."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import wait

from ..._scratch import scratch_folder
from ...records.spec import RunSpec
from ._executor import OnOutcome, OnProgress, Run, WorkerError, failed, how_often
from ._machine import most_threads
from ._worker import Place, Worker


class Pool:
    """Hands runs to workers, listens to them, and replaces those that are lost.

    Args:
        specs: The runs.
        run: Carries out one of them.
        on_outcome: Called with every outcome.
        on_progress: Called with what workers tell of their runs.
        time_limit: Seconds that a run may take.
        retries: How often a run is tried again whose worker was ended by a signal.
    """

    def __init__(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: OnOutcome,
        on_progress: OnProgress,
        time_limit: float | None,
        retries: int,
    ) -> None:
        self._waiting = deque(specs)
        self._threads = most_threads(specs)
        self._run = run
        self._on_outcome = on_outcome
        self._on_progress = on_progress
        self._time_limit = time_limit
        self._retries = retries
        self._tries: Counter[str] = Counter()
        self._team: list[Worker] = []
        # Temporary files of workers lie in one place, which is emptied however they end.
        self._held = ExitStack()
        self._scratch = str(self._held.enter_context(scratch_folder()))

    def carry_out(self, workers: int, gpus: Sequence[str]) -> None:
        """Carry out all runs with so many workers, spread over the GPUs if there are several."""
        for number in range(workers):
            gpu = gpus[number % len(gpus)] if len(gpus) > 1 else None
            self._hire(Place(self._threads, self._scratch, gpu))
        while busy := {worker.connection: worker for worker in self._team if worker.spec}:
            for connection in wait(list(busy), self._seconds_to_next_limit()):
                self._listen(busy[connection])  # type: ignore[index]
            self._end_overdue()

    def stop(self) -> None:
        """End all workers."""
        while self._team:
            self._team.pop().stop()
        self._held.close()

    def _hire(self, place: Place) -> None:
        worker = Worker(self._run, place)
        self._team.append(worker)
        self._give_next(worker)

    def _give_next(self, worker: Worker) -> None:
        spec = self._waiting.popleft()
        self._tries[spec.hash] += 1
        worker.give(spec)

    def _listen(self, worker: Worker) -> None:
        assert worker.spec is not None
        try:
            kind, value = worker.hear()
        except (EOFError, OSError):
            self._mourn(worker)
            return
        if kind == "begun":
            worker.begun = time.monotonic()
        elif kind == "progress":
            self._on_progress(worker.spec, *value)
        elif kind == "refused":
            raise value
        else:
            worker.spec = None
            self._on_outcome(value)
            if self._waiting:
                self._give_next(worker)

    def _mourn(self, worker: Worker) -> None:
        """A worker is gone: try its run again, or note that it is lost."""
        reason = worker.how_it_ended()
        if not worker.ever_begun and not worker.was_signalled:
            raise WorkerError(
                f"{reason} before it was ready; a script that calls this needs the guard "
                "if __name__ == '__main__', or executor=InProcess() (`workers=0`)"
            )
        self._replace(worker, reason, may_retry=worker.was_signalled)

    def _replace(self, worker: Worker, reason: str, *, may_retry: bool) -> None:
        self._team.remove(worker)
        worker.stop()
        spec = worker.spec
        assert spec is not None
        if may_retry and self._tries[spec.hash] <= self._retries:
            self._waiting.appendleft(spec)
        else:
            self._on_outcome(failed(spec, how_often(reason, self._tries[spec.hash]), worker.since))
        if self._waiting:
            self._hire(worker.place)

    def _seconds_to_next_limit(self) -> float | None:
        if self._time_limit is None:
            return None
        ends = [worker.begun + self._time_limit for worker in self._team if worker.begun]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _end_overdue(self) -> None:
        if self._time_limit is None:
            return
        for worker in list(self._team):
            over = worker.begun and time.monotonic() > worker.begun + self._time_limit
            if over and not worker.connection.poll():
                reason = f"it took longer than the time limit of {self._time_limit:g} s"
                self._replace(worker, reason, may_retry=False)
