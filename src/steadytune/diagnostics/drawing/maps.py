"""Maps with a number in every cell: injection by layer, and layer by layer of two models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..noise import NoiseProfile
from ..similarity import LayerSimilarity
from ._colours import around_one, from_zero

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

_MOST_NUMBERS = 14
_DARK, _PALE = "#1c2128", "#fefefe"


def amplification_limit(profiles: Iterable[NoiseProfile]) -> float:
    """The largest factor up or down in these profiles, for maps that share their colours.

    It is 2 at least, so that what hardly changes looks like it.
    """
    found = [np.abs(np.log2(_factors(profile))) for profile in profiles]
    return float(2 ** max(1.0, *(np.nanmax(part) for part in found)))


def draw_amplification(profile: NoiseProfile, axes: Axes, *, limit: float | None = None) -> None:
    """By what factor noise has grown (orange) or faded (blue) from its layer to each one above.

    A cell is the relative displacement of layer r (column) over that of the layer b that the noise
    entered (row), mean over examples.

    Args:
        profile: What was measured.
        axes: Where to draw.
        limit: The factor at the ends of the colour scale.
    """
    factors = _factors(profile)
    scale = np.log2(limit or amplification_limit([profile]))
    lowest = min(profile.injection)
    shares = 0.5 + 0.5 * np.clip(np.log2(factors) / scale, -1, 1)
    columns = [str(lowest + 1 + place) for place in range(factors.shape[1])]
    _map(axes, shares, factors, around_one(), [str(b) for b in profile.injection], columns)
    axes.set_xlabel("layer moved")
    axes.set_ylabel("noise enters at layer")


def draw_similarity(
    data: LayerSimilarity, axes: Axes, *, first: str = "first model", second: str = "second model"
) -> None:
    """Linear CKA of every layer of one model (rows) with every layer of another (columns)."""
    rows, columns = (list(map(str, range(size))) for size in data.values.shape)
    _map(axes, np.clip(data.values, 0, 1), data.values, from_zero(), rows, columns)
    axes.set_xlabel(f"layer of {second}")
    axes.set_ylabel(f"layer of {first}")


def _factors(profile: NoiseProfile) -> NDArray[np.float64]:
    """(injections, layers above the lowest), NaN where a layer is not above."""
    width = max(map(len, profile.ratio)) - 1
    factors = np.full((len(profile.injection), width), np.nan)
    for row, ratio in enumerate(profile.ratio):
        with np.errstate(divide="ignore", invalid="ignore"):
            factors[row, width - len(ratio) + 1 :] = ratio[1:] / ratio[0]
    factors[~(np.isfinite(factors) & (factors > 0))] = np.nan
    return factors


def _map(
    axes: Axes,
    shares: NDArray[np.float64],
    numbers: NDArray[np.float64],
    colours: Colormap,
    rows: list[str],
    columns: list[str],
) -> None:
    axes.grid(visible=False)
    axes.pcolormesh(np.ma.masked_invalid(shares), cmap=colours, vmin=0, vmax=1)
    if max(len(rows), len(columns)) <= _MOST_NUMBERS:
        for (row, column), number in np.ndenumerate(numbers):
            if np.isfinite(number):
                _number(axes, row, column, number, colours(float(shares[row, column])))
    step_x, step_y = (1 + len(names) // _MOST_NUMBERS for names in (columns, rows))
    axes.set_xticks(np.arange(0.5, len(columns), step_x), columns[::step_x])
    axes.set_yticks(np.arange(0.5, len(rows), step_y), rows[::step_y])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _number(
    axes: Axes, row: int, column: int, number: float, cell: tuple[float, float, float, float]
) -> None:
    light = 0.3 * cell[0] + 0.59 * cell[1] + 0.11 * cell[2]
    axes.text(
        column + 0.5,
        row + 0.5,
        f"{number:.2f}" if number < 9.95 else f"{number:.0f}",
        ha="center",
        va="center",
        fontsize=10,
        color=_DARK if light > 0.5 else _PALE,
    )
