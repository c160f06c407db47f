"""Tags of words as predictions have them: probabilities of every word, and scores of their tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ...metrics.tagging import OF_ENTITIES, OUTSIDE, codes, entities, is_tag, token_accuracy
from ...records.prediction_file import Columns

TAGS = "tags"
"""The column of predicted tags, which only predictions of this kind have."""

Array = NDArray[Any]


def word_probabilities(run: Columns, names: Sequence[str]) -> Array:
    """The probabilities of the tags of all words, shape (words, tags).

    An `O` follows each sentence. Words that the model did not read are `O` too.

    Args:
        run: The predictions of a run.
        names: The tags in the order of their logits.

    Raises:
        ValueError: The columns do not fit each other or the names.
    """
    if not {"logits", "label"} <= set(run) or run["label"].dtype.kind != "U":
        raise ValueError("its predictions have no logits or labels of words")
    logits, known = run["logits"], OUTSIDE in names and all(map(is_tag, names))
    lengths = np.array([text.count(" ") + 1 for text in run["label"].tolist()])
    if not known or logits.ndim != 3 or logits.shape[::2] != (len(lengths), len(names)):
        raise ValueError("the logits of its words have another shape than expected")
    if logits.shape[1] > lengths.max(initial=0):
        raise ValueError("its predictions have more words than labels")
    found = np.zeros((int(lengths.sum()) + len(lengths), len(names)))
    found[:, list(names).index(OUTSIDE)] = 1.0
    row, word = np.nonzero(~np.isnan(logits).any(axis=2))
    if (word >= lengths[row]).any() or not np.isfinite(logits[row, word]).all():
        raise ValueError("the logits of its words do not fit its labels")
    starts = np.cumsum([0, *(lengths + 1)[:-1]])
    found[starts[row] + word] = softmax(logits[row, word].astype(np.float64), axis=1)
    return found


def word_scorer(metric: str, run: Columns, names: Sequence[str]) -> Callable[[Array], float | None]:
    """The metric of probabilities as `word_probabilities` gives them, for the labels of a run.

    Raises:
        ValueError: The metric is unknown, or a label is none of the names.
    """
    if metric != "accuracy" and metric not in OF_ENTITIES:
        raise ValueError(f"ensembles are not scored by {metric}")
    flat = [tag for text in run["label"].tolist() for tag in (*text.split(" "), OUTSIDE)]
    if strange := set(flat) - set(names):
        raise ValueError(f"its labels have the tag {min(strange)!r}, which is not one of its task")
    truth, known = np.array([list(names).index(tag) for tag in flat]), codes(names)
    if metric == "accuracy":
        is_word = np.ones(len(flat))
        is_word[np.cumsum([text.count(" ") + 2 for text in run["label"].tolist()]) - 1] = 0
        return lambda mean: token_accuracy((mean.argmax(axis=1) == truth) * is_word, is_word)
    theirs, of = entities(known[truth]), OF_ENTITIES[metric]

    def score(mean: Array) -> float | None:
        ours = entities(known[mean.argmax(axis=1)])
        return of(ours.shared(theirs), ours.begin, theirs.begin)

    return score
