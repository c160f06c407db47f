"""Would the methods of a study suit its model? Found out before the first run, without weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from .._exceptions import ConfigError, SteadytuneError
from .._step.attach import attach
from ..method_text import parse_method
from ..pretrained import Pretrained
from ..records.lora import Lora
from .adapters import with_adapters


def require_fit(
    model: Pretrained,
    kind: str,
    label_names: Sequence[str],
    methods: Iterable[str],
    lora: str | None = None,
    layers: str | None = None,
) -> None:
    """Attach each method to an empty copy of the model.

    Args:
        model: The model.
        kind: The kind of the task.
        label_names: The classes, where there are classes.
        methods: Methods in their text form.
        lora: Adapters in their text form, if those are trained.
        layers: As in `attach`.

    Raises:
        SteadytuneError: If a method does not suit the model; its text begins with the method. Or
            if the model lacks the modules that adapters name.
    """
    for text, error in misfits(model, kind, label_names, methods, lora, layers):
        raise type(error)(f"{text}: {error}") from error


def require_steps(method: str, steps: int) -> None:
    """Ask a method, in its text form, whether a training of so many optimizer steps is enough.

    Raises:
        ConfigError: If it is not; the text begins with the method.
    """
    for each in parse_method(method):
        try:
            each.require_steps(steps)
        except ConfigError as error:
            raise ConfigError(f"{method}: {error}") from error


def misfits(
    model: Pretrained,
    kind: str,
    label_names: Sequence[str],
    methods: Iterable[str],
    lora: str | None = None,
    layers: str | None = None,
) -> Iterator[tuple[str, SteadytuneError]]:
    """The methods that do not suit a model, each with what is wrong; as `require_fit`."""
    skeleton = model.empty(kind, label_names)
    if lora:
        skeleton = with_adapters(skeleton, Lora.parse(lora), seed=0)
    for text in methods:
        try:
            _attach(skeleton, text, layers)
        except SteadytuneError as error:
            yield text, error


def _attach(skeleton: Any, text: str, layers: str | None) -> None:
    # What a method cannot do for want of weights says nothing of how it suits the model, and what
    # it warns of at the end of a training nothing where there was none.
    with warnings.catch_warnings(), suppress(RuntimeError, NotImplementedError):
        warnings.simplefilter("ignore")
        with attach(skeleton, parse_method(text), layers=layers):
            pass
