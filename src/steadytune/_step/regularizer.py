"""What a method is: a value that, attached to a model, turns an objective into another one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .._exceptions import ConfigError
from .._model.sites import Layers, find_embedding, find_layers, stack_paths
from .._random import generator
from .dose import Term, has_dose
from .journal import Watcher
from .step import Step

Transform = Callable[[Callable[[Step], Tensor]], Callable[[Step], Tensor]]
OptimizerHook = Callable[[Optimizer], None]
ObjectiveHook = Callable[[Tensor], None]


@dataclass
class Host:
    """The model that a method is attached to, and the places where the method puts what it adds.

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
        watchers: Told of the end of every optimizer step, and of the training's.
        learning_rate_factors: Parameter name -> what its learning rate is multiplied with.
        layers: Dotted path to the model's list of blocks, if the caller named it.
        label: Suffix of the names under which the method logs.
    """

    model: nn.Module
    depth: int | None
    seed: int
    index: int = 0
    before_optimizer_step: list[OptimizerHook] = field(default_factory=list)
    after_optimizer_step: list[OptimizerHook] = field(default_factory=list)
    after_objective: list[ObjectiveHook] = field(default_factory=list)
    before_first_step: list[Callable[[], None]] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    learning_rate_factors: dict[str, float] = field(default_factory=dict)
    state: dict[str, Tensor] = field(default_factory=dict)
    dispensable: set[str] = field(default_factory=set)
    layers: str | None = None
    label: str = ""

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

    def by_stack(self) -> list[Host]:
        """This host for each stack whose blocks are meant: the encoder, the decoder or both.

        They share all that a method puts into them. `Step.on_stack` is the step that goes with one.
        """
        paths = stack_paths(self.model, self.layers)
        if len(paths) == 1:
            return [self]
        known = self.depth is not None
        return [
            replace(self, layers=path, depth=find_layers(self.model, path).depth if known else None)
            for path in paths
        ]

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

    def keep(self, name: str, tensors: dict[str, Tensor], *, required: bool = True) -> None:
        """Save `tensors` with every checkpoint, and fill them in place when one is resumed.

        Args:
            name: Prefix of their names.
            tensors: By name.
            required: Whether a checkpoint without them is refused.
        """
        named = {f"{name}.{key}": value for key, value in tensors.items()}
        self.state.update(named)
        if not required:
            self.dispensable.update(named)

    def keep_at(
        self,
        name: str,
        tensors: dict[str, Tensor],
        wanted: Sequence[tuple[torch.device, torch.dtype]],
    ) -> dict[str, Tensor]:
        """Tensors kept under `name`, moved and cast where the model has been since.

        Args:
            name: As `keep` was given it.
            tensors: By name.
            wanted: Device and type of each.
        """
        if all((t.device, t.dtype) == w for t, w in zip(tensors.values(), wanted, strict=True)):
            return tensors
        pairs = zip(tensors.items(), wanted, strict=True)
        moved = {key: tensor.to(*place) for (key, tensor), place in pairs}
        self.keep(name, moved)
        return moved

    def penalty(
        self,
        name: str,
        strength: float,
        dose: float | None = None,
        *,
        takes_dose: bool = True,
        logged: str | None = None,
    ) -> Term:
        """A penalty that the method adds to the objective, by `Term.add_to`.

        Args:
            name: What logs call it.
            strength: Its weight, or the default of the weight that `dose` gives.
            dose: Size of its gradient relative to the task's; None to weigh by `strength`.
            takes_dose: Whether the method has the option `dose` for it.
            logged: Name of its value in the log, by default `name` with `_penalty`.
        """
        logged = logged or f"{name}_penalty"
        term = Term(self, name, strength, dose, takes_dose=takes_dose, logged=logged)
        self.watchers.append(term)
        return term


class Regularizer(ABC):
    """A method: a frozen dataclass of hyperparameters. All else lives in `attach`."""

    needs_layers: ClassVar[bool] = False  # replays blocks, so that passes must be recorded
    needs_start: ClassVar[bool] = False  # measures from the weights the run started from
    needs_embeddings: ClassVar[bool] = False  # perturbs the word embeddings
    is_additive: ClassVar[bool] = False  # only adds to the objective, so that this can be scaled
    can_pause: ClassVar[bool] = True  # leaves plain training behind at steps where it is not asked
    takes_unlabelled: ClassVar[bool] = False  # measures on examples without labels too
    replaces_weights: ClassVar[bool] = False  # gives the model other weights when it is detached
    version: ClassVar[int] = 1  # grows when equal settings come to mean another training
    no_dose: ClassVar[str] = "it adds no penalty to the objective"  # why it has no option `dose`

    def passes(self, depth: int) -> float | None:
        """About what a step costs relative to a plain one, to estimate how long a study takes.

        Args:
            depth: The number of layers of the model.

        Returns:
            2 with a second forward and backward pass, 1 without; None if unknown: steps are then
            timed.
        """
        return None

    def require_steps(self, total: int) -> None:  # noqa: B027
        """Refuse a training that is too short for the method; by default none is.

        Args:
            total: Optimizer steps of the whole training.

        Raises:
            ConfigError: If it is too short.
        """

    @abstractmethod
    def attach(self, host: Host) -> AbstractContextManager[Transform]:
        """Set up on entry, undo on exit, and give the transform of the objective in between."""


def checked_methods(given: object) -> tuple[Regularizer, ...]:
    """The methods of a list.

    Raises:
        ConfigError: If it is not a list, or holds anything but methods.
    """
    expected = "expected a list of methods, as in [LNSR(std=0.1), SAM()]"
    if isinstance(given, Regularizer | type | str) or not isinstance(given, Iterable):
        raise ConfigError(f"methods={given!r} is not a list; {expected}")
    methods = tuple(given)
    for method in methods:
        if not isinstance(method, Regularizer):
            raise ConfigError(f"{method!r} in the list of methods is not a method; {expected}")
    return methods


class Penalty(Regularizer):
    """A method that adds `strength` times something it measures to the objective.

    With a field `dose: float | None = None` the strength can be given as a dose, too. With g the
    gradient of the penalty and t that of the task's loss, both of one whole optimizer step and over
    the weights that the penalty reaches,

        strength = dose / sqrt(mean over 16 steps of (||g|| / ||t||)^2)

    clamped to 0.01 to 100 times the default. The 16 steps are the first ones on which the method
    acts, those that are not finite left out; the penalty adds nothing meanwhile. From then on the
    strength stays as it is. The log and the record of a run show it.
    """

    is_additive: ClassVar[bool] = True

    strength: float
    dose: float | None = None
    no_dose: ClassVar[str] = "its class has no field 'dose'"

    @abstractmethod
    def measure(self, host: Host) -> AbstractContextManager[Callable[[Step], Tensor]]:
        """Set up on entry, undo on exit, and give the penalty, a scalar, in between."""

    @final
    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Add the penalty to the objective; the task's own pass comes first.

        Where the blocks of two stacks are meant it is the mean of the penalty on either. Where the
        loss runs the model several times, as on the columns of a bi-encoder, a penalty on hidden
        states is measured in each run, and is the mean over the examples of all.
        """
        term = host.penalty(
            type(self).__name__.lower(), self.strength, self.dose, takes_dose=has_dose(self)
        )
        with ExitStack() as stack:
            hosts = host.by_stack() if self.needs_layers else [host]
            penalties = [stack.enter_context(self.measure(each)) for each in hosts]

            def on_rounds(part: Callable[[Step], Tensor], step: Step) -> Tensor:
                if not self.needs_layers:
                    return part(step)
                return _mean_over_rounds(part, step.rounds())

            def penalty(step: Step) -> Tensor:
                if len(penalties) == 1:
                    return on_rounds(penalties[0], step)
                parts = [on_rounds(part, step.on_stack(n)) for n, part in enumerate(penalties)]
                return torch.stack([part.to(parts[0].device) for part in parts]).mean()

            def transform(inner: Callable[[Step], Tensor]) -> Callable[[Step], Tensor]:
                def objective(step: Step) -> Tensor:
                    loss = inner(step)
                    measured = penalty(step)
                    if self.takes_unlabelled:
                        measured = step.pooled(measured, penalty)
                    return term.add_to(loss, step, measured)

                return objective

            yield transform


def _mean_over_rounds(part: Callable[[Step], Tensor], rounds: Sequence[Step]) -> Tensor:
    """What is measured in each run of the model, each example counting alike."""
    if len(rounds) == 1:
        return part(rounds[0])
    parts, counts = [], []
    for each in rounds:
        trace = each.clean.trace
        assert trace is not None
        counts.append(len(trace.hidden[0]))
        parts.append(part(each) * counts[-1])
    return torch.stack(parts).sum() / sum(counts)
