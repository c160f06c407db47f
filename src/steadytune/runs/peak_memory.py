"""The most memory that one run held, also in a process that makes run after run."""

from __future__ import annotations

from pathlib import Path

import torch

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"  # what clear_refs takes as "start to measure the peak of resident memory anew"


class PeakMemory:
    """Measures from its making on: memory of the GPU where there is one, else of the process.

    The process's is what lies in main memory, its libraries included. Linux alone can measure it
    anew for every run.
    """

    def __init__(self) -> None:
        self._cuda = torch.cuda.is_available()
        if self._cuda:
            torch.cuda.init()
            torch.cuda.reset_peak_memory_stats()
        self._is_measured = self._cuda or _reset_resident_peak()

    @property
    def bytes(self) -> int | None:
        """The peak so far; None where it cannot be measured."""
        if not self._is_measured:
            return None
        return torch.cuda.max_memory_allocated() if self._cuda else _resident_peak()


def _reset_resident_peak() -> bool:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _resident_peak() -> int | None:
    """The high-water mark of resident memory, which Linux gives in units of 1024 bytes."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return 1024 * int(found[0]) if found else None
