"""Scores of a saved model on the splits of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._exceptions import ModelError
from ..runs.evaluation import are_finite, batch_count, choose
from ..tasks import Encoded, Predictions, Scores, with_identity
from .saved import SavedModel


def units(saved_models: int, encoded: Mapping[str, Encoded]) -> int:
    """How many batches `predict_rows` takes for all splits together."""
    return saved_models * sum(batch_count(len(split.dataset)) for split in encoded.values())


def predict_rows(
    saved: SavedModel,
    encoded: Encoded,
    rows: Any,
    on_batch: Callable[[], None] = lambda: None,
) -> Predictions:
    """What a model says of rows; `on_batch` is called after every batch.

    Raises:
        ModelError: If its outputs are not finite.
    """
    outputs = saved.outputs(encoded.dataset, on_batch)
    if not are_finite(outputs):
        raise ModelError(
            f"the outputs of {saved.name} are not finite: its training diverged, or its weights "
            "are damaged; train it again"
        )
    return saved.problem.predict(outputs, encoded, rows)


def choose_on(saved: SavedModel, encoded: Encoded, rows: Any, metric: str) -> None:
    """Make the choices of a single model anew, on validation rows."""
    if saved.problem.choices:
        (model,) = saved.models
        outputs = saved.outputs(encoded.dataset, lambda: None)
        choose(model, saved.problem, outputs, encoded, rows, metric)


def score_splits(
    saved: SavedModel,
    encoded: Mapping[str, Encoded],
    splits: Mapping[str, Any],
) -> tuple[dict[str, Scores], dict[str, Predictions]]:
    """Score a model on splits.

    Args:
        saved: The model.
        encoded: Split -> features.
        splits: Split -> rows.

    Returns:
        Split -> metrics, and split -> predictions beside the rows' identity.

    Raises:
        ModelError: If its outputs are not finite.
    """
    results, kept = {}, {}
    for split, features in encoded.items():
        rows = splits[split]
        predictions = predict_rows(saved, features, rows)
        results[split] = saved.problem.score(predictions, rows)
        kept[split] = with_identity(predictions, rows)
    return results, kept
