"""The device that models run on, and what is switched for all that runs there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def usable_device() -> torch.device:
    """The accelerator if there is one, else the CPU.

    A PyTorch that was built for an accelerator names it also on machines that have none.
    """
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found or torch.device("cpu")


def settled_precision(precision: str) -> str:
    """What `auto` stands for on this machine: bf16 where its GPU has it, fp32 elsewhere."""
    if precision != "auto":
        return precision
    has_bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if has_bf16 else "fp32"


@contextmanager
def switches_kept() -> Iterator[None]:
    """Put back what fields of `TrainingArguments` switch for the whole process.

    `tf32` and `full_determinism` of one run would else hold for all later runs of a worker.
    """
    backends = torch.backends
    tf32 = _tf32()
    cudnn = backends.cudnn.deterministic, backends.cudnn.benchmark
    deterministic = torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        yield
    finally:
        for place, name, value in tf32:
            setattr(place, name, value)
        backends.cudnn.deterministic, backends.cudnn.benchmark = cudnn
        torch.use_deterministic_algorithms(deterministic, warn_only=warns)


def _tf32() -> list[tuple[object, str, object]]:
    backends = torch.backends
    places: list[tuple[object, str]] = [(backends, "fp32_precision")]
    if not hasattr(backends, "fp32_precision"):  # before PyTorch 2.9
        places = [(backends.cuda.matmul, "allow_tf32"), (backends.cudnn, "allow_tf32")]
    return [(place, name, getattr(place, name)) for place, name in places]
