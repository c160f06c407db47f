"""The formulas, as pure functions of tensors. Methods only wire them.

Shapes: `batch` examples, `seq` tokens, `dim` the width of a hidden state.
"""

from ._directions import (
    covariance_directions,
    partner_directions,
    rescaled,
    subspace_directions,
)
from ._stability import Reduction, noise_stability, squared_displacement

__all__ = [
    "Reduction",
    "covariance_directions",
    "noise_stability",
    "partner_directions",
    "rescaled",
    "squared_displacement",
    "subspace_directions",
]
