"""Correction for looking at several comparisons at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._checks import finite_scores


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given.

    Calling those at or below 0.05 different keeps the chance of a single false call among all of
    them at or below 5 %, whatever the dependence between the comparisons.

    Source: Holm (1979), Scandinavian Journal of Statistics 6.
    """
    values = finite_scores(p_values)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(values.size, 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]
