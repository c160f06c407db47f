"""What a model predicts, read off its outputs and configuration, and how far predictions differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from .. import functional
from .._exceptions import ConfigError, ModelError
from .._model.unwrapped import without_adapters
from .passes import Pass
from .step import Step

Kind = Literal["classes", "labels", "values", "span", "tokens"]

_CAUSAL_HEADS = ("ForCausalLM", "LMHeadModel")


@dataclass(frozen=True)
class Prediction:
    """The logits of one pass, and how to compare them.

    Args:
        kind: `classes` (one of several), `labels` (each may hold), `values` (a regression), `span`
            (start and end of an answer) or `tokens` (a class for each token).
        logits: (batch, outputs), for tokens (batch, tokens, outputs); for a span two tensors
            (batch, tokens), the start's and the end's.
        mask: (batch, tokens), 1 for the tokens that count; None where there are none.
    """

    kind: Kind
    logits: tuple[Tensor, ...]
    mask: Tensor | None = None

    def detach(self) -> Prediction:
        """The same prediction as a constant."""
        return replace(self, logits=tuple(part.detach() for part in self.logits))


def prediction_of(step: Step, passed: Pass) -> Prediction:
    """What a pass of `step` predicted.

    A model with `start_logits` and `end_logits` answers questions. Any other has `logits`: of
    tokens if they have three axes, of a regression if there is one of them or the configuration's
    `problem_type` says so, of independent labels if that says so, and of classes otherwise.

    Raises:
        ConfigError: If the outputs hold none of these.
        ModelError: If the logits have a shape that none of these has.
    """
    outputs = passed.outputs
    if _has(outputs, "start_logits") and _has(outputs, "end_logits"):
        span = outputs["start_logits"], outputs["end_logits"]
        return Prediction("span", span, step.mask(span[0]))
    logits = passed.logits
    if not 1 <= logits.dim() <= 3:
        raise ModelError(
            f"{type(step.bare_model).__name__} returned logits of shape {tuple(logits.shape)}; "
            "expected (batch, outputs), or (batch, tokens, outputs)"
        )
    if logits.dim() == 3:
        return _of_tokens(step, logits)
    return Prediction(_kind(step.bare_model, logits), (logits.reshape(len(logits), -1),))


def divergence(left: Prediction, right: Prediction, *, by_sides: bool = False) -> Tensor:
    """How far apart two predictions of the same batch are, one number per example, (batch,).

    Args:
        left: The one.
        right: The other.
        by_sides: Whether the gradient is that of `class_divergence` by sides.

    Raises:
        ConfigError: If it is to be by sides, and the predictions are not of classes.
    """
    one, other = left.logits, right.logits
    if by_sides:
        if left.kind != "classes":
            raise ConfigError(
                f"by_sides=True is for models that predict one of several classes, and this one "
                f"predicts {left.kind}; leave it out"
            )
        return functional.class_divergence(one[0], other[0], by_sides=True)
    if left.kind == "span":
        assert left.mask is not None
        return functional.span_divergence((one[0], one[1]), (other[0], other[1]), left.mask)
    if left.kind == "tokens":
        assert left.mask is not None
        return functional.token_divergence(one[0], other[0], left.mask)
    compare = {
        "classes": functional.class_divergence,
        "labels": functional.label_divergence,
        "values": functional.value_divergence,
    }
    return compare[left.kind](one[0], other[0])


def _kind(model: Any, logits: Tensor) -> Kind:
    problem = getattr(getattr(model, "config", None), "problem_type", None)
    if problem == "multi_label_classification":
        return "labels"
    alone = logits.dim() == 1 or logits.shape[-1] == 1
    return "values" if problem == "regression" or alone else "classes"


def _of_tokens(step: Step, logits: Tensor) -> Prediction:
    """Tokens count where they have a label; without labels for tokens, where they are real."""
    labels = step.inputs.get("labels")
    if not isinstance(labels, Tensor) or labels.shape != logits.shape[:2]:
        return Prediction("tokens", (logits,), step.mask(logits))
    mask = labels != -100
    if type(without_adapters(step.bare_model)).__name__.endswith(_CAUSAL_HEADS):
        # A causal model's logits are of the token that comes next.
        mask = torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1)
    return Prediction("tokens", (logits,), mask)


def _has(outputs: object, name: str) -> bool:
    return isinstance(outputs, Mapping) and name in outputs
