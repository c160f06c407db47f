"""Colours of models, of layers and of maps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..._page.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# The others of the palette resemble one of these: they are for pages that need more.
COLOURS = LIGHT[:6]
"""One a model, in the order in which models are given."""

_LOW, _MIDDLE, _HIGH = "#2f83c5", "#e9e9e6", "#d9691e"


def layer_colours(count: int) -> list[str]:
    """Colours from the lowest layer (blue) to the highest (orange)."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("layers", ["#1f83c4", "#8f6bb0", "#d9691e"])
    return [to_hex(scale(index / max(count - 1, 1))) for index in range(count)]


def around_one() -> Colormap:
    """Blue below, orange above, pale in the middle."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("around_one", [_LOW, _MIDDLE, _HIGH])


def from_zero() -> Colormap:
    """Pale for 0, blue for 1."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("from_zero", [_MIDDLE, "#6fa9d6", "#17598f"])


def colours_of(names: Iterable[str], colours: Sequence[str] | None) -> dict[str, str]:
    """A colour for each name, in turn."""
    chosen = colours or COLOURS
    return {name: chosen[i % len(chosen)] for i, name in enumerate(names)}


def whole_numbers(axes: Axes) -> None:
    """Layers are whole numbers; ticks have no strokes."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(length=0)


def plain_numbers(axes: Axes) -> None:
    """Each vertical tick has its whole number, so that no power of ten stands apart from them."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.5g}"))
