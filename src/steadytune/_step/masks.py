"""Which tokens of a batch are real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .._exceptions import ConfigError


def has_plain_mask(inputs: Mapping[str, Any]) -> bool:
    """Whether there is an attention mask in the shape of the token ids."""
    ids, mask = inputs.get("input_ids"), inputs.get("attention_mask")
    return isinstance(ids, Tensor) and isinstance(mask, Tensor) and mask.shape == ids.shape


def token_mask(inputs: Mapping[str, Any], like: Tensor) -> Tensor:
    """1 for real tokens and 0 for pads, (batch, tokens).

    Args:
        inputs: The batch. Of a multiple choice each choice is a row.
        like: A hidden state or so, (batch, tokens, ...).

    Raises:
        ConfigError: If the batch's attention mask has another shape.
    """
    given = inputs.get("attention_mask")
    if given is None:
        _require_no_other_mask(inputs)
        return torch.ones(like.shape[:2], device=like.device)
    if isinstance(given, Tensor) and given.dim() == 3:  # (batch, choices, tokens), as the ids
        given = given.flatten(0, 1)
    if given.shape != like.shape[:2]:
        raise ConfigError(
            f"attention_mask has the shape {tuple(given.shape)}, expected (batch, tokens) = "
            f"{tuple(like.shape[:2])}; give one 0 or 1 a token"
        )
    return torch.as_tensor(given)


def _require_no_other_mask(inputs: Mapping[str, Any]) -> None:
    """Refuse a batch with masks by other names: pads would be taken for tokens."""
    names = [name for name in inputs if name.endswith("_attention_mask")]
    if names and not set(names) <= {"decoder_attention_mask", "cross_attention_mask"}:
        raise ConfigError(
            f"the batch has {', '.join(names)} and the model was called without input_ids and "
            "attention_mask, so that pads cannot be told from tokens; call it with these names"
        )


def decoder_tokens(inputs: Mapping[str, Any]) -> Tensor | None:
    """Something in the shape of a decoder's tokens, (batch, tokens); None where there are none.

    They are given, or the labels shifted by one, or else what the encoder has.
    """
    for name in ("decoder_input_ids", "labels", "input_ids"):
        found = inputs.get(name)
        if isinstance(found, Tensor) and found.dim() == 2:
            return found
    return None


def decoder_mask(inputs: Mapping[str, Any], like: Tensor) -> Tensor:
    """That of the tokens of a decoder beside an encoder.

    They are real where `decoder_attention_mask` says so, where they have a label, or else where the
    encoder's are, which they repeat shifted by one.

    Raises:
        ConfigError: If the batch has decoder tokens of its own, and no mask for them.
    """
    given, labels = inputs.get("decoder_attention_mask"), inputs.get("labels")
    if given is None and isinstance(labels, Tensor) and labels.shape == like.shape[:2]:
        given = (labels != -100).long()
    if given is None:
        if "decoder_input_ids" in inputs:
            raise ConfigError("a batch with decoder_input_ids needs a decoder_attention_mask too")
        own = token_mask(inputs, like)
        given = torch.cat([torch.ones_like(own[:, :1]), own[:, :-1]], dim=1)
    return token_mask({"attention_mask": given}, like)
