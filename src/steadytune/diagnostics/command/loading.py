"""A model as it was saved: with its head if it has one, else the bare encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._model.unwrapped import base_of, reading_part
from ...pretrained import Pretrained


@dataclass(frozen=True)
class LoadedModel:
    """A model to look at.

    Args:
        model: The model, in evaluation mode and in float32, on the accelerator if there is one.
        tokenizer: Its tokenizer.
        has_head: Whether it makes predictions; an encoder alone does not.
    """

    model: Any
    tokenizer: Any
    has_head: bool


def load_for_diagnosis(found: Pretrained) -> LoadedModel:
    """Load a model of a known kind, such as a classifier or one that writes text, as it was saved.

    Of any other, such as a language model, only the encoder is taken, as of models with an
    encoder and a decoder.

    Raises:
        ModelError: If it cannot be loaded.
    """
    if found.kind is not None:
        model, tokenizer = found.whole(found.kind)
        part = reading_part(model)
        return LoadedModel(_placed(part), tokenizer, part is model)
    model, tokenizer = found.with_head("classification", ("0", "1"), 0)
    return LoadedModel(_placed(reading_part(base_of(model))), tokenizer, False)


def _placed(model: Any) -> Any:
    from ..._device import usable_device

    return model.to(usable_device())
