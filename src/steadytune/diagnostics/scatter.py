"""Scatter: how far a layer's representations lie apart, which is 0 where a model collapsed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .representations import Representations


@dataclass(frozen=True)
class LayerScatter:
    """How far each layer's representations lie apart.

    Args:
        pool: What a row is, as in `representations`.
        rows: Number of rows.
        scatter: (L + 1,), for hidden states 0 to L: 0 where all rows are equal, 1 where their mean
            is 0.
    """

    pool: str
    rows: int
    scatter: NDArray[np.float64]


def layer_scatter(found: Representations) -> LayerScatter:
    """Root mean square distance of the rows from their mean, over their root mean square length.

    With examples for rows it says how much of a layer depends on the input: where it is near 0,
    nothing above the layer can tell examples apart.
    """
    return LayerScatter(found.pool, len(found.layers[0]), np.array([*map(_scatter, found.layers)]))


def _scatter(rows: NDArray[np.float32]) -> float:
    values = rows.astype(np.float64)
    length = np.square(values).sum()
    apart = np.square(values - values.mean(0, keepdims=True)).sum()
    return float(np.sqrt(apart / length)) if length else 0.0
