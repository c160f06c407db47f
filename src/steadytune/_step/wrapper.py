"""Methods that decide when, or how strongly, another method acts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar, final

import torch
from torch import Tensor

from .._exceptions import ConfigError
from .regularizer import Host, Regularizer, Transform
from .step import Step

T = TypeVar("T")


class Wrapper(Regularizer):
    """A method around another one, its field `method`: it says at each step how much of it acts.

    A penalty is multiplied with the step's factor, and not even measured where that is 0. Any
    other method acts in full where the factor is at least 1, and not at all elsewhere. What a
    method does around the optimizer's steps it does where it acts on the objective.
    """

    method: Regularizer

    no_dose: ClassVar[str] = "the method in its brackets may have one"

    # Instances answer for the method they wrap, where the classes of other methods answer.
    @property
    def needs_layers(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method replays blocks."""
        return self.method.needs_layers

    @property
    def needs_start(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method measures from the starting weights."""
        return self.method.needs_start

    @property
    def can_pause(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method leaves plain training behind where it is not asked."""
        return self.method.can_pause

    @property
    def takes_unlabelled(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method measures on examples without labels too."""
        return self.method.takes_unlabelled

    @property
    def replaces_weights(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method gives the model other weights when it is detached."""
        return self.method.replaces_weights

    @property
    def needs_embeddings(self) -> bool:  # type: ignore[override]
        """Whether the wrapped method perturbs the word embeddings."""
        return self.method.needs_embeddings

    def require_steps(self, total: int) -> None:
        """The wrapped method's answer: its own steps are counted over the whole training."""
        self.method.require_steps(total)

    @abstractmethod
    def factor(self, step: Step) -> float:
        """How much of the method acts at a step, at least 0."""

    def pace(self, host: Host) -> Callable[[Step], float]:
        """`factor`, or for a wrapper that watches the training what takes its place on a host."""
        return self.factor

    @final
    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Attach the wrapped method, and let it act by the step's factor.

        Raises:
            ConfigError: If the wrapped method acts at no step, but when it is attached alone, or
                changes the model for as long as it is attached.
        """
        self._require_pauses()
        inside = replace(
            host, before_optimizer_step=[], after_optimizer_step=[], after_objective=[]
        )
        with self.method.attach(inside) as transform:
            gate = _Gate()
            host.before_optimizer_step += map(gate.guarded, inside.before_optimizer_step)
            host.after_optimizer_step += map(gate.guarded, inside.after_optimizer_step)
            host.after_objective += map(gate.guarded, inside.after_objective)
            self._require_acts(host, transform)
            pace = self.pace(host)
            yield lambda inner: self._objective(inner, transform, gate, pace)

    def _objective(
        self,
        inner: Callable[[Step], Tensor],
        transform: Transform,
        gate: _Gate,
        pace: Callable[[Step], float],
    ) -> Callable[[Step], Tensor]:
        additive = adds_penalty(self.method)
        whole = transform(_nothing if additive else inner)

        def objective(step: Step) -> Tensor:
            factor = pace(step)
            gate.open = factor > 0 if additive else factor >= 1
            if additive:
                loss = inner(step)
                return loss + factor * whole(step.strengthened(factor)) if gate.open else loss
            return whole(step) if gate.open else inner(step)

        return objective

    def _require_pauses(self) -> None:
        if not self.method.can_pause:
            name = type(self.method).__name__
            raise ConfigError(
                f"{type(self).__name__} cannot wrap {name}, which changes the model for as long as "
                f"it is attached; use {name} by itself"
            )

    def _require_acts(self, host: Host, transform: Transform) -> None:
        hooks = host.before_optimizer_step or host.after_optimizer_step or host.after_objective
        if host.learning_rate_factors or (transform(_nothing) is _nothing and not hooks):
            name = type(self.method).__name__
            raise ConfigError(
                f"{type(self).__name__} cannot wrap {name}, which acts once, when it is attached; "
                f"use {name} by itself"
            )


@dataclass
class _Gate:
    """Whether the wrapped method acts at the present step."""

    open: bool = False

    def guarded(self, hook: Callable[[T], None]) -> Callable[[T], None]:
        """The hook, called only while the gate is open."""

        def call(given: T) -> None:
            if self.open:
                hook(given)

        return call


def adds_penalty(method: Regularizer) -> bool:
    """Whether a method, or the one inside its wrappers, only adds to the objective."""
    return innermost_method(method).is_additive


def innermost_method(method: Regularizer) -> Regularizer:
    """A method without its wrappers."""
    while isinstance(method, Wrapper):
        method = method.method
    return method


def check_wraps_method(wrapper: Wrapper) -> None:
    """A wrapper's field `method` must be a method.

    Raises:
        ConfigError: If it is a class, a name or anything else.
    """
    given = wrapper.method
    if not isinstance(given, Regularizer):
        raise ConfigError(
            f"method={given!r} is not a method; "
            f"give one with its options, as in {type(wrapper).__name__}(LNSR(std=0.1))"
        )


def _nothing(step: Step) -> Tensor:
    """The objective of nothing, to which a penalty adds itself alone."""
    return torch.zeros((), device=step.device)
