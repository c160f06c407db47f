"""Perturbations of the word embeddings of one micro-batch."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from .._exceptions import ConfigError
from .masks import decoder_tokens
from .step import Step

# The smallest standard deviation that half precision resolves at embeddings of the usual size.
HALF_PRECISION_STD = 1e-3


def zero_perturbation(step: Step) -> Tensor:
    """Zeros in the shape of the word embeddings, (batch, tokens, width), in float32 at least.

    Each choice of a multiple choice is a row of its own, as the model looks it up.

    Raises:
        ConfigError: If the batch has no token ids, whose embeddings could be perturbed.
    """
    site = step._bound.site
    assert site is not None
    ids = decoder_tokens(step.inputs) if site.decoder else step.inputs.get("input_ids")
    if isinstance(ids, Tensor) and ids.dim() == 3:
        ids = ids.flatten(0, 1)
    if not isinstance(ids, Tensor) or ids.dim() != 2:
        raise ConfigError(
            "the word embeddings cannot be perturbed; "
            f"expected a batch with input_ids (batch, tokens), got {', '.join(step.inputs)}"
        )
    weight = site.module.weight
    assert isinstance(weight, Tensor)
    dtype = torch.promote_types(weight.dtype, torch.float32)
    return torch.zeros(*ids.shape, weight.shape[-1], dtype=dtype, device=ids.device)


def warn_below_half_precision(step: Step, size: float, name: str = "std") -> None:
    """Warn, once an attachment, of a perturbation of the embeddings that 16 bits round away.

    Whether they do is what the last pass has shown: autocast may be on inside the model alone.

    Args:
        step: A step with a pass that has been run, by a method that perturbs the embeddings.
        size: The option that gives the perturbation's size a coordinate.
        name: Its name.
    """
    site = step._bound.site
    assert site is not None
    if site.half_precision:
        warn_of_rounding(size, site.warned, name)


def warn_of_rounding(size: float, warned: set[str], name: str = "std") -> None:
    """Warn of a perturbation that half precision rounds away, unless it is in `warned` already."""
    text = (
        f"{name}={size!r} is lost in the rounding of half precision; "
        f"give {name}={HALF_PRECISION_STD!r} or more, or train in float32"
    )
    if 0 < size < HALF_PRECISION_STD and text not in warned:
        warned.add(text)
        warnings.warn(text, stacklevel=2)
