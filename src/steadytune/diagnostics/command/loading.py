"""A model as it was saved: with its head if it has one, else the bare encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._model.sites import base_of
from ...model_files import CAREFUL, Trust, read_config, resolve_model
from ...models import load_model, load_whole_model
from ...tasks import kind_of_architecture


@dataclass(frozen=True)
class LoadedModel:
    """A model to look at.

    Args:
        model: The model, in evaluation mode and in float32, on the accelerator if there is one.
        tokenizer: Its tokenizer.
        has_head: Whether it makes predictions; a bare encoder does not.
    """

    model: Any
    tokenizer: Any
    has_head: bool


def load_for_diagnosis(name: str, trust: Trust = CAREFUL) -> LoadedModel:
    """Load a model as it was saved, a classifier, a regression or one that answers questions.

    Of any other, such as a language model, only the encoder is taken.

    Args:
        name: `minilm`, a folder, or a name on the hub.
        trust: What of the model's files may be read.

    Raises:
        ModelError: If it cannot be loaded.
    """
    kind = kind_of(name, trust)
    if kind is not None:
        model, tokenizer = load_whole_model(name, kind, trust)
        return LoadedModel(_placed(model), tokenizer, True)
    model, tokenizer = load_model(name, "classification", ("0", "1"), 0, trust)
    return LoadedModel(_placed(base_of(model)), tokenizer, False)


def kind_of(name: str, trust: Trust = CAREFUL) -> str | None:
    """The kind of task that a model was saved with a head for; None for a bare encoder.

    A regression counts as `classification`, whose head it shares.

    Raises:
        ModelError: If there is no such model.
    """
    saved = read_config(resolve_model(name, trust), name).get("architectures") or [""]
    return kind_of_architecture(str(saved[0]))


def _placed(model: Any) -> Any:
    from ..._device import usable_device

    return model.to(usable_device())
