"""Child-Tuning: train a subnetwork and hold the other weights in place (Xu et al., EMNLP 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import functional
from .._checks import check_choice, check_count, check_share
from .._exceptions import ConfigError
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step
from ..functional._bernoulli import drawn_share

Kind = Literal["free", "driven"]
Scope = Literal["auto", "all", "layers"]
FisherPhase = Literal["frozen", "plain"]


@dataclass(frozen=True)
class ChildTuning(Regularizer):
    """Update only a part of the weights, the child network; the others do not move at all.

    With g the gradient, M the 0/1 mask of the child network and p its share of the weights:

        free:    g <- g * M / p,   M ~ Bernoulli(p), drawn anew for every optimizer step
        driven:  g <- g * M,       M = the share p of weights with the largest F, fixed
                 F = 1/n * sum over n batches of (gradient of the batch)^2, entry by entry

    Gradients are masked as they are made, so that clipping sees the child network alone. Weights
    outside of it are put back, bit for bit, after the optimizer's step: weight decay and momentum
    do not move them either.

    Args:
        kind: `free` (Child-Tuning-F) or `driven` (Child-Tuning-D). Default: ours, as it needs no
            Fisher information.
        share: p, above 0 and at most 1. Default: that of the public run script.
        scope: The weights that are masked; all others train in full: `all`, or `layers`, those
            inside the model's blocks. `auto`, the default, is the public code's choice: `all` for
            `free`, and `layers` for `driven`.
        fisher_steps: n, the number of optimizer steps that F is measured over. Only for `driven`;
            our default.
        fisher_phase: What the n steps at the start do. `frozen`, the default, moves no weight: F is
            taken at the starting point, as in the paper, and the child network starts from it, but
            n steps of the training are spent. `plain` trains all weights meanwhile: no step is
            lost, and the weights outside the child network stay where these n steps leave them.

    Cost: one forward and backward pass per step; also one read and write of gradients and weights
    and, with `free`, the draws. Memory for a mask as large as the weights, and during the
    optimizer's step for a copy of them; with `driven`, also for F, in float32 at least, which is
    saved with every checkpoint.

    Composes with every method. Later methods in the list that move weights around the optimizer's
    steps are held to the child network too.

    Differs from the public code: that lets weight decay, and for `free` momentum, move weights
    outside the child network, and masks after clipping. For F it clips the gradient of each
    parameter by itself before squaring. It measures F on the whole training set before training;
    here it comes from the gradients of the first n optimizer steps, as the optimizer sees them:
    averaged over accumulated batches and processes, and clipped. Steps whose gradients overflow are
    not counted.

    Reference: Xu, Luo, Zhang, Tan, Chang, Huang, Huang: Raise a Child in Large Language Model:
    Towards Effective and Generalizable Fine-tuning, EMNLP 2021, arXiv 2109.05687.
    """

    kind: Kind = "free"
    share: float = 0.3
    scope: Scope = "auto"
    fisher_steps: int = 20
    fisher_phase: FisherPhase = "frozen"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("free", "driven"))
        check_share("share", self.share)
        check_choice("scope", self.scope, ("auto", "all", "layers"))
        check_count("fisher_steps", self.fisher_steps, 1)
        check_choice("fisher_phase", self.fisher_phase, ("frozen", "plain"))

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """The objective, its gradients masked, until the optimizer has taken its step.

        Raises:
            ConfigError: If the scope has no trainable weight.
        """
        parameters = self._parameters(host)
        source = (
            _FreeMasks(self.share)
            if self.kind == "free"
            else _DrivenMasks(host, parameters, options=self)
        )
        child = _Child(host.model, parameters, source)
        host.before_optimizer_step.append(child.before_step)
        host.after_optimizer_step.append(child.after_step)
        with child.hooked():
            yield lambda inner: partial(child.objective, inner)

    def _parameters(self, host: Host) -> dict[str, nn.Parameter]:
        """The trainable parameters in the scope, tied ones once."""
        found = {name: p for name, p in host.model.named_parameters() if p.requires_grad}
        if self.scope == "layers" or (self.scope == "auto" and self.kind == "driven"):
            blocks = [block for each in host.by_stack() for block in each.find_layers().modules]
            inside = {id(parameter) for block in blocks for parameter in block.parameters()}
            found = {name: p for name, p in found.items() if id(p) in inside}
        if not found:
            raise ConfigError(
                f"scope={self.scope!r} has no trainable weight of "
                f"{type(host.model).__name__}; unfreeze some, or give scope='all'"
            )
        return found


Masks = dict[str, Tensor]


class _FreeMasks:
    """Masks that are drawn anew for every optimizer step, the same in every process."""

    def __init__(self, share: float) -> None:
        self.scale = 1 / drawn_share(share)  # the mean over masks is the gradient exactly
        self._share = share

    def of_step(self, step: Step, parameters: dict[str, nn.Parameter]) -> Masks:
        generator = step.parameter_generator("mask")
        return {
            name: functional.bernoulli_mask(p.detach(), self._share, generator)
            for name, p in parameters.items()
        }

    def learn(self, optimizer: Optimizer, parameters: dict[str, nn.Parameter]) -> None:
        """Nothing has to be learned."""


class _DrivenMasks:
    """The weights with the largest Fisher information; no masks until it is known."""

    scale = 1.0

    def __init__(
        self, host: Host, parameters: dict[str, nn.Parameter], options: ChildTuning
    ) -> None:
        self._options = options
        self._fixed: Masks = {}
        self._fisher = {
            name: torch.zeros_like(p, dtype=torch.promote_types(p.dtype, torch.float32))
            for name, p in parameters.items()
        }
        self._seen = torch.zeros((), dtype=torch.int64)
        host.keep("fisher", self._fisher)
        host.keep("fisher_steps", {"seen": self._seen})

    @property
    def _known(self) -> bool:
        return self._seen.item() >= self._options.fisher_steps

    def of_step(self, step: Step, parameters: dict[str, nn.Parameter]) -> Masks:
        if self._known and not self._fixed:
            masks = functional.largest_share(list(self._fisher.values()), self._options.share)
            self._fixed = {
                name: mask.to(parameters[name])
                for name, mask in zip(self._fisher, masks, strict=True)
            }
        return self._fixed

    @torch.no_grad()
    def learn(self, optimizer: Optimizer, parameters: dict[str, nn.Parameter]) -> None:
        """Add the squares of the gradients that the optimizer is about to use.

        Gradients that overflowed tell nothing: another step is measured in place of theirs.
        """
        if self._known:
            return
        found = {n: g for n in self._fisher if (g := parameters[n].grad) is not None}
        if _all_finite(found.values()):
            self._measure(found, getattr(optimizer, "grad_scale", None))
        if self._options.fisher_phase == "frozen":
            # An optimizer leaves weights without a gradient, and its own state, as they are.
            optimizer.zero_grad(set_to_none=True)

    def _measure(self, gradients: dict[str, Tensor], scale: Tensor | None) -> None:
        """Count one step; `scale` is what a fused optimizer has yet to divide the gradients by."""
        for name, gradient in gradients.items():
            fisher = self._fisher[name]
            exact = gradient.to(fisher.dtype)
            if scale is not None:
                exact = exact / scale.to(exact.device, exact.dtype)
            fisher.add_((exact.square() / self._options.fisher_steps).to(fisher.device))
        self._seen.add_(1)


def _all_finite(gradients: Iterable[Tensor]) -> bool:
    """Whether no gradient has overflowed, read from the device once."""
    sums = [g.sum(dtype=torch.promote_types(g.dtype, torch.float32)) for g in gradients]
    return not sums or bool(torch.stack([s.to(sums[0].device) for s in sums]).isfinite().all())


class _Child:
    """The child network of one attachment: what holds the other weights in place."""

    def __init__(
        self,
        model: nn.Module,
        parameters: dict[str, nn.Parameter],
        source: _FreeMasks | _DrivenMasks,
    ) -> None:
        self._model = model
        self._names = list(parameters)
        self._source = source
        self._masks: Masks = {}
        self._before: dict[str, Tensor] = {}

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Mask the gradients of the parameters inside the block."""
        with ExitStack() as stack:
            for name, parameter in self._parameters().items():
                hook = parameter.register_hook(partial(self._masked, name))
                stack.callback(hook.remove)
            yield

    def objective(self, inner: Callable[[Step], Tensor], step: Step) -> Tensor:
        """The objective as it is, with the masks made for its gradients."""
        if not self._masks:  # one optimizer step has one mask, however many batches it is made of
            self._masks = self._source.of_step(step, self._parameters())
        return inner(step)

    @torch.no_grad()
    def before_step(self, optimizer: Optimizer) -> None:
        """Learn from the gradients, and remember where the weights are."""
        parameters = self._parameters()
        self._source.learn(optimizer, parameters)
        self._before = {name: parameters[name].detach().clone() for name in self._masks}

    @torch.no_grad()
    def after_step(self, optimizer: Optimizer) -> None:
        """Put the weights outside the child network back."""
        parameters = self._parameters()
        for name, before in self._before.items():
            functional.held_in_place(parameters[name].detach(), before, self._masks[name])
        self._masks, self._before = {}, {}

    def _masked(self, name: str, gradient: Tensor) -> Tensor | None:
        mask = self._masks.get(name)
        if mask is None:
            return None
        masked = gradient.mul(mask)
        return masked if self._source.scale == 1 else masked.mul_(self._source.scale)

    def _parameters(self) -> dict[str, nn.Parameter]:
        found = dict(self._model.named_parameters())
        return {name: found[name] for name in self._names}
