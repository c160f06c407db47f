"""Mixout: weights replaced at random by those they started from (Lee, Cho, Kang, ICLR 2020)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.autograd import Variable

from .. import functional
from .._checks import check_below_one, check_choice, check_pattern
from .._exceptions import ConfigError
from .._model.adapters import low_rank_pairs
from .._model.head import new_parameters, pretrained_part
from .._model.mixing import Axis, MixedAdapter, MixedLayer
from .._model.start_weights import StartWeights
from .._model.unwrapped import without_adapters
from .._model.without_dropout import without_dropout
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step

Masks = Sequence[Tensor | None]


@dataclass(frozen=True)
class Mixout(Regularizer):
    """Replace weights of linear layers at random by those that training started from.

    With w a weight, u its starting value and M its mask, M = 0 with probability p:

        w~ = u + M (w - u) / (1 - p) = ((1 - M) u + M w - p u) / (1 - p),    M ~ Bernoulli(1 - p)

    The layer runs with w~, whose mean over masks is w. With u = 0 it is dropout of weights. What
    the gradient of w~ is multiplied with on its way to w is M / (1 - p).

    It mixes the weights of `nn.Linear` and of GPT-2's `Conv1D` that came with the pretrained model
    and are trained, but no biases, embeddings (output embeddings too) or normalisation, as in the
    paper's code. Masks are drawn once for each step of the optimizer, the same in every process,
    micro-batch and pass: methods that compare passes compare them under one mask, and what
    activation checkpointing recomputes is what was computed. Passes in evaluation mode, and those
    that a method runs with `dropout="off"`, use w.

    In a model wrapped in PEFT's LoRA u is the pretrained weight, so that w - u is what the adapter
    adds, scaling * B A, and the mask is on the product. Variants such as DoRA are refused.

    Args:
        p: Probability that a weight is replaced; 0 is plain training. Our default is 0.5.
        axis: `weight` draws for every weight, as the formula has it, and is our default. `input`
            draws for every input of a layer, so that all weights leaving a neuron are replaced
            together, as the paper's text and its code have it.
        replace_dropout: Whether dropout ahead of mixed layers is set to 0 while the method is
            attached, which is how the paper uses it: all of it in the pretrained part, that of
            attention too, but not that before the head. Our default keeps dropout.
        mix_head: Whether to mix the head too, with its random start, as public code does.
        layers: Which layers are mixed: a regular expression to find in the names of their weights.
            None, our default, mixes all. By its author's account the paper left BERT's intermediate
            layers, which no dropout precedes, as they are: `^(?!.*intermediate)`.
        head: Which parameters are new: a regular expression to find in their names. By default it
            is those outside of the model's base (its `base_model_prefix`).

    Cost: one forward and one backward pass, the draws, and one reading and writing of the mixed
    weights in each direction. Memory for three copies of them: the start, the mask, the mixture.

    Composes with every other method. In `[Mixout(), RDrop()]` the two passes of `RDrop` differ by
    dropout alone. A method that copies the model gets one that is not mixed.

    Differs from the public code: that passes the gradient on with M instead of M / (1 - p), ten
    times too small at p = 0.9, which Adam hides and clipping does not. It replaces modules, loses
    the start when the model is moved or loaded, and mixes the head. It masks inputs, not weights.

    Evidence: +6.9 (+3.5 to +10.4) over four tasks at a rate that is too high for plain, where it
    loses no run; +1.1 (-0.3 to +2.5) beside plain at half that rate, and +0.7 (-1.8 to +3.1) at
    plain's best rates, undecided. `fit` starts from it.

    Reference: Lee, Cho, Kang: Mixout: Effective Regularization to Finetune Large-scale Pretrained
    Language Models, ICLR 2020, arXiv 1909.11299.
    """

    p: float = 0.5
    axis: Axis = "weight"
    replace_dropout: bool = False
    mix_head: bool = False
    head: str | None = None
    layers: str | None = None

    needs_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_below_one("p", self.p)
        check_choice("axis", self.axis, ("weight", "input"))
        for name in ("head", "layers"):
            if (pattern := getattr(self, name)) is not None:
                check_pattern(name, pattern)

    def passes(self, depth: int) -> float:
        """No pass is added."""
        return 1

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Patch the layers; the masks of a step are in force in its passes and their backward.

        Raises:
            ConfigError: If no layer is left to mix, `head` finds no parameter, or an adapter is not
                a plain product.
        """
        layers = self._layers(host.model) if self.p > 0 else []
        mixture = _Mixture(self, layers)
        host.after_objective.append(mixture.release)
        with ExitStack() as stack:
            for layer in layers:
                stack.enter_context(layer.installed())
            if self.replace_dropout and layers:
                ahead = host.model if self.mix_head else pretrained_part(host.model)
                stack.enter_context(without_dropout(ahead))
            yield lambda inner: partial(mixture.objective, inner)

    def _layers(self, model: nn.Module) -> list[MixedLayer | MixedAdapter]:
        new = new_parameters(model, self.head)
        left_alone = frozenset() if self.mix_head else new
        found: list[MixedLayer | MixedAdapter] = []
        found += _mixed_adapters(model, left_alone)
        found += _mixed_layers(model, left_alone)
        if self.layers is not None:
            found = [layer for layer in found if re.search(self.layers, layer.name)]
        if not found:
            raise ConfigError(
                f"{type(model).__name__} has no linear layer to mix: none outside of the head is "
                "trained, or matches layers='...'; unfreeze some, or name the head with head='...'"
            )
        return found


def _mixed_adapters(model: nn.Module, left_alone: frozenset[str]) -> Iterator[MixedAdapter]:
    for pair in low_rank_pairs(model):
        ends = [name.removesuffix(".weight") for name in (pair.down, pair.up)]
        if pair.up not in left_alone and all(pair.up != end for end in ends):
            down, up = map(model.get_submodule, ends)
            yield MixedAdapter(down, up, pair.up)


def _mixed_layers(model: nn.Module, left_alone: frozenset[str]) -> Iterator[MixedLayer]:
    from transformers.pytorch_utils import Conv1D

    adapters = {name for pair in low_rank_pairs(model) for name in (pair.down, pair.up)}
    names = {id(p): n for n, p in model.named_parameters() if p.requires_grad}
    predicting: Any = getattr(without_adapters(model), "get_output_embeddings", lambda: None)()
    layers = [
        (names[id(module.weight)], module)
        for module in model.modules()
        if type(module) in (nn.Linear, Conv1D)
        and module is not predicting
        and names.get(id(module.weight), "") not in {"", *left_alone, *adapters}
    ]
    starts = StartWeights(model, {name for name, _ in layers})
    for name, module in layers:
        yield MixedLayer(module, name, starts, transposed=isinstance(module, Conv1D))


class _Mixture:
    """The masks of one attachment: which are in force, and until when."""

    def __init__(self, options: Mixout, layers: Sequence[MixedLayer | MixedAdapter]) -> None:
        self._options = options
        self._layers = layers
        self._nothing: Masks = [None] * len(layers)
        self._masks: Masks = self._nothing
        self._step: int | None = None

    def objective(self, inner: Callable[[Step], Tensor], step: Step) -> Tensor:
        """The objective with this step's masks, which stay for what other methods run after it."""
        if self._step != step.step:
            self._masks = self._nothing
            self._masks, self._step = self._drawn(step), step.step
        self._use(self._masks)
        try:
            return inner(step)
        except BaseException:
            self._use(self._nothing)  # nobody comes to release them
            raise

    def release(self, loss: Tensor) -> None:
        """Take the masks out of force, and into it again while the objective is sent back.

        Activation checkpointing runs parts of the passes once more then.
        """
        masks = [layer.mask for layer in self._layers]
        self._use(self._nothing)
        if loss.requires_grad and any(mask is not None for mask in masks):
            loss.register_hook(lambda gradient: self._use_for_backward(masks))

    def _use_for_backward(self, masks: Masks) -> None:
        self._use(masks)
        Variable._execution_engine.queue_callback(lambda: self._use(self._nothing))

    def _use(self, masks: Masks) -> None:
        for layer, mask in zip(self._layers, masks, strict=True):
            layer.use(mask)

    def _drawn(self, step: Step) -> Masks:
        return [
            functional.mixing_mask(
                layer.mask_shape(self._options.axis),
                self._options.p,
                step.parameter_generator(layer.name),
            )
            for layer in self._layers
        ]
