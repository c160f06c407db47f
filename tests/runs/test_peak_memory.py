"""The peak of one run's memory: what an earlier run held does not count."""

from __future__ import annotations

import subprocess
import sys

import pytest

from steadytune.runs import peak_memory
from steadytune.runs.peak_memory import PeakMemory

MEGABYTES_80 = 80_000_000


# A process of its own, since one that has held much before serves new arrays from what it has kept.
MEASURE = f"""
import numpy as np
from steadytune.runs.peak_memory import PeakMemory
first = PeakMemory()
before = first.bytes
np.ones({MEGABYTES_80}, np.int8)
print(before, first.bytes, PeakMemory().bytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone can measure a peak anew")
def test_the_peak_is_measured_anew() -> None:
    command = [sys.executable, "-c", MEASURE]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    before, high, low = map(int, printed.split())
    assert 0.9 * MEGABYTES_80 < high - before < 1.5 * MEGABYTES_80
    assert low < high - 0.5 * MEGABYTES_80


def test_without_proc_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(peak_memory, "_CLEAR", peak_memory.Path("/nowhere/clear_refs"))
    assert PeakMemory().bytes is None
