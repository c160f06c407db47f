"""Lines, one a model: sensitivity against noise size, effective rank and likeness by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..rank import LayerRanks
from ..sensitivity import OutputSensitivity
from ..similarity import LayerSimilarity
from ._colours import colours_of, plain_numbers, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Quantity = Literal["change", "divergence", "margin_change"]


def draw_sensitivity(
    found: Mapping[str, OutputSensitivity],
    quantity: Quantity,
    axes: Axes,
    *,
    colours: Sequence[str] | None = None,
) -> None:
    """One quantity against noise size, mean over examples and its standard error as a band.

    Args:
        found: Name of a model -> what was measured on it.
        quantity: `change` (in percent, of a regression in its own unit), `divergence` or
            `margin_change`.
        axes: Where to draw.
        colours: One a model.
    """
    kind = next(iter(found.values())).kind
    scale = 100.0 if quantity == "change" and kind != "values" else 1.0
    for (name, colour), data in zip(
        colours_of(found, colours).items(), found.values(), strict=True
    ):
        values = scale * getattr(data, quantity)
        sizes = 100 * np.array(data.sizes)
        mean, error = values.mean(1), values.std(1) / values.shape[1] ** 0.5
        axes.fill_between(sizes, mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
        axes.plot(sizes, mean, color=colour, linewidth=1.9, marker="o", markersize=4, label=name)
    axes.set_xscale("log")
    ticks = [100 * size for size in next(iter(found.values())).sizes if size > 0]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("size of the noise (% of the hidden state's norm)")
    axes.set_ylabel(_label(quantity, kind))
    axes.tick_params(length=0)
    if quantity != "margin_change":
        axes.set_ylim(bottom=0)
    plain_numbers(axes)


def draw_ranks(
    found: Mapping[str, LayerRanks], axes: Axes, *, colours: Sequence[str] | None = None
) -> None:
    """Effective rank of each layer's representations, one line a model."""
    for (name, colour), data in zip(
        colours_of(found, colours).items(), found.values(), strict=True
    ):
        axes.plot(data.effective, color=colour, linewidth=1.9, marker="o", markersize=4, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("layer")
    axes.set_ylabel("effective rank")
    whole_numbers(axes)


def draw_similarity_by_layer(
    found: Mapping[str, LayerSimilarity], axes: Axes, *, colours: Sequence[str] | None = None
) -> None:
    """Linear CKA between layers of equal number, one line per pair of models."""
    for (name, colour), data in zip(
        colours_of(found, colours).items(), found.values(), strict=True
    ):
        axes.plot(data.matching, color=colour, linewidth=1.9, marker="o", markersize=4, label=name)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("layer")
    axes.set_ylabel("linear CKA")
    whole_numbers(axes)


def _label(quantity: Quantity, kind: str) -> str:
    if kind == "values":
        return {"change": "change of the value", "divergence": "squared change"}[quantity]
    return {
        "change": "changed predictions (%)",
        "divergence": "symmetrised KL (nats)",
        "margin_change": "change of the margin (logits)",
    }[quantity]
