"""What a model does on rows that it is not trained on: its logits, and how noise spreads in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DataCollatorWithPadding

from .._exceptions import ModelError
from ..diagnostics import noise_profile

BATCH_SIZE = 64
PROFILE_ROWS = 64


def predict(
    model: Any, tokenizer: Any, rows: Any, on_batch: Callable[[], None]
) -> NDArray[np.float32]:
    """Run the model on encoded rows, without dropout and without gradients.

    Rows of like length share a batch, so that little is spent on padding.

    Args:
        model: The classifier.
        tokenizer: Its tokenizer, for padding.
        rows: Encoded rows.
        on_batch: Called after every batch.

    Returns:
        Shape (rows, classes), in the order of the rows.
    """
    order = np.argsort([len(ids) for ids in rows["input_ids"]], kind="stable")
    parts = []
    model.eval()
    with torch.inference_mode():
        for batch in _batches(rows, order.tolist(), tokenizer):
            logits = model(**{name: value.to(model.device) for name, value in batch.items()}).logits
            parts.append(logits.float().cpu().numpy())
            on_batch()
    found: NDArray[np.float32] = np.concatenate(parts)[np.argsort(order, kind="stable")]
    return found


def batch_count(rows: int) -> int:
    """How many batches `predict` takes for so many rows."""
    return ceil(rows / BATCH_SIZE)


def attenuation(model: Any, tokenizer: Any, rows: Any) -> dict[str, Any] | None:
    """The noise profile on the first rows, with the same draws for every model.

    Returns:
        What `NoiseProfile.as_dict` gives, or None for a model whose layers cannot be found.
    """
    chosen = list(range(min(PROFILE_ROWS, len(rows))))
    try:
        return noise_profile(model, _batches(rows, chosen, tokenizer)).as_dict()
    except ModelError:
        return None


def _batches(rows: Any, order: Sequence[int], tokenizer: Any) -> Iterator[dict[str, Any]]:
    """Padded batches of the rows in that order, without their labels."""
    collate = DataCollatorWithPadding(tokenizer)
    unlabelled = rows.remove_columns("labels")
    for start in range(0, len(order), BATCH_SIZE):
        yield dict(collate([unlabelled[i] for i in order[start : start + BATCH_SIZE]]))
