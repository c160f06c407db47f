"""Hooks that stay with the model that they were put on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Hook:
    """A hook that copies of its model do not take along.

    A copy by `copy` or `pickle`, such as a moving average of the weights, gets one that does
    nothing in its place.

    Args:
        function: What the hook does.
        traced: Whether a compiler may trace it. What a hook keeps must not be part of a graph.
    """

    def __init__(self, function: Callable[..., Any], *, traced: bool = False) -> None:
        self._function = function if traced else torch.compiler.disable(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns."""
        return self._function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the function, and all that it holds, behind."""
        return _inert, ()


def _does_nothing(*args: Any, **kwargs: Any) -> None:
    """The hook of a copy."""


def _inert() -> Callable[..., None]:
    return _does_nothing
