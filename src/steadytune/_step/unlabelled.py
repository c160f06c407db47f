"""Which unlabelled examples stand beside a micro-batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch

from .._exceptions import ConfigError
from .._random import generator


class UnlabelledBatches:
    """Batches of a set of examples, in an order that depends on a seed alone.

    The whole set is gone through, shuffled, again and again. Which examples a batch has depends on
    its number and on nothing that was drawn before, so that a training can be resumed anywhere.

    Args:
        examples: One mapping an example, by the model's arguments; others are left out.
        columns: The arguments to keep, without labels.
        collate: Makes a batch of examples, as a data loader's `collate_fn` does.
        size: Examples a batch.
        seed: The seed of the order.

    Raises:
        ConfigError: If there are no examples, they cannot be asked for by number, or none of their
            columns are to be kept.
    """

    def __init__(
        self,
        examples: Sequence[Mapping[str, Any]],
        columns: Collection[str],
        collate: Callable[[list[dict[str, Any]]], Mapping[str, Any]],
        size: int,
        seed: int,
    ) -> None:
        _require_examples(examples)
        self._examples, self._columns, self._collate = examples, columns, collate
        self._size, self._seed = size, seed
        if not self._example(0):
            raise ConfigError(
                f"the unlabelled examples have {', '.join(examples[0])}, and the model takes "
                "none of these; expected encoded examples, with input_ids"
            )
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """The batch with a number, from 0."""
        return dict(self._collate([self._example(row) for row in self.rows(number)]))

    def rows(self, number: int) -> list[int]:
        """The examples of that batch."""
        places = range(number * self._size, (number + 1) * self._size)
        count = len(self._examples)
        return [self._order(place // count)[place % count] for place in places]

    def _example(self, row: int) -> dict[str, Any]:
        return {k: v for k, v in self._examples[row].items() if k in self._columns}

    def _shuffled(self, round_number: int) -> list[int]:
        draws = generator(torch.device("cpu"), "unlabelled", self._seed, round_number)
        order: list[int] = torch.randperm(len(self._examples), generator=draws).tolist()
        return order


def _require_examples(examples: Any) -> None:
    expected = "expected a list of encoded examples or a datasets.Dataset"
    if not hasattr(examples, "__len__"):
        raise ConfigError(
            f"the unlabelled examples are a {type(examples).__name__}, which cannot be asked for "
            f"an example by its number; {expected}, such as Dataset.from_list(list(examples))"
        )
    if not len(examples):
        raise ConfigError("there are no unlabelled examples; give some, or leave them out")
    try:
        first = examples[0]
    except (KeyError, TypeError):
        first = None
    if not isinstance(first, Mapping):
        raise ConfigError(
            f"the unlabelled examples are a {type(examples).__name__} without mappings as "
            f"examples; {expected}"
        )


def require_use_of_unlabelled(there_is: bool) -> None:
    """Refuse examples without labels where no method has a use for them."""
    if not there_is:
        raise ConfigError(
            "unlabelled examples were given, and no method in use measures on them; use one with a "
            "penalty that needs no labels, such as LNSR or RDrop, or leave them out"
        )
