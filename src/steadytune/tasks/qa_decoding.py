"""From the logits of starts and ends to answers: the best span over all windows of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .qa_windows import Windows

_FEATURES_AT_ONCE = 128

Logits = Sequence[NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Answers:
    """The predicted answers.

    Args:
        text: Shape (rows,): a part of the row's context; empty where no span is possible.
        score: Shape (rows,): start logit plus end logit; minus infinity where no span is possible,
            NaN where a logit of the context is not finite.
        null: Shape (rows,): the score of "no answer", which is the lowest over the row's windows.
    """

    text: NDArray[np.str_]
    score: NDArray[np.float64]
    null: NDArray[np.float64]


def decode_answers(
    start_logits: Logits,
    end_logits: Logits,
    windows: Windows,
    contexts: Sequence[str],
    *,
    n_best: int = 20,
    longest: int = 30,
) -> Answers:
    """The span with the highest start logit plus end logit, over all windows of each row.

    A span starts at one of the `n_best` most likely starts of its window and ends at one of its
    `n_best` most likely ends, both tokens of the context. Among equal spans it is the one in the
    first window that starts first, and then the shortest.

    Args:
        start_logits: One array a feature, shape (tokens,), without pads.
        end_logits: The same of the ends.
        windows: What each feature is.
        contexts: One a row.
        n_best: Most starts, and most ends, looked at in each window.
        longest: Most tokens an answer.
    """
    texts, scores = [""] * len(contexts), np.full(len(contexts), -np.inf)
    spans = _window_spans(start_logits, end_logits, windows.context, n_best, longest)
    for row, offsets, span in zip(windows.rows, windows.offsets, spans, strict=True):
        if span.score > scores[row] or np.isnan(span.score):
            # Nothing is greater than NaN, so a row that has it keeps it.
            scores[row] = span.score
            texts[row] = contexts[row][slice(*span.characters(offsets))]
    null = np.full(len(contexts), np.inf)
    each = zip(windows.rows, windows.no_answer, start_logits, end_logits, strict=True)
    for row, place, starts, ends in each:
        if not len(starts):
            continue  # without a question, a context and special tokens
        # A window without the answer says so; only if all do, the row has none.
        null[row] = np.minimum(null[row], float(starts[place]) + float(ends[place]))
    return Answers(np.array(texts, dtype=np.str_), scores, null)


@dataclass(frozen=True)
class _Span:
    """The best span of one window, by its first and its last token."""

    start: int
    end: int
    score: float

    def characters(self, offsets: NDArray[np.int64]) -> tuple[int, int]:
        """Where it starts and ends in the context; nowhere, if its logits are not finite."""
        if np.isnan(self.score):
            return 0, 0
        return int(offsets[self.start, 0]), int(offsets[self.end, 1])


def _window_spans(
    start_logits: Logits,
    end_logits: Logits,
    context: Sequence[NDArray[np.bool_]],
    n_best: int,
    longest: int,
) -> Iterator[_Span]:
    for first in range(0, len(context), _FEATURES_AT_ONCE):
        part = slice(first, first + _FEATURES_AT_ONCE)
        starts = _padded(start_logits[part], context[part])
        ends = _padded(end_logits[part], context[part])
        broken = np.any(np.isnan(starts) | np.isnan(ends), axis=1).tolist()
        found = zip(*_best_spans(starts, ends, n_best, longest), strict=True)
        for (start, end, score), is_broken in zip(found, broken, strict=True):
            yield _Span(int(start), int(end), np.nan if is_broken else float(score))


def _padded(logits: Logits, context: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Shape (features, tokens): minus infinity off the context, NaN where it is not finite."""
    padded = np.full((len(logits), max(map(len, logits))), -np.inf)
    for row, values, inside in zip(padded, logits, context, strict=True):
        row[: len(values)][inside] = np.where(np.isfinite(values), values, np.nan)[inside]
    return padded


def _best_spans(
    starts: NDArray[np.float64], ends: NDArray[np.float64], n_best: int, longest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    start, end = _most_likely(starts, n_best)[:, :, None], _most_likely(ends, n_best)[:, None, :]
    features = np.arange(len(starts))
    scores = starts[features[:, None, None], start] + ends[features[:, None, None], end]
    scores[(end < start) | (end - start >= longest)] = -np.inf
    flat = scores.reshape(len(starts), -1)
    best = flat.argmax(axis=1)
    first, last = np.unravel_index(best, scores.shape[1:])
    return start[features, first, 0], end[features, 0, last], flat[features, best]


def _most_likely(logits: NDArray[np.float64], n_best: int) -> NDArray[np.int64]:
    """Places of the largest logits of each feature, ascending; of equal ones the first."""
    return np.sort(np.argsort(-logits, axis=1, kind="stable")[:, :n_best], axis=1)
