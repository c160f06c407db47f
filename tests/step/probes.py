"""Methods that look at a step, or at what is around it, for the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from steadytune import Host, Penalty, Regularizer, Step, Transform

Objective = Callable[[Step], Tensor]


@dataclass(frozen=True)
class Measured(Penalty):
    """A penalty given as a function of the step."""

    value: Callable[[Step], Tensor]
    strength: float = 1.0

    @contextmanager
    def measure(self, host: Host) -> Iterator[Objective]:
        yield self.value


@dataclass(frozen=True)
class Around(Regularizer):
    """Calls `change(inner, step)` in place of the objective `inner`."""

    change: Callable[[Objective, Step], Tensor]
    needs_embeddings = True

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        yield lambda inner: lambda step: self.change(inner, step)


@dataclass(frozen=True)
class Hosted(Regularizer):
    """Shows its host to a function, and changes nothing."""

    see: Callable[[Host], None]

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        self.see(host)
        yield lambda inner: lambda step: inner(step)
