"""A model that is looked at: in evaluation mode, its passes recorded, and left as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .._exceptions import ConfigError
from .._model.sites import Layers, find_layers
from .._model.trace import Recorder, Trace, eval_mode
from .._model.unwrapped import unwrap
from .._random import isolated_rng

TARGETS = ("labels", "start_positions", "end_positions")
"""What a model takes to compute a loss, which nothing here needs."""


@dataclass(frozen=True)
class Observation:
    """What one clean pass left behind.

    Args:
        number: Number of the batch.
        inputs: The batch, on the model's device and without labels.
        trace: The hidden states and the calls of the blocks.
        outputs: What the model returned.
        mask: (batch, tokens), True for real tokens.
    """

    number: int
    inputs: dict[str, Tensor]
    trace: Trace
    outputs: Any
    mask: Tensor


@dataclass(frozen=True)
class Observer:
    """A model whose passes can be recorded, without wrappers."""

    model: nn.Module
    layers: Layers
    recorder: Recorder
    device: torch.device

    def observe(self, batches: Iterable[Mapping[str, Tensor]]) -> Iterator[Observation]:
        """A clean pass of every batch, without gradients.

        Raises:
            ConfigError: If there is no batch.
        """
        number = -1
        for number, batch in enumerate(batches):
            inputs = {k: v.to(self.device) for k, v in batch.items() if k not in TARGETS}
            with torch.no_grad(), self.recorder.recording() as traces:
                outputs = self.model(**inputs)
            trace = traces[0]
            ones = torch.ones(trace.hidden[0].shape[:2], device=self.device)
            mask = inputs.get("attention_mask", ones).bool()
            yield Observation(number, inputs, trace, outputs, mask)
        if number < 0:
            raise ConfigError("batches is empty; expected at least one batch to measure on")

    def chosen(self, injection: Sequence[int] | None) -> tuple[int, ...]:
        """The layers to inject at, all of them by default.

        Raises:
            ConfigError: If there is none, or one is out of range.
        """
        depth = self.recorder.depth
        found = tuple(range(depth) if injection is None else injection)
        if not found or not set(found) <= set(range(depth)):
            raise ConfigError(
                f"injection={list(found)} is out of range; expected layers 0 to {depth - 1}"
            )
        return found


@contextmanager
def observing(model: nn.Module, layers: str | None = None) -> Iterator[Observer]:
    """Look at `model`; its mode, its hooks and the global random state are afterwards as before.

    Args:
        model: Any model whose layers can be found.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ModelError: If the model's layers cannot be found.
    """
    bare = unwrap(model)
    found = find_layers(bare, layers)
    device = next(bare.parameters()).device
    with ExitStack() as stack:
        recorder = stack.enter_context(Recorder(found).installed())
        stack.enter_context(eval_mode(bare))
        stack.enter_context(isolated_rng(device))
        yield Observer(bare, found, recorder, device)
