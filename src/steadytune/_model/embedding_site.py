"""Perturbing a model where it looks its word embeddings up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._exceptions import ModelError
from .hooks import Hook
from .sites import find_embedding, named_embedding

_PAIR = "is_encoder_decoder"


class EmbeddingSite:
    """A hook on the word embeddings that adds a tensor to their output, switched by data.

    It perturbs the embeddings where they are looked up. Passing `inputs_embeds` instead is not
    the same: decoders then pool at another token, and some encoders number positions differently.
    A run of the model may look up more than its tokens: GPT-2 takes the embeddings of token types
    from the same table. The tokens come first, and are what is perturbed. A run that looks up the
    tokens of two texts, as a model of two towers does, is refused: one would stay as it is.

    Attributes:
        half_precision: Whether the last look-up was part of a run in 16 bits, by autocast, which
            may be on inside the model alone, or by the dtype of the embeddings.
        warned: What the methods of this attachment have warned of.
        decoder: Whether the tokens are those of a decoder beside an encoder.
        module: What looks the tokens up.
    """

    def __init__(self, model: nn.Module, decoder: bool = False) -> None:
        self.decoder = decoder
        self.half_precision = False
        self.warned: set[str] = set()
        self._model = model
        self.module = find_embedding(model, decoder)
        self._tower, self._others = _towers(model, self.module)
        self._runs = 0
        self._shift: Tensor | None = None
        self._used = self._other = False
        self._added = False

    @contextmanager
    def installed(self) -> Iterator[EmbeddingSite]:
        """Put the hooks on; they are gone afterwards, whatever happens inside."""
        with ExitStack() as stack:
            before = self._model.register_forward_pre_hook(Hook(self._on_run, traced=True))
            stack.callback(before.remove)
            after = self.module.register_forward_hook(Hook(self._on_output, traced=True))
            stack.callback(after.remove)
            for module, on_call in self._watched():
                handle = module.register_forward_pre_hook(Hook(on_call, traced=True))
                stack.callback(handle.remove)
            yield self

    @contextmanager
    def shifted(self, shift: Tensor) -> Iterator[None]:
        """Add `shift` (batch, tokens, width) to the tokens' embeddings inside the block.

        The first look-up of the block is that of the tokens, and where the block runs the whole
        model more than once, the first of each run.

        Raises:
            ModelError: If nothing was looked up there, so that nothing was perturbed.
        """
        before, self._shift = self._shift, shift if self._shift is None else self._shift + shift
        self._used = self._added = self._other = False
        try:
            yield
        finally:
            self._shift = before
        if not self._added:
            raise ModelError(
                f"the model did not look its tokens up in {type(self.module).__name__}, which it "
                "names as its word embeddings, so that a method that perturbs them does nothing; "
                "let get_input_embeddings() return the module that the forward pass calls"
            )

    def _on_run(self, module: nn.Module, args: Any) -> None:
        self._used = self._other = False
        self._runs = 0

    def _watched(self) -> Iterator[tuple[nn.Module, Callable[..., None]]]:
        """What tells whether a run looks up the tokens of several texts."""
        if self._tower is not self._model:
            yield self._tower, self._on_tower
        for table in self._others:
            yield table, self._on_other

    def _on_tower(self, module: nn.Module, args: Any) -> None:
        self._runs += 1

    def _on_other(self, module: nn.Module, args: Any) -> None:
        self._other = True
        if self._shift is not None and self._used:
            raise _of_two_texts(self._model)

    def _on_output(self, module: nn.Module, args: Any, output: Any) -> Tensor | None:
        if not isinstance(output, Tensor):
            raise ModelError(
                f"{type(self._model).__name__} looks its words up in {type(module).__name__}, "
                f"which returns a {type(output).__name__}, not a tensor; methods that perturb the "
                "word embeddings do not suit it"
            )
        autocast = torch.is_autocast_enabled(output.device.type)
        self.half_precision = autocast or output.element_size() == 2
        if self._shift is None:
            return None
        if self._used:
            # In one run of a model of transformers it is that of token types.
            if self._runs > 1 or not hasattr(self._tower, "config"):
                raise _of_two_texts(self._model)
            return None
        if self._other:
            raise _of_two_texts(self._model)
        self._used = self._added = True
        return output + self._shift.to(output.dtype)


def _towers(model: nn.Module, table: nn.Module) -> tuple[nn.Module, list[nn.Module]]:
    """The innermost module with this table of words, and the tables of other encoders in it."""
    tower, others = model, list[nn.Module]()
    # Of an encoder with a decoder one is perturbed, as the user chose.
    pairs = (m for m in model.modules() if getattr(getattr(m, "config", None), _PAIR, False))
    in_pairs = {id(part) for pair in pairs for part in pair.modules()}
    for module in model.modules():
        found = named_embedding(module)
        if found is table:
            tower = module
        elif isinstance(found, nn.Embedding) and id(module) not in in_pairs:
            others.append(found)
    return tower, others


def _of_two_texts(model: nn.Module) -> ModelError:
    return ModelError(
        f"{type(model).__name__} looks up the tokens of two texts in one run, and a method that "
        "perturbs word embeddings would change the first alone; run the model once per text, or "
        "take a method that perturbs hidden states, such as inputnoise"
    )
