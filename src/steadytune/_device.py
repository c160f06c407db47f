"""The device that models run on."""

from __future__ import annotations

import torch


def usable_device() -> torch.device:
    """The accelerator if there is one, else the CPU.

    A PyTorch that was built for an accelerator names it also on machines that have none.
    """
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found or torch.device("cpu")
