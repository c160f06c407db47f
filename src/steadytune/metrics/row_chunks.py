"""What is computed row by row, a part of the rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_NUMBERS = 2**20
"""Most numbers that are looked at together, of all columns."""


def of_rows(compute: Callable[..., NDArray[Any]], *arrays: NDArray[Any]) -> NDArray[Any]:
    """`compute(*arrays)`, where each entry of the result depends on one row alone.

    With thousands of classes, copies of all logits in float64 would take gigabytes.

    Args:
        compute: Takes some rows of each array, gives an entry for each.
        arrays: As many rows each, at least one; the first has columns.
    """
    rows, columns = arrays[0].shape
    size = max(1, MOST_NUMBERS // columns)
    parts = [
        compute(*(array[start : start + size] for array in arrays))
        for start in range(0, rows, size)
    ]
    return np.concatenate(parts)
