"""What a model does on rows that it is not trained on: its outputs, and how noise spreads in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding

from .._exceptions import ModelError
from .._model.unwrapped import reading_part, unwrap
from ..diagnostics import noise_profile
from ..diagnostics._observer import TARGETS
from ..tasks import Encoded, Outputs, Problem

BATCH_SIZE = 64
PROFILE_ROWS = 64
PROFILE_BATCH_SIZE = 16


def model_outputs(
    model: Any, tokenizer: Any, features: Any, problem: Problem, on_batch: Callable[[], None]
) -> Outputs:
    """Run the model on features, without dropout and without gradients.

    Features of like length share a batch, so that little is spent on padding.

    Args:
        model: The model.
        tokenizer: Its tokenizer, for padding.
        features: As `Problem.encode` makes them.
        problem: Which outputs are wanted.
        on_batch: Called after every batch.

    Returns:
        The outputs of each feature, in the order of the features; those that have an entry for
        each token without the entries of pads. Beside them what the model's configuration says of
        the choices that are made on validation examples.
    """
    order = _by_length(features, len(features))
    sorted_outputs: Outputs = {name: [] for name in problem.outputs}
    model.eval()
    with torch.inference_mode():
        for batch in _batches(features, order, tokenizer, BATCH_SIZE):
            placed = {name: value.to(model.device) for name, value in batch.items()}
            outputs = problem.run(model, tokenizer, placed)
            for name, found in sorted_outputs.items():
                found += outputs[name]
            on_batch()
    places = np.argsort(order, kind="stable").tolist()
    outputs_of = {name: [rows[p] for p in places] for name, rows in sorted_outputs.items()}
    chosen = {name: getattr(model.config, name, usual) for name, usual in problem.choices.items()}
    return {**outputs_of, **_repeated(chosen, len(order))}


def choose(
    model: Any, problem: Problem, outputs: Outputs, encoded: Encoded, rows: Any, metric: str
) -> Outputs:
    """Choose on validation rows what the kind of task leaves to them; the model keeps it.

    Args:
        model: The model; its configuration takes the choices.
        problem: The kind of task.
        outputs: What the model gave for the rows.
        encoded: Their features.
        rows: The validation rows.
        metric: The primary metric.

    Returns:
        The outputs with the choices.
    """
    chosen = problem.choose(outputs, encoded, rows, metric)
    for name, value in chosen.items():
        setattr(model.config, name, value)
    return {**outputs, **_repeated(chosen, len(encoded.dataset))}


def _repeated(chosen: Mapping[str, float], rows: int) -> Outputs:
    return {name: [np.asarray(value, np.float32)] * rows for name, value in chosen.items()}


def are_finite(outputs: Outputs) -> bool:
    """Whether no number of the outputs of any feature is NaN or infinite."""
    arrays = (array for arrays in outputs.values() for array in arrays if array.dtype.kind != "U")
    return all(np.isfinite(array).all() for array in arrays)


def batch_count(rows: int) -> int:
    """How many batches `model_outputs` takes for so many features."""
    return ceil(rows / BATCH_SIZE)


def attenuation(model: Any, tokenizer: Any, rows: Any) -> dict[str, Any] | None:
    """The noise profile on the first rows, with the same draws for every model.

    Of a model with an encoder and a decoder it is the encoder's.

    Returns:
        What `NoiseProfile.as_dict` gives, or None for a model whose layers cannot be found.
    """
    order = _by_length(rows, min(PROFILE_ROWS, len(rows)))
    batches = _batches(rows, order, tokenizer, PROFILE_BATCH_SIZE)
    try:
        return noise_profile(reading_part(unwrap(model)), batches).as_dict()
    except ModelError:
        return None


def _by_length(features: Any, count: int) -> list[int]:
    """The places of the first `count` features, the shortest first: little goes into padding."""
    lengths = [len(ids) for ids in features["input_ids"][:count]]
    return [int(place) for place in np.argsort(lengths, kind="stable")]


def _batches(
    features: Any, order: Sequence[int], tokenizer: Any, size: int
) -> Iterator[dict[str, Any]]:
    """Padded batches of the features in that order, without their targets."""
    collate = DataCollatorWithPadding(tokenizer)
    targets = [name for name in TARGETS if name in features.column_names]
    inputs = features.remove_columns(targets)
    for start in range(0, len(order), size):
        yield dict(collate([inputs[i] for i in order[start : start + size]]))
