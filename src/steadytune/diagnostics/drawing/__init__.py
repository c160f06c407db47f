"""Drawings of what the diagnostics measure: each function draws on one pair of matplotlib axes.

Colours are chosen to be told apart, also by colour-blind readers, on light and on dark paper.
"""

from ._colours import COLOURS, layer_colours
from .bars import draw_drift, draw_jacobian
from .curves import attenuation_limit, draw_attenuation
from .lines import draw_ranks, draw_sensitivity, draw_similarity_by_layer
from .maps import amplification_limit, draw_amplification, draw_similarity

__all__ = [
    "COLOURS",
    "amplification_limit",
    "attenuation_limit",
    "draw_amplification",
    "draw_attenuation",
    "draw_drift",
    "draw_jacobian",
    "draw_ranks",
    "draw_sensitivity",
    "draw_similarity",
    "draw_similarity_by_layer",
    "layer_colours",
]
