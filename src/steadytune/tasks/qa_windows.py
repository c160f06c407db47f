"""A question and its context as windows: features that together hold the whole context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ModelError
from .encoding import LONGEST_ANSWER, Encoded, check_length

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

_ROWS_AT_ONCE = 1000
_NO_TEXT = -1
_QUESTION, _CONTEXT = 0, 1

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Windows:
    """The row of each feature, and its part there.

    Args:
        rows: Shape (features,): the place of the feature's row, ascending.
        offsets: One array a feature, shape (tokens, 2): where each token's text starts and ends in
            the context, in characters and without spaces around it; zeros for tokens that are not
            of the context.
        context: One array a feature, shape (tokens,): whether the token holds text of the context.
        no_answer: Shape (features,): the token that stands for no answer.
        longest_answer: Most tokens an answer that is predicted from them.
    """

    rows: Integers
    offsets: tuple[Integers, ...]
    context: tuple[NDArray[np.bool_], ...]
    no_answer: Integers
    longest_answer: int = LONGEST_ANSWER


def encode_windows(
    dataset: Dataset,
    columns: tuple[str, ...],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    stride: int,
    longest_answer: int = LONGEST_ANSWER,
) -> Encoded:
    """Tokenise every row into one feature or several, in the order of the rows.

    The question stands first and whole in each feature, and windows over the context follow it. A
    question that leaves the context less than a quarter of the room loses tokens on its right.

    A feature's targets are the first and last token of the row's first answer. Where the row has
    none, or the window does not hold all of it, both are the classification token, or the first
    token with tokenizers that have none: the model learns to point there.

    Args:
        dataset: Rows with the text columns, and with `answers`, which may be empty, where targets
            are wanted.
        columns: The columns of the question and of the context.
        tokenizer: The model's tokenizer, a fast one.
        max_length: Most tokens a feature, special ones included.
        stride: Tokens that neighbouring windows share, at most half a window.

    Returns:
        Features that are not padded: `input_ids`, `attention_mask`, `token_type_ids` where the
        tokenizer makes them, `start_positions` and `end_positions` where there are answers. A row
        counts as cut if one feature cannot hold it: its context has several windows, or its
        question lost tokens.

    Raises:
        ConfigError: `max_length` leaves no room for text, or is more than the model takes.
        ModelError: The tokenizer does not give the positions of tokens in a text.
    """
    from datasets import Dataset

    _require_offsets(tokenizer)
    check_length(tokenizer, max_length, pair=True)
    features = _Features()
    for row, tokens in enumerate(_tokenised(dataset.with_format(None), columns, tokenizer)):
        features.add(row, tokens, _frame(tokens, max_length, stride))
    windows = Windows(
        np.array(features.rows, dtype=np.int64),
        tuple(features.offsets),
        tuple(features.context),
        np.array(features.no_answer, dtype=np.int64),
        longest_answer,
    )
    content = Dataset.from_dict(features.columns)
    long = sum(length > longest_answer for length in features.answers)
    return Encoded(content, features.cut, len(dataset), windows, long, longest_answer)


@dataclass(frozen=True, eq=False)
class _Tokens:
    """A row's tokens, none left out: what goes to the model, and where each is from."""

    inputs: dict[str, Integers]
    segments: Integers
    offsets: Integers
    classification: NDArray[np.bool_]
    targets: bool
    answer: tuple[int, int] | None

    @property
    def holds_text(self) -> NDArray[np.bool_]:
        """Tokens of the context that are more than space."""
        is_text: NDArray[np.bool_] = self.offsets[:, 0] < self.offsets[:, 1]
        is_text &= self.segments == _CONTEXT
        return is_text

    def answer_tokens(self) -> tuple[int, int] | None:
        """Places of the answer's first and last token, if it has tokens."""
        if self.answer is None:
            return None
        start, end = self.answer
        starts, ends = self.offsets.T
        inside = np.flatnonzero(self.holds_text & (ends > start) & (starts < end))
        return (int(inside[0]), int(inside[-1])) if len(inside) else None


@dataclass(frozen=True, eq=False)
class _Frame:
    """Places of the tokens of each window, and whether the question lost any."""

    windows: list[Integers]
    question_is_cut: bool


@dataclass(eq=False)
class _Features:
    columns: dict[str, list[Any]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    offsets: list[Integers] = field(default_factory=list)
    context: list[NDArray[np.bool_]] = field(default_factory=list)
    no_answer: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    cut: int = 0

    def add(self, row: int, tokens: _Tokens, frame: _Frame) -> None:
        self.cut += len(frame.windows) > 1 or frame.question_is_cut
        if (answer := tokens.answer_tokens()) is not None:
            self.answers.append(answer[1] - answer[0] + 1)
        for places in frame.windows:
            self.rows.append(row)
            self.offsets.append(tokens.offsets[places])
            self.context.append(tokens.holds_text[places])
            for name, values in tokens.inputs.items():
                self._put(name, values[places].tolist())
            self.no_answer.append(no_answer := _no_answer(tokens.classification[places]))
            if tokens.targets:
                start, end = _targets(tokens, places, no_answer)
                self._put("start_positions", start)
                self._put("end_positions", end)

    def _put(self, name: str, value: Any) -> None:
        self.columns.setdefault(name, []).append(value)


def _require_offsets(tokenizer: PreTrainedTokenizerBase) -> None:
    if not tokenizer.is_fast:
        raise ModelError(
            f"{type(tokenizer).__name__} is a slow tokenizer, which does not give the positions "
            "of tokens in a text; question answering needs a fast one (a model with tokenizer.json)"
        )


def _tokenised(
    dataset: Dataset, columns: tuple[str, ...], tokenizer: PreTrainedTokenizerBase
) -> Iterator[_Tokens]:
    for first in range(0, len(dataset), _ROWS_AT_ONCE):
        batch = dataset[first : first + _ROWS_AT_ONCE]
        questions, contexts = (batch[column] for column in columns)
        answers = batch.get("answers", [None] * len(contexts))
        # Whole, whatever their length: the windows are cut out of them.
        encoded = tokenizer(
            questions, contexts, truncation=False, return_offsets_mapping=True, verbose=False
        )
        for row, (context, answer) in enumerate(zip(contexts, answers, strict=True)):
            yield _tokens(encoded, row, context, answer, tokenizer.cls_token_id)


def _tokens(
    encoded: Any, row: int, context: str, answers: Any, classification: int | None
) -> _Tokens:
    segments = [_NO_TEXT if part is None else part for part in encoded.sequence_ids(row)]
    inputs = {
        name: np.array(encoded[name][row], dtype=np.int64)
        for name in encoded
        if name != "offset_mapping"
    }
    special = np.array(segments, dtype=np.int64) == _NO_TEXT
    return _Tokens(
        inputs=inputs,
        segments=np.array(segments, dtype=np.int64),
        offsets=_context_offsets(encoded["offset_mapping"][row], segments, context),
        classification=special & (inputs["input_ids"] == classification),
        targets=answers is not None,
        answer=_first_answer(answers) if answers and answers["text"] else None,
    )


def _first_answer(answers: Any) -> tuple[int, int]:
    start = answers["answer_start"][0]
    return start, start + len(answers["text"][0])


def _context_offsets(offsets: Any, segments: list[int], context: str) -> Integers:
    spans = [
        _without_space(context, *span) if segment == _CONTEXT else (0, 0)
        for span, segment in zip(offsets, segments, strict=True)
    ]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _without_space(context: str, start: int, end: int) -> tuple[int, int]:
    """Some tokenizers count the space in front of a word as part of its token."""
    text = context[start:end].rstrip()
    end = start + len(text)
    return end - len(text.lstrip()), end


def _frame(tokens: _Tokens, max_length: int, stride: int) -> _Frame:
    question = np.flatnonzero(tokens.segments == _QUESTION)
    context = np.flatnonzero(tokens.segments == _CONTEXT)
    room = max_length - (len(tokens.segments) - len(question) - len(context))
    longest_question = room - min(len(context), max(room // 4, 1))
    stays = np.ones(len(tokens.segments), dtype=bool)
    stays[question[longest_question:]] = False
    stays[context] = False
    frame = np.flatnonzero(stays)
    width = room - min(len(question), longest_question)
    return _Frame(
        # Places in ascending order keep every token where the tokenizer puts it.
        [np.sort(np.concatenate([frame, part])) for part in _parts(context, width, stride)],
        question_is_cut=len(question) > longest_question,
    )


def _parts(places: Integers, width: int, stride: int) -> Iterator[Integers]:
    # A question alone can fill the room where there is no context.
    step = max(width - min(stride, width // 2), 1)
    yield places[:width]
    for start in range(step, len(places) - width + step, step):
        yield places[start : start + width]


def _no_answer(classification: NDArray[np.bool_]) -> int:
    """The place of the classification token, or the first one."""
    return int(classification.argmax()) if len(classification) else 0


def _targets(tokens: _Tokens, places: Integers, no_answer: int) -> tuple[int, int]:
    found = tokens.answer_tokens()
    if found is not None and np.isin(found, places).all():
        start, end = np.searchsorted(places, found)
        return int(start), int(end)
    return no_answer, no_answer
