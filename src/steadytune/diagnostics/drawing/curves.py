"""Attenuation curves: a line for each layer that noise enters, over the layers above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..noise import NoiseProfile
from ._colours import layer_colours, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def attenuation_limit(profiles: Iterable[NoiseProfile]) -> float:
    """The top of a vertical axis that all these profiles share, in percent."""
    highest = [
        _upper(profile, place).max()
        for profile in profiles
        for place, _ in enumerate(profile.ratio)
    ]
    return 1.05 * max(highest, default=100.0)


def draw_attenuation(
    profile: NoiseProfile,
    axes: Axes,
    *,
    limit: float | None = None,
    colours: Sequence[str] | None = None,
    most_lines: int = 8,
) -> None:
    """Relative displacement in percent over layers, mean and one standard deviation of examples.

    Each line starts with a dot at the layer that the noise enters; that layer's number stands at
    the line's end.

    Args:
        profile: What was measured.
        axes: Where to draw.
        limit: Top of the vertical axis.
        colours: One a line; by default from blue (lowest layer) to orange (highest).
        most_lines: Of more injection layers, so many are drawn, evenly spread.
    """
    places = _spread_out(len(profile.injection), most_lines)
    chosen = colours or layer_colours(len(places))
    depth = profile.injection[0] + len(profile.ratio[0]) - 1
    top = limit or attenuation_limit([profile])
    for place, colour in zip(places, chosen, strict=False):
        _draw_line(profile, place, colour, axes)
    ends = [100 * profile.ratio[place][-1] for place in places]
    for place, height, colour in zip(places, _apart(ends, 0.055 * top), chosen, strict=False):
        axes.text(
            depth + 0.16, height, str(profile.injection[place]),
            color=colour, va="center", fontsize=10,
        )  # fmt: skip
    axes.set_xlim(min(profile.injection) - 0.25, depth + 0.6)
    axes.set_ylim(0, top)
    axes.set_xlabel("layer")
    axes.set_ylabel("relative displacement (%)")
    whole_numbers(axes)


def _draw_line(profile: NoiseProfile, place: int, colour: str, axes: Axes) -> None:
    layer, mean = profile.injection[place], 100 * profile.ratio[place]
    layers = np.arange(layer, layer + len(mean))
    low, high = _lower(profile, place), _upper(profile, place)
    axes.fill_between(layers, low, high, color=colour, alpha=0.12, linewidth=0)
    axes.plot(layers, mean, color=colour, linewidth=1.9, zorder=3)
    axes.scatter([layer], [mean[0]], s=34, color=colour, zorder=4)


def _spread_out(count: int, most: int) -> list[int]:
    """Places from the first to the last, at most so many."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()})


def _lower(profile: NoiseProfile, place: int) -> np.ndarray:
    return np.asarray(100 * np.maximum(profile.ratio[place] - _spread(profile, place), 0))


def _upper(profile: NoiseProfile, place: int) -> np.ndarray:
    return np.asarray(100 * (profile.ratio[place] + _spread(profile, place)))


def _spread(profile: NoiseProfile, place: int) -> np.ndarray:
    return np.nan_to_num(profile.ratio_std[place])


def _apart(heights: Sequence[float], distance: float) -> list[float]:
    """Heights moved as little as need be, so that the labels there do not cover each other."""
    order = np.argsort(heights)
    placed = np.array(heights, dtype=float)
    for lower, upper in pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + distance)
    return list(placed - (placed.mean() - np.mean(heights)))
