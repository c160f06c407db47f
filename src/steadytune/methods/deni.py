"""DENI: an average of noisy copies, late in training (Pecher et al., Findings of EMNLP 2024)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from .. import functional
from .._checks import check_at_least, check_choice, check_count
from .._exceptions import ConfigError
from .._model.head import new_parameters
from .._model.unwrapped import without_adapters
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step

Scope = Literal["auto", "head", "all"]


@dataclass(frozen=True)
class DENI(Regularizer):
    """End with the average of noisy copies made late in training.

    Training is plain up to step `start`. What is left is `rounds` times `copies` stretches of equal
    length. With w_r the weights when round r begins, copy k of it begins from

        w_r                        for k = 1
        w_r + std * std(w_r) * z   for k > 1,    z ~ N(0, 1), an entry each

    where std(w_r) is that of the entries of one tensor. After each copy's steps, the round ends:

        w_(r+1) = mean of the weights at the end of its copies

    The next round begins from that mean, and the mean of the last round is the model.

    Args:
        std: Standard deviation of the noise, relative to that of a tensor's entries. Default: the
            public code's, the square root of 0.15. A tensor with one entry gets no noise.
        copies: Copies a round, the one without noise among them. Our default; the authors compare
            with ensembles of ten.
        rounds: How often copies are made and averaged. Our default.
        start: When the first round begins: a share of the training below 1, or a number of
            optimizer steps. Our default.
        length: Optimizer steps of each copy. None, our default, shares the rest of the training
            equally. With a number, training continues plainly after the last round.
        scope: What gets noise: `head`, the newly initialised parameters; `all` that is trained; or
            `auto`, the head, and all that is trained where adapters are. The default is the public
            code's choice.
        restart: Whether the optimizer forgets its averages of gradients when a noisy copy begins,
            as in the public code. Our default keeps them.

    Cost: no pass is added. Two copies of the trained weights.

    Composes with every other method that acts at every step; `scheduled` and `every` are refused,
    since it has a start of its own. The learning rate goes on as scheduled: where it falls to zero,
    the later copies of a round move less and lose less of their noise. Checkpoints have the copy in
    training, w_r and the mean so far. Weights in the middle of a round, when an epoch is evaluated,
    are those of one copy. A trainer that restores the best epoch's weights is refused.

    Differs from the public code: there the copies of a round train at the same time, on the same
    batches, so that ten copies cost ten passes a step; here they take turns. Its rounds are apart,
    with noise of std / sqrt(step), and its last copies stay an ensemble that votes; here they
    become one model. We could read the authors' code, not the paper's text.

    Reference: Pecher, Cegin, Belanec, Simko, Srba, Bielikova: Fighting Randomness with Randomness:
    Mitigating Optimisation Instability of Fine-Tuning using Delayed Ensemble and Noisy
    Interpolation, Findings of EMNLP 2024, arXiv 2406.12471.
    """

    std: float = 0.39
    copies: int = 3
    rounds: int = 2
    start: float = 0.5
    length: int | None = None
    scope: Scope = "auto"
    restart: bool = False

    replaces_weights: ClassVar[bool] = True
    can_pause: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_at_least("std", self.std, 0)
        check_count("copies", self.copies, 1)
        check_count("rounds", self.rounds, 1)
        check_at_least("start", self.start, 0)
        if self.length is not None:
            check_count("length", self.length, 1)
        check_choice("scope", self.scope, ("auto", "head", "all"))

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    def require_steps(self, total: int) -> None:
        """Every copy needs a step."""
        self.edges(total)

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Make the copies and average them; at the end, give the model the last average.

        Raises:
            ConfigError: If no weight of the model is trained, or none that would get noise.
        """
        copies = _Copies(self, host)
        host.before_optimizer_step.append(copies.begin)
        host.after_optimizer_step.append(copies.follow)
        yield lambda inner: lambda step: inner(copies.seen(step))
        copies.take_over()

    def edges(self, total: int | None) -> list[int]:
        """The step at which each copy begins, and the one at which the last round is over.

        Args:
            total: Optimizer steps of the whole training, where they are known.

        Raises:
            ConfigError: If that depends on a total that is not known, or does not fit into it.
        """
        count = self.copies * self.rounds
        if total is None and (0 < self.start < 1 or self.length is None):
            raise ConfigError(
                f"start={self.start:g} and length={self.length} depend on how long the training "
                "is, which is not known; give both in steps, or Step(..., total_steps=...)"
            )
        start = round(self.start if self.start >= 1 else self.start * (total or 0))
        stop = (total or 0) if self.length is None else start + count * self.length
        if stop - start < count or (total is not None and stop > total):
            raise ConfigError(
                f"{count} copies of {self.length or 1} steps or more do not fit between step "
                f"{start} and the end of the training, step {total}; give fewer copies or rounds, "
                "or an earlier start"
            )
        return functional.equal_parts(start, stop, count)


@dataclass
class _Copies:
    """The copies of one training; its tensors are saved with every checkpoint."""

    method: DENI
    host: Host
    weights: dict[str, nn.Parameter] = field(init=False)
    noisy: frozenset[str] = field(init=False)
    origin: dict[str, Tensor] = field(init=False)
    mean: dict[str, Tensor] = field(init=False)
    place: Tensor = field(init=False)
    edges: list[int] | None = None
    done: int = 0  # steps, the one that is computed included

    def __post_init__(self) -> None:
        model = self.host.model
        self.weights = {n: p for n, p in model.named_parameters() if p.requires_grad}
        if not self.weights:
            raise ConfigError(
                f"{type(model).__name__} has no weight that is trained; unfreeze some, or leave "
                "DENI out"
            )
        self.noisy = self._noisy()
        self.origin = {name: p.detach().clone() for name, p in self.weights.items()}
        self.mean = {name: value.clone() for name, value in self.origin.items()}
        # copies begun, one more when all have ended; copies of the round in the mean
        self.place = torch.zeros(2, dtype=torch.int64)
        self.host.keep("origin", self.origin)
        self.host.keep("mean", self.mean)
        self.host.keep("copies", {"place": self.place})

    def _noisy(self) -> frozenset[str]:
        """Names of the weights that get noise."""
        model, scope = self.host.model, self.method.scope
        adapted = without_adapters(model) is not model
        if scope == "all" or (scope == "auto" and adapted):
            return frozenset(self.weights)
        head = new_parameters(model) & self.weights.keys()
        if not head:
            raise ConfigError(
                f"{type(model).__name__} has no new head that is trained, and DENI's noise would "
                "go there; give scope='all'"
            )
        return head

    def seen(self, step: Step) -> Step:
        """The step, after its number was noted."""
        assert step.step is not None
        if self.edges is None:
            self.edges = self.method.edges(step.total_steps)
        self.done = step.step + 1
        return step

    @torch.no_grad()
    def begin(self, optimizer: Any) -> None:
        """Before the first step: begin a round that starts there."""
        assert self.edges is not None
        self._move()
        if not self.place[0] and self.edges[0] == 0:
            self._begin_round(self.weights)
            self.place[0] = 1

    @torch.no_grad()
    def follow(self, optimizer: Any) -> None:
        """After a step: where a copy has ended, take it into the mean and begin the next."""
        assert self.edges is not None
        begun, due = int(self.place[0]), bisect_right(self.edges, self.done)
        if due == begun:
            return
        copies = self.method.copies
        if begun:
            self._take_in()
        if not begun or (due - 1) // copies > (begun - 1) // copies:
            self._begin_round(self.mean if begun else self.weights)
        if (due - 1) % copies:
            self._begin_copy(due, optimizer)
        self.place[0] = due

    @torch.no_grad()
    def take_over(self) -> None:
        """Give the model the mean of the round, where its copies have not all ended."""
        begun, edges = int(self.place[0]), self.edges or []
        if not 0 < begun < len(edges):
            return
        self._move()
        if self.done > edges[begun - 1]:  # a copy without a step is noise alone
            self._take_in()
        if self.place[1]:
            self._put(self.mean)

    def _move(self) -> None:
        """Go where the model was moved and cast to since."""
        wanted = [(weight.device, weight.dtype) for weight in self.weights.values()]
        self.origin = self.host.keep_at("origin", self.origin, wanted)
        self.mean = self.host.keep_at("mean", self.mean, wanted)

    def _take_in(self) -> None:
        self.place[1] += 1
        for name, weight in self.weights.items():
            self.mean[name].lerp_(weight, 1 / int(self.place[1]))

    def _begin_round(self, weights: dict[str, Any]) -> None:
        self._put(weights)
        for name, value in self.origin.items():
            value.copy_(self.weights[name])
        self.place[1] = 0

    def _begin_copy(self, number: int, optimizer: Any) -> None:
        self._put(self.origin)
        for name in sorted(self.noisy):
            weight = self.weights[name]
            generator = self.host.generator(f"copy {number} {name}")
            draws = torch.randn(
                weight.shape,
                generator=generator,
                device=generator.device,
                dtype=torch.promote_types(weight.dtype, torch.float32),
            ).to(weight.device)
            weight.copy_(functional.relatively_noisy_weight(weight, draws, self.method.std))
        if self.method.restart:
            for weight in self.weights.values():
                optimizer.state.pop(weight, None)

    def _put(self, values: dict[str, Any]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(values[name])
