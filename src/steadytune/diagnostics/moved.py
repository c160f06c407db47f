"""The examples that noise moves most: what a table of them shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._checks import check_count
from .._exceptions import ConfigError
from .noise import NoiseProfile


@dataclass(frozen=True)
class MovedExample:
    """One example and how far noise moved it.

    Args:
        index: Its place among the examples measured on, from 0.
        ratio: Relative displacement of the top layer, ||h_L(x + e) - h_L(x)|| / ||h_L(x)||.
        displacement: The same, not divided.
        times_typical: `ratio` over the median over all examples.
    """

    index: int
    ratio: float
    displacement: float
    times_typical: float


def most_moved(
    profile: NoiseProfile, *, top: int = 10, injection: int | None = None
) -> tuple[MovedExample, ...]:
    """The examples whose top layer noise moves most, most of all first.

    Args:
        profile: What was measured.
        top: How many to give at most.
        injection: The layer b that the noise entered; the lowest of the profile by default.

    Raises:
        ConfigError: If the profile holds no noise at that layer.
    """
    check_count("top", top, 1)
    layer = profile.injection[0] if injection is None else injection
    if layer not in profile.injection:
        raise ConfigError(
            f"injection={layer} is not in the profile; expected one of "
            + ", ".join(map(str, profile.injection))
        )
    place = profile.injection.index(layer)
    ratios = profile.example_ratio[place][:, -1]
    distances = profile.example_displacement[place][:, -1]
    typical = float(np.median(ratios))
    order = np.argsort(-ratios, kind="stable")[:top]
    return tuple(
        MovedExample(
            int(i),
            float(ratios[i]),
            float(distances[i]),
            float(ratios[i]) / typical if typical else float("nan"),
        )
        for i in order
    )
