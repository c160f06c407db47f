"""Models set side by side: what was measured on each, and how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..diagnostics import LayerSimilarity, layer_similarity
from .measure import ModelDiagnosis


@dataclass(frozen=True)
class Diagnosis:
    """A whole diagnosis as data: arrays, figures, page and terminal are views of it.

    Args:
        models: What was measured, the model to compare with first.
        similarity: Label of another model -> likeness of its layers to the first model's.
        texts: The examples, one line each.
        source: Where they come from.
        relative_noise: Size of the noise.
        start: Name of the model that drift was measured from; empty where it was not.
        command: The command line that makes the diagnosis again.
    """

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
    found = {}
    for other in others:
        by_token = first.identity == other.identity
        pair = (first.tokens, other.tokens) if by_token else (first.means, other.means)
        if pair[0] is not None and pair[1] is not None:
            found[other.label] = layer_similarity(pair[0], pair[1])
    return found
