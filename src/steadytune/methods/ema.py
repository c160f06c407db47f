"""Averaged weights: EMA, and its bias-corrected form BEMA (Block and Zhang, 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from .. import functional
from .._checks import check_at_least, check_share
from .._exact import exact, exact_dtype
from .._exceptions import ConfigError
from .._step.regularizer import Host, Regularizer, Transform


@dataclass(frozen=True)
class EMA(Regularizer):
    """End with a running average of the weights instead of the last ones.

    With w_t the trained weights after step t, and w_0 those before the first:

        average_t = (1 - b_t) * average_(t-1) + b_t * w_t,     average_0 = w_0
        b_t       = (lag + t) ** -power, or 1 - decay

    Training itself does not change, bit for bit. The model gets the average when the block of
    `attach` ends, or `train()` of the trainer does; after an exception it keeps the last weights.
    With `bias_power` it gets average_T + (lag + T) ** -bias_power * (w_T - w_0), which corrects for
    how far the average lags behind (BEMA).

    Args:
        power: How fast a step's share in the average falls. Default: BEMA's, 0.5, which averages
            over about the last 2 * sqrt(t) steps.
        lag: Number of steps added to t. Default: BEMA's.
        bias_power: The exponent of the correction; None for none. BEMA's authors use 0.2.
        decay: A constant share of the old average instead, such as 0.99. Do not choose it too close
            to 1: at 0.999, after 200 steps the starting weights are 82 % of the average.

    Cost: one copy of the trainable weights, two with `bias_power`, in float32 at least, and a pass
    over them per step.

    Composes with every other method. Checkpoints have the last weights and the
    average. A trainer that restores the best epoch's weights (`load_best_model_at_end`) is refused:
    the average would replace them.

    Differs from the public code: TRL's BEMACallback updates every 400 steps by default and saves
    the averaged model beside the trained one. Here every step counts, and the model is the average.

    Reference: Block, Zhang: EMA Without the Lag: Bias-Corrected Iterate Averaging Schemes, 2025,
    arXiv 2508.00180; Izmailov et al.: Averaging Weights Leads to Wider Optima and Better
    Generalization, UAI 2018, arXiv 1803.05407.
    """

    power: float = 0.5
    lag: float = 10.0
    bias_power: float | None = None
    decay: float | None = None

    replaces_weights: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("power", self.power, 0)
        check_at_least("lag", self.lag, 0)
        if self.bias_power is not None:
            check_at_least("bias_power", self.bias_power, 0)
        if self.decay is not None:
            check_share("decay", self.decay)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Follow the weights; at the end, give the model their average.

        Raises:
            ConfigError: If no weight of the model is trained.
        """
        average = _Average(self, host)
        host.before_optimizer_step.append(average.begin)
        host.after_optimizer_step.append(average.follow)
        yield lambda inner: inner
        average.take_over()

    def share_of(self, step: int) -> float:
        """b_t: how much of the average the weights after a step become."""
        if self.decay is not None:
            return 1 - self.decay
        return functional.power_of_age(step, self.power, self.lag)


@dataclass
class _Average:
    """The running average of one training; its tensors are saved with every checkpoint."""

    method: EMA
    host: Host
    weights: dict[str, nn.Parameter] = field(init=False)
    mean: dict[str, Tensor] = field(init=False)
    start: dict[str, Tensor] = field(init=False)
    steps: Tensor = field(init=False)

    def __post_init__(self) -> None:
        named = self.host.model.named_parameters()
        self.weights = {name: p for name, p in named if p.requires_grad}
        if not self.weights:
            raise ConfigError(
                f"{type(self.host.model).__name__} has no weight that is trained; "
                "unfreeze some, or leave EMA out"
            )
        corrected = self.method.bias_power is not None
        self.mean = {name: exact(p.detach()).clone() for name, p in self.weights.items()}
        self.start = {n: v.clone() for n, v in self.mean.items()} if corrected else {}
        self.steps = torch.zeros((), dtype=torch.int64)
        self.host.keep("average", self.mean)
        self.host.keep("start", self.start)
        self.host.keep("average", {"steps": self.steps})

    @torch.no_grad()
    def begin(self, optimizer: Any) -> None:
        """Start from the weights before the first step that counts."""
        self._move()
        if self.steps:
            return
        for kept in (self.mean, self.start):
            for name, value in kept.items():
                value.copy_(self.weights[name])

    def _move(self) -> None:
        """Go where the model was moved and cast to since."""
        wanted = [(weight.device, exact_dtype(weight)) for weight in self.weights.values()]
        self.mean = self.host.keep_at("average", self.mean, wanted)
        if self.start:
            self.start = self.host.keep_at("start", self.start, wanted)

    @torch.no_grad()
    def follow(self, optimizer: Any) -> None:
        """Take the weights after a step into the average."""
        self.steps += 1
        update = get_ema_multi_avg_fn(1 - self.method.share_of(int(self.steps)))
        update(list(self.mean.values()), [exact(p.detach()) for p in self.weights.values()], None)

    @torch.no_grad()
    def take_over(self) -> None:
        """Give the model the average, where there was a step."""
        if not self.steps:
            return
        self._move()
        correction = 0.0
        if self.method.bias_power is not None:
            step, lag = int(self.steps), self.method.lag
            correction = functional.power_of_age(step, self.method.bias_power, lag)
        for name, weight in self.weights.items():
            moved = weight - self.start[name] if self.start else torch.zeros_like(weight)
            weight.copy_(self.mean[name] + correction * moved)
