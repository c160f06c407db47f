"""Texts to token numbers: cut at the longest length, not padded (the collator pads each batch)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._exceptions import ConfigError

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from .qa_windows import Windows
    from .words import Words

LONGEST_ANSWER = 30
"""Most tokens an answer that is predicted, where nothing else is asked for."""

MAX_NEW_TOKENS = 128
"""Most tokens a text that is generated, where nothing else is asked for."""

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Encoded:
    """Encoded rows, and how many of them lost tokens.

    Args:
        dataset: The features, nothing but what a model takes: `input_ids`, `attention_mask`,
            `token_type_ids` where the tokenizer makes them, and the targets where rows have them.
        cut: Number of rows that were longer than allowed.
        rows: Number of rows.
        windows: The row of each feature and its part there, where a row has several.
        long_answers: Number of rows whose answer has more tokens than one that is predicted can
            have.
        longest_answer: Most tokens that it can have; 0 where answers are not of tokens.
        words: Where the words of each row stand in its feature, where words are tagged.
        grades: What predictions are rounded to, ascending, where these are grades.
    """

    dataset: Dataset
    cut: int
    rows: int
    windows: Windows | None = None
    long_answers: int = 0
    longest_answer: int = 0
    words: Words | None = None
    grades: tuple[int, ...] = ()

    @property
    def share_cut(self) -> float:
        """Share of the rows that were cut; 0 where there are no rows."""
        return self.cut / max(self.rows, 1)


@dataclass(frozen=True)
class Padding:
    """Makes a batch of features: pads inputs, and labels of tokens with -100, which no loss counts.

    Args:
        tokenizer: The model's tokenizer.
    """

    tokenizer: PreTrainedTokenizerBase

    def __call__(self, features: Sequence[Mapping[str, Any]]) -> Any:
        from transformers import DataCollatorForSeq2Seq, DataCollatorWithPadding

        labels = features[0].get("labels")
        of_tokens = isinstance(labels, list) and type(labels[0]) is int
        collator = DataCollatorForSeq2Seq if of_tokens else DataCollatorWithPadding
        return collator(self.tokenizer)(list(features))


def encode_and_count(
    dataset: Dataset,
    columns: tuple[str, ...],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    target: Callable[[Any], Any] = lambda label: label,
) -> Encoded:
    """Tokenise every row, in the order of the rows.

    Args:
        dataset: Rows with the text columns, and `label` where it is known.
        columns: One text column, or two for pairs; a pair loses tokens of its longer text first.
        tokenizer: The model's tokenizer.
        max_length: Most tokens a row, special ones included.
        target: Makes of a label what the loss takes.

    Raises:
        ConfigError: `max_length` leaves no room for text, or is more than the model takes.
    """
    from datasets import Dataset

    check_length(tokenizer, max_length, pair=len(columns) == 2)
    rows = dataset.with_format(None)
    encoded: dict[str, list[Any]] = {}
    cut = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        batch = rows[start : start + _ROWS_AT_ONCE]
        texts = [batch[column] for column in columns]
        tokens = tokenizer(*texts, truncation=True, max_length=max_length)
        cut += count_cut(texts, tokens["input_ids"], tokenizer, max_length)
        targets = {"labels": [*map(target, batch["label"])]} if "label" in batch else {}
        for name, values in {**tokens, **targets}.items():
            encoded.setdefault(name, []).extend(values)
    return Encoded(Dataset.from_dict(encoded), cut, len(rows))


def count_cut(
    texts: list[list[str]],
    input_ids: list[list[int]],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
) -> int:
    """How many rows of a batch were longer than allowed."""
    # Only a row that fills the whole length can have been cut, so only those are measured.
    full = [row for row, ids in enumerate(input_ids) if len(ids) >= max_length]
    if not full:
        return 0
    suspects = [[column[row] for row in full] for column in texts]
    whole = tokenizer(*suspects, truncation=False, verbose=False)["input_ids"]
    return sum(len(ids) > max_length for ids in whole)


def usual_new_tokens(positions: int | None) -> int:
    """Most tokens of a text that a model with so many positions generates, where nothing is said.

    Args:
        positions: None where there is no limit.
    """
    return min(MAX_NEW_TOKENS, positions or MAX_NEW_TOKENS)


def check_length(tokenizer: PreTrainedTokenizerBase, max_length: int, pair: bool) -> None:
    """Refuse a length that leaves no room for text, or is more than the model takes.

    Raises:
        ConfigError: It is.
    """
    special = tokenizer.num_special_tokens_to_add(pair=pair)
    least, most = special + 1 + pair, tokenizer.model_max_length
    if not least <= max_length <= most:
        raise ConfigError(
            f"max_length {max_length} does not fit the model: expected {least} (special tokens "
            f"and one of each text) to {most}"
        )
