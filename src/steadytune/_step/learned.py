"""When a task is learned: its training loss is clearly below what it was with the new head."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import torch

from .._random import process_number
from .journal import StepEnd, Watcher

if TYPE_CHECKING:
    from .regularizer import Host

BEGINNING = 4  # optimizer steps whose mean loss is that of the untrained head
WINDOW = 16  # optimizer steps whose mean loss is the present one
CLEARLY = 0.8  # the present loss, as a share of the first one, from which on a task is learned


class Learned(Watcher):
    """Watches the task's training loss until the task is learned.

    Args:
        host: The host of the method that waits for it.
        name: What messages and records call that method.
    """

    def __init__(self, host: Host, name: str) -> None:
        self._name, self._label = name, host.label
        self._first = torch.zeros(BEGINNING, dtype=torch.float64)
        self._last = torch.zeros(WINDOW, dtype=torch.float64)
        self._seen = torch.zeros((), dtype=torch.int64)
        self._start = torch.full((), -1, dtype=torch.int64)
        state = {"first": self._first, "last": self._last, "seen": self._seen, "start": self._start}
        host.keep("learned", state)
        host.watchers.append(self)

    @property
    def start(self) -> int | None:
        """Number of the first optimizer step after the task was learned; None before that."""
        start = int(self._start.item())
        return None if start < 0 else start

    def end_step(self, end: StepEnd) -> None:
        """Take the step's loss, averaged over all processes, into the means."""
        if self.start is not None or not math.isfinite(loss := end.mean_loss()):
            return
        seen = int(self._seen.item())
        if seen < BEGINNING:
            self._first[seen] = loss
        self._last[seen % WINDOW] = loss
        self._seen += 1
        if seen + 1 >= WINDOW and self._last.mean() < CLEARLY * self._first.mean():
            assert end.step.step is not None
            self._start.fill_(end.step.step + 1)

    def findings(self) -> dict[str, float | None]:
        """The step that the method was started at."""
        return {f"{self._name}_start{self._label}": self.start}

    def conclude(self) -> None:
        """Warn of a method that was never started."""
        if self.start is None and process_number() == 0:
            warnings.warn(
                f"{self._name} was never started: the mean training loss of the last {WINDOW} "
                f"steps never fell below {CLEARLY:g} times that of the first {BEGINNING}; "
                "train for longer, or give a number of steps as start",
                stacklevel=2,
            )
