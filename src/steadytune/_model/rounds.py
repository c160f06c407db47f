"""The rounds of a pass: how often its loss runs the blocks, and on which tokens each time."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from .hooks import Hook
from .sites import Layers

_OF_TOKENS = ("input_ids", "attention_mask")


class Rounds:
    """Tells the rounds of a pass apart; most losses have one, that of two towers has two.

    A block that is called after a module around the blocks was called opens a round.

    Attributes:
        number: Of the present round, from 0.
        inputs: The token ids and their mask, as the innermost module that takes such was given them
            in this round; nothing where none was seen.
    """

    def __init__(self, layers: Layers) -> None:
        self.number = -1
        self.inputs: Mapping[str, Any] = {}
        self._around = layers.around
        self._called = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the hooks on; they are gone afterwards, whatever happens inside."""
        with ExitStack() as stack:
            for module in self._around:
                hook = Hook(self._on_module)
                handle = module.register_forward_pre_hook(hook, prepend=True, with_kwargs=True)
                stack.callback(handle.remove)
            yield

    def begin_pass(self) -> None:
        """Count from 0 again."""
        self.number = -1

    def opens(self) -> bool:
        """Whether the block that is called now opens a round; it is then the present one."""
        opened = self._called or self.number < 0
        self.number += opened
        self._called = False
        return opened

    def _on_module(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._called:
            self.inputs = {}
        self._called = True
        try:
            given = inspect.signature(module.forward).bind_partial(*args, **kwargs).arguments
        except (TypeError, ValueError):  # a signature that is written in C, or does not fit
            return
        for found in (given, *given.values()):
            if isinstance(found, Mapping) and isinstance(found.get("input_ids"), Tensor):
                self.inputs = {name: found[name] for name in _OF_TOKENS if name in found}
