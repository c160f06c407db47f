"""What this machine has for runs: cores that this process may use, and GPUs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...records.spec import RunSpec

# Values of CUDA_VISIBLE_DEVICES that hide every device.
_NONE = ("", "-1")


def usable_cores() -> int:
    """Cores that this process may use: its affinity and the quota of its cgroup count."""
    from joblib import cpu_count

    found: int = cpu_count()
    return found


def visible_gpus() -> list[str]:
    """The CUDA devices that this process sees, as `CUDA_VISIBLE_DEVICES` names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named in _NONE:
        return []
    import torch

    if not torch.cuda.is_available():
        return []
    numbers = [str(number) for number in range(torch.cuda.device_count())]
    return numbers if named is None else named.split(",")[: len(numbers)]


def room_for(specs: Sequence[RunSpec]) -> int:
    """How many of these runs this machine has room for at a time: one per GPU, or one per core."""
    import torch

    if torch.accelerator.is_available():
        return max(1, len(visible_gpus()))
    return max(1, usable_cores() // most_threads(specs))


def most_threads(specs: Sequence[RunSpec]) -> int:
    """The largest number of CPU threads that one of these runs computes with."""
    return max((spec.threads for spec in specs), default=1)
