"""Effective rank: how many directions a layer's representations really spread over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .representations import Representations

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LayerRanks:
    """Effective rank of each layer's representations.

    Args:
        pool: What a row is, as in `representations`.
        rows: Number of rows.
        width: Number of columns: the rank is at most the smaller of `rows` - 1 and this.
        effective: (L + 1,), for hidden states 0 to L.
    """

    pool: str
    rows: int
    width: int
    effective: Array


def layer_ranks(found: Representations) -> LayerRanks:
    """The effective rank of every layer."""
    rows, width = found.layers[0].shape
    return LayerRanks(found.pool, rows, width, np.array([*map(effective_rank, found.layers)]))


def effective_rank(rows: NDArray[np.floating]) -> float:
    """exp(entropy of the singular values' shares) of the centred rows (Roy and Vetterli, 2007).

    It is k for k equal singular values and falls as they grow unequal; 0 if all rows are equal.

    Args:
        rows: (rows, width).
    """
    centred = rows - rows.mean(0, keepdims=True, dtype=np.float64)
    smaller = centred @ centred.T if len(rows) < rows.shape[1] else centred.T @ centred
    eigenvalues = np.linalg.eigvalsh(smaller)
    # Below this the eigenvalues of the product are rounding.
    noise = np.finfo(np.float64).eps * max(rows.shape) * max(eigenvalues[-1], 0.0)
    singular = np.sqrt(eigenvalues[eigenvalues > noise])
    if not singular.size:
        return 0.0
    shares = singular / singular.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))
