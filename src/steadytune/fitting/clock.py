"""How long the parts of a fit took, and what was decided by it: read again by whoever goes on."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .._checksum import checked, with_checksum
from .._untrusted import json_object
from .._whole_file import write_json
from .cost import Timing
from .plan import Plan

_PARTS = "seconds"
_PLANS = "plans"
_TIMING = "timing"

_T = TypeVar("_T", Plan, Timing)


@dataclass(frozen=True)
class Clock:
    """A file with the timing of the machine, the seconds of each part, and the plans.

    Args:
        path: The file.
        now: Gives the time in seconds.
    """

    path: Path
    now: Callable[[], float] = time.monotonic

    @property
    def seconds(self) -> Mapping[str, float]:
        """Part -> the seconds that it took so far."""
        found = self._content().get(_PARTS, {})
        return {part: taken for part, taken in found.items() if isinstance(taken, int | float)}

    @contextmanager
    def running(self, part: str, afresh: bool = False) -> Iterator[Callable[[], None]]:
        """Take the time of a part; what it gives writes down how far it is.

        Args:
            part: Its name.
            afresh: Whether a part that is done again takes the place of what was written down,
                since nothing of it is kept; else its time is added.
        """
        before, started = 0.0 if afresh else self.seconds.get(part, 0.0), self.now()

        def tick() -> None:
            self._write(_PARTS, {part: before + self.now() - started})

        yield tick
        tick()  # not where it is stopped: what was not ended is done again

    @property
    def damaged(self) -> bool:
        """Whether the file is there and cannot be read: all is decided anew then."""
        try:
            checked(json_object(self.path))
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True
        return False

    def timing(self, measure: Callable[[], Timing]) -> Timing:
        """The timing that was written down, measured first where there is none."""
        if found := _read(Timing, self._content().get(_TIMING)):
            return found
        with self.running(_TIMING):
            timing = measure()
        self._write(_TIMING, dataclasses.asdict(timing))
        return timing

    def plan(self, before: str, decide: Callable[[], Plan]) -> Plan:
        """The plan that was decided on before a round, decided now where there is none."""
        if found := _read(Plan, self._content().get(_PLANS, {}).get(before)):
            return found
        plan = decide()
        self._write(_PLANS, {before: dataclasses.asdict(plan)})
        return plan

    def _content(self) -> dict[str, Any]:
        """What is written down; nothing where the file is missing or damaged."""
        try:
            content = checked(json_object(self.path))
        except (OSError, ValueError):
            return {}
        return {name: table for name, table in content.items() if isinstance(table, dict)}

    def _write(self, table: str, entries: Mapping[str, Any]) -> None:
        content = self._content()
        content[table] = {**content.get(table, {}), **entries}
        write_json(self.path, with_checksum(content))


def _read(kind: type[_T], fields: Any) -> _T | None:
    """None where there are none, or those of another version."""
    try:
        return kind(**fields)
    except TypeError:
        return None
