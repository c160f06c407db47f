"""Head first: fit the new parameters on the frozen pretrained model, before fine-tuning begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from ._checks import check_at_least, check_count
from ._exceptions import ConfigError
from ._model.exchange import separate_gradients
from ._model.head import new_parameters, pretrained_part
from ._model.unwrapped import unwrap

_SMALLEST_GRADIENT = 1e-4  # where it counts as converged; the loss is a mean over examples


@dataclass(frozen=True)
class HeadFit:
    """What fitting the head came to.

    Args:
        before: Mean loss an example with the head as it was.
        after: Mean loss an example with the fitted head.
        converged: Whether the largest entry of the gradient is below 1e-3; the search stops at
            1e-4, where a line search can still end a little above.
    """

    before: float
    after: float
    converged: bool


def fit_head(
    model: nn.Module,
    batches: Sequence[Mapping[str, Tensor]],
    *,
    head: str | None = None,
    penalty: float = 1.0,
    steps: int = 200,
) -> HeadFit:
    """Fit a model's new parameters in place, with everything else frozen and without dropout.

    A head that starts at random sends large and random gradients into the pretrained weights
    during the first steps. A head that is fitted first does not. The objective is convex for a
    linear head:

        mean loss over examples + penalty / (2 * examples) * sum of squared weights

    with biases left out of the penalty, as in scikit-learn's `LogisticRegression(C=1 / penalty)`
    for three classes or more.
    It is minimised by L-BFGS on all examples. The frozen part runs once for each batch, and its
    outputs are kept; where new parameters lie inside of it (a new pooler, named by `head`), it
    runs again for each step. The mode, the gradients and the global random state are left alone.

    Args:
        model: A model with a head that returns `loss` for `labels`.
        batches: All training examples with their labels; each batch is one call of the model.
        head: Which parameters are new: a regular expression to find in their names. By default it
            is those outside of the model's base (its `base_model_prefix`).
        penalty: Weight of the squared weights; 0 has no finite optimum where classes can be
            separated.
        steps: Most steps of L-BFGS.

    Returns:
        The loss before and after. Where it is not finite to begin with, the head stays as it is.

    Raises:
        ConfigError: If there is no example, or no new parameter that is trained.

    Reference: Kumar, Raghunathan, Jones, Ma, Liang: Fine-Tuning can Distort Pretrained Features and
    Underperform Out-of-Distribution, ICLR 2022, arXiv 2202.10054.
    """
    check_at_least("penalty", penalty, 0)
    check_count("steps", steps, 1)
    if not batches:
        raise ConfigError("no batch is given to fit the head on; expected all training examples")
    bare = unwrap(model)
    names = new_parameters(bare, head)
    new = {n: p for n, p in bare.named_parameters() if n in names and p.requires_grad}
    if not new:
        raise ConfigError(
            f"{type(bare).__name__} has no new parameter that is trained; "
            "leave head_first out, or name them by a regular expression"
        )
    with ExitStack() as stack:
        stack.enter_context(_evaluating(bare))
        stack.enter_context(separate_gradients(list(bare.parameters())))
        stack.enter_context(_body_runs_once(bare, new, batches))
        return _minimise(_Loss(bare, batches, new, penalty), list(new.values()), steps)


class _Loss:
    """The objective on all examples, and its gradient."""

    def __init__(
        self,
        model: nn.Module,
        batches: Sequence[Mapping[str, Tensor]],
        new: Mapping[str, nn.Parameter],
        penalty: float,
    ) -> None:
        self._model = model
        self._batches = batches
        self._parameters = list(new.values())
        self._decayed = [p for p in new.values() if p.dim() > 1]
        self._sizes = [
            len(batch["labels"] if "labels" in batch else next(iter(batch.values())))
            for batch in batches
        ]
        self._penalty = penalty

    def mean(self) -> Tensor:
        """The mean loss over examples, without the penalty; its gradient is accumulated."""
        total = sum(self._sizes)
        mean = torch.zeros((), dtype=torch.float64)
        for batch, size in zip(self._batches, self._sizes, strict=True):
            loss = self._model(**batch).loss * (size / total)
            if torch.is_grad_enabled():
                loss.backward(inputs=self._parameters)
            mean += loss.detach().double().cpu()
        return mean

    def __call__(self) -> Tensor:
        """The objective; its gradient is in the parameters afterwards."""
        for parameter in self._parameters:
            parameter.grad = None
        mean = self.mean()
        weight = self._penalty / sum(self._sizes)
        for parameter in self._decayed:
            mean += weight / 2 * parameter.detach().double().square().sum().cpu()
            if parameter.grad is not None:
                parameter.grad += weight * parameter.detach()
        return mean


def _minimise(loss: _Loss, parameters: list[nn.Parameter], steps: int) -> HeadFit:
    with torch.no_grad():
        before = loss.mean().item()
    if not isfinite(before):
        return HeadFit(before, before, converged=False)
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=steps,
        tolerance_grad=_SMALLEST_GRADIENT,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )
    closure: Callable[[], Any] = loss
    with torch.enable_grad():
        optimizer.step(closure)
        loss()
    largest = max(float(p.grad.abs().max()) for p in parameters if p.grad is not None)
    with torch.no_grad():
        after = loss.mean().item()
    return HeadFit(before, after, largest < 10 * _SMALLEST_GRADIENT)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """No dropout for a while; every module has its own mode again afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


@contextmanager
def _body_runs_once(
    model: nn.Module, new: Mapping[str, nn.Parameter], batches: Sequence[Mapping[str, Tensor]]
) -> Iterator[None]:
    """Let the pretrained part answer from memory, batch after batch in their order.

    Nothing is done where there is no such part, or it holds new parameters itself.
    """
    body = pretrained_part(model)
    inside = {id(parameter) for parameter in body.parameters()}
    if body is model or any(id(parameter) in inside for parameter in new.values()):
        yield
        return
    outputs: list[Any] = []
    handle = body.register_forward_hook(lambda module, args, output: outputs.append(output))
    with torch.no_grad():
        for batch in batches:
            model(**batch)
    handle.remove()
    if len(outputs) != len(batches):
        yield  # a model that runs its body more or less than once a pass is run as it is
        return
    calls = 0

    def remembered(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        return outputs[(calls - 1) % len(outputs)]

    own = body.forward
    body.forward = remembered
    try:
        yield
    finally:
        del body.forward
        assert body.forward == own
