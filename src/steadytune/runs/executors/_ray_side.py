"""What happens on the worker's side of a Ray cluster. It imports nothing of Ray."""

from __future__ import annotations

import pickle
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ..._exceptions import ConfigError, DataError, SteadytuneError
from ...records.ledger import Ledger
from ...records.outcome import Outcome
from ...records.spec import RunSpec
from ..environment import version_of
from ._executor import Run, attempt

_PACKAGES = ("steadytune", "torch", "transformers")
_SECONDS_BETWEEN_NOTES = 0.5

Note = Callable[[str, int, int], None]
"""Called with a try's key, its units of work done, and all its units."""

Answer = tuple[Literal["outcome", "refused"], Any]


@dataclass(frozen=True)
class SharedFolder:
    """The folder of a study, for workers that see it too.

    Args:
        folder: Its absolute path.
        marker: Name of a file in it that nobody else's folder holds.
    """

    folder: Path
    marker: str

    def keep(self, outcome: Outcome) -> None:
        """Write the outcome, so that it stays when the driver is lost; where that can be done."""
        with suppress(OSError, ConfigError, DataError):
            if (self.folder / self.marker).is_file():
                Ledger(self.folder).add(outcome)


@dataclass(frozen=True)
class Order:
    """One try of one run, as it travels.

    Args:
        key: Names the try.
        spec: The pickled spec; it is read when the versions are known to agree.
        versions: Those of the driver.
        folder: Where to keep the outcome too, if the worker sees it.
    """

    key: str
    spec: bytes
    versions: dict[str, str | None]
    folder: SharedFolder | None


class Board:
    """Where runs note how far they are, and the driver reads it. It is made an actor."""

    def __init__(self) -> None:
        self._notes: dict[str, tuple[int, int]] = {}

    def note(self, key: str, done: int, total: int) -> None:
        """A try has done so many of its units of work."""
        self._notes[key] = (done, total)

    def take(self) -> dict[str, tuple[int, int]]:
        """What was noted since this was last called."""
        notes, self._notes = self._notes, {}
        return notes


def versions() -> dict[str, str | None]:
    """The versions that must agree for two processes to give the same results."""
    return {"python": platform.python_version(), **{name: version_of(name) for name in _PACKAGES}}


def fulfil(order: Order, run: bytes, note: Note) -> Answer:
    """Carry out one run on a worker.

    Args:
        order: The run.
        run: What carries it out, pickled.
        note: Called as the run begins and while it goes on, not too often.

    Returns:
        `outcome` and the `Outcome`, or `refused` and the `SteadytuneError` of a run that cannot
        be carried out at all.
    """
    try:
        _require_same_versions(order.versions)
        spec: RunSpec = pickle.loads(order.spec)
        carry_out = _unpickled(run)
        # A time limit counts from here: reading the run imports torch, which can take long.
        note(order.key, 0, 0)
        outcome = attempt(carry_out, spec, _Slowly(note, order.key))
    except SteadytuneError as error:
        return "refused", error
    if order.folder is not None:
        order.folder.keep(outcome)
    return "outcome", outcome


class _Slowly:
    """Hands progress on, at most every half second."""

    def __init__(self, note: Note, key: str) -> None:
        self._note = note
        self._key = key
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        if done == total or time.monotonic() > self._last + _SECONDS_BETWEEN_NOTES:
            self._last = time.monotonic()
            self._note(self._key, done, total)


@lru_cache(maxsize=1)
def _unpickled(run: bytes) -> Run:
    """What makes a run, read once by a worker that makes many."""
    found: Run = pickle.loads(run)
    return found


def _require_same_versions(expected: dict[str, str | None]) -> None:
    found = versions()
    different = [
        f"{name} {found[name]}, not {wanted}"
        for name, wanted in expected.items()
        if found[name] != wanted
    ]
    if different:
        raise SteadytuneError(
            f"the Ray worker on {platform.node()} has {'; '.join(different)} as this process; "
            "install the same versions on every node"
        )
