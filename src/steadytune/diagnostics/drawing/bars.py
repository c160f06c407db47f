"""Bars by layer, grouped by model: Jacobian norms and drift of the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ..drift import WeightDrift
from ..jacobian import JacobianNorms
from ._colours import colours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
_FILLED = 0.8
_MOST_LABELS = 14


def draw_jacobian(
    found: Mapping[str, JacobianNorms],
    quantity: Literal["gain", "spectral", "frobenius"],
    axes: Axes,
    *,
    colours: Sequence[str] | None = None,
) -> None:
    """A norm of the Jacobian by the layer that a change enters, mean over examples.

    Strokes show the middle half of the examples.

    Args:
        found: Name of a model -> what was measured on it.
        quantity: `gain` (root mean square factor), `spectral` (largest factor) or `frobenius`.
        axes: Where to draw.
        colours: One a model.
    """
    layers = sorted({b for data in found.values() for b in data.source})
    rows = {
        name: _mean_and_middle(dict(zip(data.source, getattr(data, quantity), strict=True)), layers)
        for name, data in found.items()
    }
    _grouped(axes, list(map(str, layers)), rows, colours)
    axes.set_xlabel("change enters at layer")
    axes.set_ylabel(
        {"gain": "typical factor", "spectral": "largest factor", "frobenius": "Frobenius norm"}[
            quantity
        ]
    )


def _mean_and_middle(values: Mapping[int, Array], layers: Sequence[int]) -> tuple[Array, Array]:
    """Means and quartiles over examples by layer; NaN at layers that this model does not have."""
    columns = [
        (part.mean(), *np.quantile(part, [0.25, 0.75])) if part is not None else (np.nan,) * 3
        for part in map(values.get, layers)
    ]
    mean, *quartiles = np.array(columns).T
    return mean, np.array(quartiles)


def draw_drift(
    found: Mapping[str, WeightDrift], axes: Axes, *, colours: Sequence[str] | None = None
) -> None:
    """Relative distance of each part's weights from the start, in percent."""
    parts = list(dict.fromkeys(part for data in found.values() for part in data.parts))
    rows = {}
    for name, data in found.items():
        by_part = dict(zip(data.parts, 100 * data.relative, strict=True))
        rows[name] = (np.array([by_part.get(part, np.nan) for part in parts]), None)
    _grouped(axes, [_short(part) for part in parts], rows, colours)
    axes.set_xlabel("layer")
    axes.set_ylabel("distance from the start (%)")


def _short(part: str) -> str:
    return {"below": "emb.", "above": "above"}.get(part, part.removeprefix("layer "))


def _grouped(
    axes: Axes,
    labels: Sequence[str],
    rows: Mapping[str, tuple[Array, Array | None]],
    colours: Sequence[str] | None,
) -> None:
    width = _FILLED / len(rows)
    middle = np.arange(len(labels))
    for place, (name, colour) in enumerate(colours_of(rows, colours).items()):
        heights, limits = rows[name]
        where = middle - _FILLED / 2 + (place + 0.5) * width
        axes.bar(where, heights, 0.9 * width, color=colour, label=name, zorder=2)
        if limits is not None:
            axes.vlines(where, limits[0], limits[1], color="#8b949e", linewidth=1.6, zorder=3)
    step = 1 + len(labels) // _MOST_LABELS
    shown = [text if i % step == 0 or not text.isdigit() else "" for i, text in enumerate(labels)]
    axes.set_xticks(middle, shown)
    axes.set_ylim(bottom=0)
    axes.grid(axis="x", visible=False)
    axes.tick_params(length=0)
