"""What can be seen in a model: how noise spreads through it, and what it has become of the start.

Every function returns a frozen dataclass of arrays; `steadytune.diagnostics.drawing` draws them.
"""

from .drift import WeightDrift, weight_drift
from .jacobian import JacobianNorms, jacobian_norms
from .moved import MovedExample, most_moved
from .noise import NoiseProfile, noise_profile
from .rank import LayerRanks, effective_rank, layer_ranks
from .representations import Representations, representations
from .scatter import LayerScatter, layer_scatter
from .sensitivity import RELATIVE_SIZES, OutputSensitivity, output_sensitivity
from .similarity import LayerSimilarity, layer_similarity, linear_cka

__all__ = [
    "RELATIVE_SIZES",
    "JacobianNorms",
    "LayerRanks",
    "LayerScatter",
    "LayerSimilarity",
    "MovedExample",
    "NoiseProfile",
    "OutputSensitivity",
    "Representations",
    "WeightDrift",
    "effective_rank",
    "jacobian_norms",
    "layer_ranks",
    "layer_scatter",
    "layer_similarity",
    "linear_cka",
    "most_moved",
    "noise_profile",
    "output_sensitivity",
    "representations",
    "weight_drift",
]
