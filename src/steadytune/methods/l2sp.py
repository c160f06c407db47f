"""L2-SP: a pull towards the starting weights (Li, Grandvalet, Davoine, ICML 2018)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import functional
from .._checks import check_at_least, check_choice, check_pattern
from .._model.adapters import LowRankPair, low_rank_pairs
from .._model.head import new_parameters
from .._model.start_weights import StartWeights
from .._step.dose import Term
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step

Form = Literal["coupled", "decoupled"]

_LARGE_TABLE = 1 << 20  # entries from which on the rows of an embedding are worth telling apart


@dataclass(frozen=True)
class L2SP(Regularizer):
    """Pull the pretrained weights towards where they started, and decay the new ones to zero.

    With w the trained weights that came with the pretrained model, w^0 what they were when the
    method was attached, and v those of the head:

        loss = task + strength / 2 * ||w - w^0||^2 + head_decay / 2 * ||v||^2        (coupled)

        w <- w - rate * strength * (w - w^0),    v <- v - rate * head_decay * v      (decoupled)

    The coupled form is the paper's, a penalty: clipping counts its gradient, and Adam divides it by
    its second moment. The decoupled form acts just before each step of the optimizer, with the
    learning rate of the parameter's group, as AdamW's weight decay does. They are different methods
    under Adam, and the same under plain SGD.

    Biases and normalisation weights count like all others, and tied weights once. Parameters that
    are frozen are left alone. The optimizer's own weight decay is not touched: it pulls to zero
    what this pulls to its start, so set it to 0.

    In a model wrapped in PEFT's LoRA the starting weights are the pretrained ones, so that w - w^0
    is what the adapters add: scaling * (B A - B^0 A^0), with B^0 = 0 unless they start otherwise.
    The factors themselves are pulled nowhere; the decoupled form steps down the gradient of the
    same distance. Other trained parameters, such as biases, are pulled to their start. Variants
    whose effect is not a plain product, such as DoRA, are refused.

    Args:
        strength: Weight of the pull, alpha in the paper. Our default had the best mean of six
            settings on two development tasks with MiniLM (docs/evidence.md); at 1 one of the two
            is not learned any more. Public code by one of LNSR's authors (DELTA) has 0.01.
        head_decay: Weight of the head's decay, beta in the paper. The default is DELTA's.
        form: `coupled`, our default, or `decoupled`.
        head: Which parameters are new: a regular expression to find in their names. By default it
            is those outside of the model's base (its `base_model_prefix`), and none if the model
            predicts words, since its head is pretrained then.

    Cost: one forward and one backward pass. Coupled, the weights are read twice more, at every
    micro-batch; decoupled, once at each optimizer step. Memory for one copy of the weights.

    Composes with every other method. After `Reinit` or `NoisyTune` in the list it pulls to what
    they left, before them to the weights they found. Put it behind `FreeLB`, which repeats what
    stands before it K times.

    Differs from the public code: DELTA's, for images, is the coupled form. The `PriorWD` of
    revisit-bert-finetuning is the decoupled one; its test for the head is never true, so that the
    head is pulled to its random start. It finds weights by `id`, which does not survive a copy.

    Evidence: +2.1 (-1.2 to +5.4) over four tasks, so no gain is shown; 0.36 times plain's spread, a
    hint. It lost all ten seeds of a task that is learned late.

    Reference: Li, Grandvalet, Davoine: Explicit Inductive Bias for Transfer Learning with
    Convolutional Networks, ICML 2018, arXiv 1802.01483.
    """

    strength: float = 0.1
    head_decay: float = 0.01
    form: Form = "coupled"
    head: str | None = None

    needs_start: ClassVar[bool] = True
    no_dose: ClassVar[str] = (
        "at the start, where a dose is measured, the weights are where it pulls them, so that it "
        "has no gradient there"
    )

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        check_at_least("head_decay", self.head_decay, 0)
        check_choice("form", self.form, ("coupled", "decoupled"))
        if self.head is not None:
            check_pattern("head", self.head)

    @property
    def is_additive(self) -> bool:  # type: ignore[override]
        """Whether the method adds to the objective; the decoupled form does not touch it."""
        return self.form == "coupled"

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Hold the starting weights; add the penalty, or pull before every optimizer step.

        Raises:
            ConfigError: If `head` finds no parameter, or an adapter is not a plain product.
        """
        springs = _Springs(host.model, self)
        if self.form == "decoupled":
            host.before_optimizer_step.append(springs.pull)
            yield lambda inner: inner
        else:
            term = host.penalty("l2sp", self.strength, takes_dose=False)
            yield lambda inner: partial(springs.objective, inner, term)


class _Springs:
    """What holds one model's weights, each at its start."""

    def __init__(self, model: nn.Module, options: L2SP) -> None:
        self._model = model
        self._strength, self._head_decay = options.strength, options.head_decay
        trained = [name for name, p in model.named_parameters() if p.requires_grad]
        new = new_parameters(model, options.head)
        self._pairs = [pair for pair in low_rank_pairs(model) if pair.up not in new]
        factors = {name for pair in self._pairs for name in (pair.down, pair.up)}
        self._head = [name for name in trained if name in new]
        self._starts = StartWeights(model, [n for n in trained if n not in new | factors])
        self._factor_starts = StartWeights(model, factors)
        self._tables = _large_tables(model)

    def objective(self, inner: Callable[[Step], Tensor], term: Term, step: Step) -> Tensor:
        """The coupled form."""
        loss = inner(step)
        if self._strength:
            loss = term.add_to(loss, step, self._distance())
        if self._head_decay and self._head:
            head = [self._model.get_parameter(name) for name in self._head]
            size = functional.half_squared_distance(head, [torch.zeros_like(v) for v in head])
            loss = loss + (self._head_decay * step.share) * size.to(loss.device)
        return loss

    @torch.no_grad()
    def pull(self, optimizer: Optimizer) -> None:
        """The decoupled form: one step back, each parameter with its own learning rate."""
        rates = self._rates(optimizer)
        for rate, names in _by_rate(rates, self._starts.trainable()).items():
            weights, starts = zip(*map(self._starts.pair, names), strict=True)
            torch._foreach_lerp_(weights, starts, rate * self._strength)
        for rate, names in _by_rate(rates, self._head).items():
            head: list[Tensor] = [self._model.get_parameter(name) for name in names]
            torch._foreach_mul_(head, 1 - rate * self._head_decay)
        self._pull_adapters(rates)

    def _distance(self) -> Tensor:
        names = self._starts.trainable()
        pairs = [self._starts.pair(name) for name in names]
        tables = [index for index, name in enumerate(names) if name in self._tables]
        total = functional.half_squared_distance(
            [weight for weight, _ in pairs], [start for _, start in pairs], tables
        )
        for pair in self._pairs:
            total = total + self._adapter_distance(pair).to(total.device)
        return total

    def _adapter_distance(self, pair: LowRankPair) -> Tensor:
        (up, start_up), (down, start_down) = map(self._factor_starts.pair, (pair.up, pair.down))
        distance = functional.half_squared_low_rank_distance(up, down, start_up, start_down)
        return pair.scaling**2 * distance

    def _pull_adapters(self, rates: dict[str, float]) -> None:
        for pair in self._pairs:
            names = [name for name in (pair.up, pair.down) if name in rates]
            factors = [self._model.get_parameter(name) for name in names]
            with torch.enable_grad():
                distance = self._adapter_distance(pair)
            slopes = torch.autograd.grad(distance, factors) if factors else ()
            for name, factor, slope in zip(names, factors, slopes, strict=True):
                factor.add_(slope, alpha=-rates[name] * self._strength)

    def _rates(self, optimizer: Optimizer) -> dict[str, float]:
        """The learning rate of every parameter that the optimizer is about to move, by name."""
        names = {id(parameter): name for name, parameter in self._model.named_parameters()}
        return {
            names[id(parameter)]: float(group["lr"])
            for group in optimizer.param_groups
            for parameter in group["params"]
            if id(parameter) in names and parameter.requires_grad and parameter.grad is not None
        }


def _by_rate(rates: dict[str, float], names: Iterable[str]) -> dict[float, list[str]]:
    """The names that have a learning rate, by what it is."""
    found: dict[float, list[str]] = defaultdict(list)
    for name in names:
        if rates.get(name):
            found[rates[name]].append(name)
    return found


def _large_tables(model: nn.Module) -> frozenset[str]:
    """Names of embeddings so large that a training moves few of their rows."""
    tables = {
        id(module.weight)
        for module in model.modules()
        if isinstance(module, nn.Embedding) and module.weight.numel() >= _LARGE_TABLE
    }
    return frozenset(name for name, p in model.named_parameters() if id(p) in tables)
