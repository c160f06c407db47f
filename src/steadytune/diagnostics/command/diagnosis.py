"""Models set side by side: what was measured on each, and how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..._page.notebook import InNotebook
from .. import LayerSimilarity, Representations, layer_similarity
from .measure import ModelDiagnosis


@dataclass(frozen=True)
class Diagnosis(InNotebook):
    """A whole diagnosis as data: arrays, figures, page and terminal are views of it.

    Args:
        models: What was measured, the model to compare with first.
        similarity: Label of another model -> likeness of its layers to the first model's; without
            models that were shown other windows of long contexts.
        texts: The examples, one line each.
        source: Where they come from.
        relative_noise: Size of the noise.
        start: Name of the model that drift was measured from; empty where it was not.
        command: The command line that makes the diagnosis again.
    """

    _view = "steadytune.diagnostics.command.page:diagnosis_page"

    models: tuple[ModelDiagnosis, ...]
    similarity: dict[str, LayerSimilarity]
    texts: tuple[str, ...]
    source: str
    relative_noise: float
    start: str = ""
    command: str = ""


def similarities(models: Sequence[ModelDiagnosis]) -> dict[str, LayerSimilarity]:
    """Likeness of every model to the first, by token where both cut the words alike."""
    first, *others = models
    pairs = {other.label: _alike(first, other) for other in others}
    return {label: layer_similarity(*pair) for label, pair in pairs.items() if pair}


def _alike(
    first: ModelDiagnosis, other: ModelDiagnosis
) -> tuple[Representations, Representations] | None:
    """Representations of the same things in the same order; None where there are none."""
    if first.tokens is None or other.tokens is None:
        return None
    if first.identity == other.identity:
        return first.tokens, other.tokens
    # Each model has the shortest example first, by its own tokens.
    rows = sorted(first.rows)
    if rows != sorted(other.rows) or len(set(rows)) < len(rows):
        return None
    return _in_order(first.means, first.rows), _in_order(other.means, other.rows)


def _in_order(found: Representations, rows: Sequence[int]) -> Representations:
    order = np.argsort(rows)
    return replace(found, layers=tuple(layer[order] for layer in found.layers))
