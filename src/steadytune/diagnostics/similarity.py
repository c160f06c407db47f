"""Likeness of two models' representations: linear centred kernel alignment, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._exceptions import ConfigError
from .representations import Representations

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LayerSimilarity:
    """Linear CKA between the layers of two models.

    Args:
        pool: What a row is, as in `representations`.
        rows: Number of rows compared.
        values: (L + 1, L' + 1), between hidden state i of the first and j of the second model.
    """

    pool: str
    rows: int
    values: Array

    @property
    def matching(self) -> Array:
        """Between the layers of equal number, as many as both models have."""
        return np.asarray(np.diagonal(self.values))


def layer_similarity(first: Representations, second: Representations) -> LayerSimilarity:
    """Linear CKA between every layer of one model and every layer of another.

    Raises:
        ConfigError: If the two do not hold the same rows.
    """
    rows, others = len(first.layers[0]), len(second.layers[0])
    if rows != others or first.pool != second.pool:
        raise ConfigError(
            f"got {rows} rows ({first.pool}) and {others} rows ({second.pool}); expected the same "
            "rows of both models: models that cut words differently need pool='mean'"
        )
    left, right = map(_centred, first.layers), [_centred(layer) for layer in second.layers]
    values = [[_alignment(one, other) for other in right] for one in left]
    return LayerSimilarity(first.pool, rows, np.array(values))


def linear_cka(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Linear centred kernel alignment of two representations (Kornblith et al., ICML 2019).

    ||Y'X||_F^2 / (||X'X||_F ||Y'Y||_F) of the centred X and Y. It is 1 where one is a rotation
    and scaling of the other, whatever their widths. With fewer rows than columns it is close to 1
    for unrelated representations too.

    Args:
        first: (rows, width).
        second: (rows, another width), of the same rows.

    Returns:
        From 0 to 1; NaN where all rows of one are equal.
    """
    return _alignment(_centred(first), _centred(second))


def _centred(rows: NDArray[np.floating]) -> Array:
    return np.asarray(rows - rows.mean(0, keepdims=True, dtype=np.float64), dtype=np.float64)


def _alignment(left: Array, right: Array) -> float:
    scale = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return float(np.linalg.norm(right.T @ left) ** 2 / scale) if scale > 0 else float("nan")
