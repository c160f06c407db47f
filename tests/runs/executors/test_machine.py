"""What this machine has for runs, and how many of them fit in it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from steadytune.runs.executors import _machine
from steadytune.runs.executors._machine import most_threads, room_for, visible_gpus
from tests.run_records import make_spec


def with_gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch, "accelerator", SimpleNamespace(is_available=lambda: count > 0))


@pytest.mark.parametrize(
    ("variable", "count", "found"),
    [
        (None, 0, []),
        (None, 2, ["0", "1"]),
        ("", 0, []),
        ("-1", 0, []),
        ("3,GPU-8f2a", 2, ["3", "GPU-8f2a"]),
        ("1,7", 1, ["1"]),  # CUDA stops at the first number that is not a device
    ],
)
def test_gpus_are_named_as_the_variable_names_them(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, count: int, found: list[str]
) -> None:
    with_gpus(monkeypatch, count)
    if variable is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)
    assert visible_gpus() == found


@pytest.mark.parametrize(
    ("cores", "gpus", "threads", "room"), [(8, 0, 1, 8), (8, 0, 3, 2), (2, 0, 4, 1), (8, 2, 1, 2)]
)
def test_room_is_a_core_for_every_thread_or_a_gpu(
    monkeypatch: pytest.MonkeyPatch, cores: int, gpus: int, threads: int, room: int
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(_machine, "usable_cores", lambda: cores)
    with_gpus(monkeypatch, gpus)
    assert room_for([make_spec(1, threads=threads), make_spec(2)]) == room


def test_the_most_threads_count() -> None:
    assert most_threads([]) == 1
    assert most_threads([make_spec(1), make_spec(2, threads=4)]) == 4
