"""Words to token numbers, each word with a tag: its first token carries the tag, others none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ModelError
from .encoding import Encoded, check_length, count_cut

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

NO_TARGET = -100
"""What stands at tokens that no loss counts."""

UNREAD = -1
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Words:
    """Where the words of rows stand in their features.

    Args:
        places: One array a row: for each word the place of its first token, or -1 for one that the
            model does not read, since it was cut off or the tokenizer makes nothing of it.
        label_names: The tags in the order of their numbers.
    """

    places: tuple[NDArray[np.int64], ...]
    label_names: tuple[str, ...]

    @property
    def share_unread(self) -> float:
        """Share of the words that the model does not read; 0 where there are no words."""
        unread = sum(int((row == UNREAD).sum()) for row in self.places)
        return unread / max(sum(map(len, self.places)), 1)


def encode_words(
    dataset: Dataset,
    column: str,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    label_names: Sequence[str],
) -> Encoded:
    """Tokenise every row, in the order of the rows.

    Args:
        dataset: Rows of words with a blank between them, and in `label` their tags likewise where
            they are known.
        column: The column of the words.
        tokenizer: The model's tokenizer, a fast one.
        max_length: Most tokens a row, special ones included.
        label_names: The tags in the order of their numbers; without them, no targets are made.

    Raises:
        ConfigError: `max_length` leaves no room for text, or is more than the model takes.
        ModelError: The tokenizer does not give the positions of tokens in a text.
    """
    from datasets import Dataset

    if not tokenizer.is_fast:
        raise ModelError(
            f"{type(tokenizer).__name__} is a slow tokenizer, which does not give the positions "
            "of tokens in a text; tagging needs a fast one (a model with tokenizer.json)"
        )
    check_length(tokenizer, max_length, pair=False)
    rows, number = dataset.with_format(None), {tag: i for i, tag in enumerate(label_names)}
    encoded: dict[str, list[Any]] = {}
    places: list[NDArray[np.int64]] = []
    cut = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        batch = rows[start : start + _ROWS_AT_ONCE]
        texts = batch[column]
        tokens = tokenizer(
            texts, truncation=True, max_length=max_length, return_offsets_mapping=True
        )
        found = [*map(_places, texts, tokens.pop("offset_mapping"))]
        cut += count_cut([texts], tokens["input_ids"], tokenizer, max_length)
        if number and "label" in batch:
            each = zip(batch["label"], found, tokens["input_ids"], strict=True)
            tokens["labels"] = [
                _targets([number[tag] for tag in label.split(" ")], *rest) for label, *rest in each
            ]
        places += found
        for name, values in tokens.items():
            encoded.setdefault(name, []).extend(values)
    words = Words(tuple(places), tuple(label_names))
    return Encoded(Dataset.from_dict(encoded), cut, len(rows), words=words)


def _places(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The place of each word's first token.

    A token belongs to the word that its last character is in: some tokenizers count the blank in
    front of a word to its first token.
    """
    lengths = np.array([len(word) for word in text.split(" ")])
    ends = np.cumsum(lengths + 1) - 1
    spans = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    last = spans[:, 1] - 1
    word = np.searchsorted(ends, last, side="right")
    inside = (spans[:, 0] < spans[:, 1]) & (last < ends[word.clip(max=len(ends) - 1)])
    inside &= last >= (ends - lengths)[word.clip(max=len(ends) - 1)]
    found = np.full(len(lengths), UNREAD, dtype=np.int64)
    tokens = np.flatnonzero(inside)[::-1]
    found[word[tokens]] = tokens  # the first token of a word is written last
    return found


def _targets(tags: Sequence[int], places: NDArray[np.int64], ids: Sequence[int]) -> list[int]:
    targets = np.full(len(ids), NO_TARGET, dtype=np.int64)
    read = places != UNREAD
    targets[places[read]] = np.array(tags, dtype=np.int64)[read]
    return [int(target) for target in targets]
