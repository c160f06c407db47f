"""Explicit randomness: seeds by hash, and a global stream that is always put back.

Nothing in steadytune draws from PyTorch's global stream behind the user's back. What a method draws
comes from stateless generators, made from a key whenever they are needed, so that a resumed run
draws what the uninterrupted one would have drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def derive_seed(*key: int | str) -> int:
    """A seed of 63 bits from any key, the same on every machine and in every process."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in key)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(device: torch.device, *key: int | str) -> torch.Generator:
    """A generator on `device` whose draws depend on `key` alone."""
    return torch.Generator(device).manual_seed(derive_seed(*key))


def process_number() -> int:
    """This process's rank in torch.distributed; 0 where that is not in use."""
    ranks = torch.distributed
    return ranks.get_rank() if ranks.is_available() and ranks.is_initialized() else 0


@dataclass(frozen=True)
class RngState:
    """A snapshot of the global streams that a forward pass on one device can draw from."""

    device: torch.device
    cpu: Tensor
    accelerator: Tensor | None

    @classmethod
    def capture(cls, device: torch.device) -> RngState:
        """Take the snapshot."""
        if device.type == "cpu":
            return cls(device, torch.get_rng_state(), None)
        return cls(device, torch.get_rng_state(), _streams(device).get_rng_state(*_place(device)))

    def restore(self) -> None:
        """Put the global streams back to where they were."""
        torch.set_rng_state(self.cpu)
        if self.accelerator is not None:
            _streams(self.device).set_rng_state(self.accelerator, *_place(self.device))


@contextmanager
def isolated_rng(device: torch.device, seed: int | None = None) -> Iterator[None]:
    """Run a block, seeded with `seed` if given; the global streams are afterwards as before."""
    before = RngState.capture(device)
    try:
        if seed is not None:
            torch.default_generator.manual_seed(seed)
            if device.type != "cpu":
                with _current(device):
                    _streams(device).manual_seed(seed)
        yield
    finally:
        before.restore()


def _streams(device: torch.device) -> Any:
    """The module that holds an accelerator's global stream, such as `torch.cuda`."""
    return torch.get_device_module(device)


def _current(device: torch.device) -> Any:
    """Makes `device` the current one, which is the one that is seeded."""
    return nullcontext() if device.type == "mps" else _streams(device).device(device)


def _place(device: torch.device) -> tuple[torch.device, ...]:
    return () if device.type == "mps" else (device,)  # Apple's has one stream and takes no device


@dataclass(frozen=True)
class Seeds:
    """The four seeds of a run, so that each source of chance can be held or varied alone.

    Args:
        head: Initial values of newly added weights.
        order: Order of the training examples.
        dropout: Dropout masks.
        method: Whatever a method draws.
    """

    head: int
    order: int
    dropout: int
    method: int

    @classmethod
    def from_run(cls, seed: int) -> Seeds:
        """The four seeds of the run whose seed is `seed`, each of 31 bits."""
        return cls(
            *(derive_seed(seed, name) >> 32 for name in ("head", "order", "dropout", "method"))
        )
