"""The device that models run on."""

from __future__ import annotations

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
