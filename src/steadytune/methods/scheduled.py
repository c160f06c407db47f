"""A schedule for any method: a penalty is warmed up, any other method starts late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .._checks import check_at_least, check_choice
from .._exceptions import ConfigError
from .._step.learned import Learned
from .._step.regularizer import Host, Regularizer
from .._step.step import Step
from .._step.wrapper import Wrapper, check_wraps_method


@dataclass(frozen=True)
class Scheduled(Wrapper):
    """Warm up a penalty's strength, start a method late, or stop it early.

    With t the number of the optimizer step, from 0:

        factor(t) = 0                                   for t < start, and for t >= stop
                    min(1, (t - start) / warmup)        otherwise

    A penalty's strength is multiplied with the factor. Any other method, whose strength is not a
    single number, is on while the factor is 1: from step start + warmup to step stop. While a
    method is off, training goes on without it, bit for bit and at no cost.

    Each of the three lengths is a number of optimizer steps if it is 1 or more, and a share of the
    whole training if it is below 1. `RegularizedTrainer` knows how long the training is; in a loop
    of your own give `Step(..., total_steps=...)`, or lengths in steps.

    With `start="learned"` the rise begins when the task is learned: when the mean of the task's
    training loss over the last 16 optimizer steps, of all processes, is below 0.8 times what it was
    over the first 4. Until then the training is plain, so that a penalty, FreeLB or SAM cannot stop
    a task from being learned. If that never happens, the training ends with a warning.

    Args:
        method: The method.
        warmup: Length of the linear rise. Our default, the usual one for learning rates: the first
            tenth of the training.
        start: When the rise begins, or `learned`. Our default: at once.
        stop: When the method ends; None for never, our default.

    Cost: the method's while it is on, nothing while it is off.

    Composes with everything that the wrapped method composes with, in the same place of the list;
    wrappers wrap each other. The draws are those of the method unwrapped. A method that acts once,
    when it is attached, or all the time (R4F's head) has no schedule and is refused. HyPe without
    dropout, and a Mixout that replaces it, replace it at all steps. What a method does around the
    optimizer's steps, it does from the first step with a factor above 0, and in full.

    Differs from public code: there it is part of single methods, here it works with any.

    Reference: our own; FreeLB's public code has a late start too, its `adv_begin_iter`.
    """

    method: Regularizer
    warmup: float = 0.1
    start: float | Literal["learned"] = 0.0
    stop: float | None = None

    def __post_init__(self) -> None:
        check_wraps_method(self)
        check_at_least("warmup", self.warmup, 0)
        if isinstance(self.start, str):
            check_choice("start", self.start, ("learned",))
        else:
            check_at_least("start", self.start, 0)
        if self.stop is not None:
            check_at_least("stop", self.stop, 0)

    def passes(self, depth: int) -> float | None:
        """Those of the method while it is on, which is taken to be always."""
        return self.method.passes(depth)

    def factor(self, step: Step) -> float:
        """The factor at a step, from 0 to 1; 0 where it depends on what the training has come to.

        Raises:
            ConfigError: If a length is a share of a training whose length is not known.
        """
        if isinstance(self.start, str):
            return 0.0
        return self._since(self._in_steps("start", self.start, step), step)

    def pace(self, host: Host) -> Callable[[Step], float]:
        """The factor at each step of the training on a host."""
        if not isinstance(self.start, str):
            return self.factor
        learned = Learned(host, type(self.method).__name__.lower())

        def pace(step: Step) -> float:
            return 0.0 if learned.start is None else self._since(learned.start, step)

        return pace

    def _since(self, start: float, step: Step) -> float:
        """The factor at a step, where the rise began at step `start`."""
        assert step.step is not None
        since = step.step - start
        over = self.stop is not None and step.step >= self._in_steps("stop", self.stop, step)
        if since < 0 or over:
            return 0.0
        warmup = self._in_steps("warmup", self.warmup, step)
        return min(1.0, since / warmup) if warmup > 0 else 1.0

    def _in_steps(self, name: str, length: float, step: Step) -> float:
        if length >= 1 or length == 0:
            return length
        if step.total_steps is None:
            raise ConfigError(
                f"{name}={length} is a share of a training whose length is not known; "
                "give a number of steps, or Step(..., total_steps=...)"
            )
        return length * step.total_steps
