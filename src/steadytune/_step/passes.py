"""One pass of a model, and what all passes around one model share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .._exceptions import ConfigError
from .._model.embedding_site import EmbeddingSite
from .._model.trace import Recorder, Trace
from .._model.unwrapped import unwrap
from .._random import RngState
from .journal import Journal


@dataclass(frozen=True)
class Pass:
    """One forward pass.

    Args:
        loss: The task's loss, a scalar.
        outputs: What the model returned.
        rng: The global streams as the pass found them; from there it can be repeated exactly.
        traces: What its blocks left behind, if a method replays blocks: for each stack one trace a
            round, which is a run of the model by the loss.
        stack: Number of the stack that `trace` is of.
        round: Number of the round that `trace` is of.
    """

    loss: Tensor
    outputs: Any
    rng: RngState
    traces: tuple[Sequence[Trace], ...] = ()
    stack: int = 0
    round: int = 0

    @property
    def trace(self) -> Trace | None:
        """What the blocks left behind; those of one stack, and in one round, of several."""
        return self.traces[self.stack][self.round] if self.traces else None

    @property
    def logits(self) -> Tensor:
        """The model's logits, (batch, classes) for a classifier.

        Raises:
            ConfigError: If the model returned none, as with a loss fused into the language head.
        """
        found = self.outputs.get("logits") if isinstance(self.outputs, Mapping) else None
        if not isinstance(found, Tensor):
            raise ConfigError(
                "the model returned no logits, which a method in use compares; "
                "use a model and a trainer that return them"
            )
        return found


@dataclass
class Session:
    """What `attach` put around one model, shared by all steps: hooks, the seed and a counter."""

    model: nn.Module
    seed: int
    recorders: tuple[Recorder, ...]  # one a stack, if a method replays blocks
    site: EmbeddingSite | None
    position: tuple[int, int] = (0, 0)  # of the next call: optimizer step, micro-batch within it
    counts: bool = False  # whether the steps are counted here, and not by the loop
    stacks: tuple[str | None, ...] = (None,)  # paths to the blocks, where the caller named them
    labels: tuple[str, ...] = ()  # what is put behind the names of what each method logs
    outputs: Any = None
    ran: bool = False  # whether the present call has run the model
    passes: int = 0  # how many have been run in all
    beside: bool = False  # whether a penalty is being measured on unlabelled examples
    takes_unlabelled: bool = False  # whether any method has a use for such examples
    journal: Journal = field(default_factory=Journal)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Measure on unlabelled examples in a block."""
        self.beside = True
        try:
            yield
        finally:
            self.beside = False


def no_loss(model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
    """Nothing, where there are no labels, and the outputs."""
    return torch.zeros((), device=next(model.parameters()).device), model(**inputs)


def count_examples(batch: Mapping[str, Any]) -> int:
    """How many examples a batch has."""
    return next(len(value) for value in batch.values() if isinstance(value, Tensor))


def own_loss(model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
    """The model's own loss, and the outputs.

    Raises:
        ConfigError: If there is none, as without labels.
    """
    outputs = model(**inputs)
    loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs[0]
    if not isinstance(loss, Tensor):
        raise ConfigError(
            f"{type(unwrap(model)).__name__} returned no loss; the batch needs labels, it has "
            f"{', '.join(inputs)}; give examples without labels next to a labelled batch, as "
            "Step(model, batch, unlabelled=...)"
        )
    return loss, outputs
