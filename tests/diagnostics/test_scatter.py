"""How far representations lie apart, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.diagnostics import Representations, layer_scatter


def test_alike_apart_and_in_between() -> None:
    """Rows m + d and m - d with d across m: sqrt(|d|^2 / (|m|^2 + |d|^2))."""
    alike = np.ones((3, 2), dtype=np.float32)
    opposite = np.array([[1.0, 2.0], [-1.0, -2.0]], dtype=np.float32)
    between = np.array([[3.0, 4.0], [3.0, -4.0]], dtype=np.float32)
    zeros = np.zeros((2, 2), dtype=np.float32)
    found = layer_scatter(Representations("mean", (alike, opposite, between, zeros)))
    assert found.scatter == pytest.approx([0.0, 1.0, 4 / 5, 0.0])
    assert (found.pool, found.rows) == ("mean", 3)
