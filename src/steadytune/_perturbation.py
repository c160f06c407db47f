"""Perturbations of the word embeddings of one micro-batch."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from ._exceptions import ConfigError
from ._sites import find_embedding
from ._step import Step

# The smallest standard deviation that half precision resolves at embeddings of the usual size.
HALF_PRECISION_STD = 1e-3


def zero_perturbation(step: Step) -> Tensor:
    """Zeros in the shape of the word embeddings, (batch, tokens, width), in float32 at least.

    Raises:
        ConfigError: If the batch has no token ids, whose embeddings could be perturbed.
    """
    ids = step.inputs.get("input_ids")
    if not isinstance(ids, Tensor) or ids.dim() != 2:
        raise ConfigError(
            "the word embeddings cannot be perturbed; "
            f"expected a batch with input_ids (batch, tokens), got {', '.join(step.inputs)}"
        )
    weight = find_embedding(step.bare_model).weight
    assert isinstance(weight, Tensor)
    dtype = torch.promote_types(weight.dtype, torch.float32)
    return torch.zeros(*ids.shape, weight.shape[-1], dtype=dtype, device=ids.device)


def warn_below_half_precision(step: Step, std: float) -> None:
    """Warn if the model computes in 16 bits and noise of this size is lost in their rounding."""
    if std < HALF_PRECISION_STD and _runs_in_half_precision(step):
        warnings.warn(
            f"std={std!r} is lost in the rounding of half precision; "
            f"give std={HALF_PRECISION_STD!r} or more, or train in float32",
            stacklevel=2,
        )


def _runs_in_half_precision(step: Step) -> bool:
    """By autocast, or by the model's weights."""
    weight = next(step.bare_model.parameters())
    return torch.is_autocast_enabled(step.device.type) or weight.element_size() == 2
