"""What a method is: a value that, attached to a model, turns an objective into another one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .._exceptions import ConfigError
from .._model.sites import Layers, find_embedding, find_layers
from .._random import generator
from .step import Step

Transform = Callable[[Callable[[Step], Tensor]], Callable[[Step], Tensor]]
OptimizerHook = Callable[[Optimizer], None]
ObjectiveHook = Callable[[Tensor], None]


@dataclass
class Host:
    """The model a method is attached to, and the places where it may put things.

    Args:
        model: The model without wrappers.
        depth: Number of layers L, or None if no method of this attachment needs layers.
        seed: The seed that the attachment's draws are keyed with.
        index: Number of the method in the list.
        before_optimizer_step: Called with the optimizer before each of its steps.
        after_optimizer_step: The same, afterwards.
        after_objective: Called with the objective's value when all passes of a micro-batch are run.
        before_first_step: Called once when the first step comes, to check what is settled only
            then, such as activation checkpointing.
        learning_rate_factors: Parameter name -> what its learning rate is multiplied with.
        layers: Dotted path to the model's list of blocks, if the caller named it.
    """

    model: nn.Module
    depth: int | None
    seed: int
    index: int = 0
    before_optimizer_step: list[OptimizerHook] = field(default_factory=list)
    after_optimizer_step: list[OptimizerHook] = field(default_factory=list)
    after_objective: list[ObjectiveHook] = field(default_factory=list)
    before_first_step: list[Callable[[], None]] = field(default_factory=list)
    learning_rate_factors: dict[str, float] = field(default_factory=dict)
    state: dict[str, Tensor] = field(default_factory=dict)
    layers: str | None = None

    @property
    def needs_optimizer(self) -> bool:
        """Whether the method acts on or around the optimizer."""
        return bool(
            self.before_optimizer_step or self.after_optimizer_step or self.learning_rate_factors
        )

    def find_layers(self) -> Layers:
        """The model's blocks.

        Raises:
            ModelError: If they cannot be found.
        """
        return find_layers(self.model, self.layers)

    def find_embedding(self) -> nn.Module:
        """The module that turns token ids into word vectors.

        Raises:
            ModelError: If the model does not name one.
        """
        return find_embedding(self.model)

    def generator(self, site: str) -> torch.Generator:
        """A generator for draws made once, at attach, the same in every process."""
        device = next(self.model.parameters()).device
        return generator(device, "attach", self.seed, self.index, site)

    def keep(self, name: str, tensors: dict[str, Tensor]) -> None:
        """Save `tensors` with every checkpoint, and fill them in place when one is resumed."""
        self.state.update({f"{name}.{key}": value for key, value in tensors.items()})


class Regularizer(ABC):
    """A method: a frozen dataclass of hyperparameters. All else lives in `attach`."""

    needs_layers: ClassVar[bool] = False  # replays blocks, so that passes must be recorded
    needs_start: ClassVar[bool] = False  # measures from the weights the run started from
    needs_embeddings: ClassVar[bool] = False  # perturbs the word embeddings
    is_additive: ClassVar[bool] = False  # only adds to the objective, so that this can be scaled
    can_pause: ClassVar[bool] = True  # leaves plain training behind at steps where it is not asked
    replaces_weights: ClassVar[bool] = False  # gives the model other weights when it is detached
    version: ClassVar[int] = 1  # grows when equal settings come to mean another training

    def passes(self, depth: int) -> float | None:
        """About what a step costs beside a plain one, to estimate how long a study takes.

        Args:
            depth: The number of layers of the model.

        Returns:
            2 where a second forward and backward pass is made, 1 where none is added; None where
            nobody has said it, and steps are timed.
        """
        return None

    @abstractmethod
    def attach(self, host: Host) -> AbstractContextManager[Transform]:
        """Set up on entry, undo on exit, and give the transform of the objective in between."""


def checked_methods(given: object) -> tuple[Regularizer, ...]:
    """The methods of a list.

    Raises:
        ConfigError: If it is no list, or holds anything but methods.
    """
    expected = "expected a list of methods, as in [LNSR(std=0.1), SAM()]"
    if isinstance(given, Regularizer | type | str) or not isinstance(given, Iterable):
        raise ConfigError(f"methods={given!r} is no list; {expected}")
    methods = tuple(given)
    for method in methods:
        if not isinstance(method, Regularizer):
            raise ConfigError(f"{method!r} in the list of methods is none; {expected}")
    return methods


class Penalty(Regularizer):
    """A method that adds `strength` times something it measures to the objective."""

    is_additive: ClassVar[bool] = True

    strength: float

    @abstractmethod
    def measure(self, host: Host) -> AbstractContextManager[Callable[[Step], Tensor]]:
        """Set up on entry, undo on exit, and give the penalty, a scalar, in between."""

    @final
    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Add the penalty to the objective; the task's own pass comes first."""
        name = type(self).__name__.lower()
        with self.measure(host) as penalty:

            def transform(inner: Callable[[Step], Tensor]) -> Callable[[Step], Tensor]:
                def objective(step: Step) -> Tensor:
                    loss = inner(step)
                    measured = penalty(step)
                    step.log(f"{name}_penalty", measured)
                    return loss + (self.strength * step.share) * measured

                return objective

            yield transform
