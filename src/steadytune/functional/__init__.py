"""The formulas, as pure functions of tensors. Methods only wire them.

Shapes: `batch` examples, `seq` tokens, `dim` the width of a hidden state.
"""

from ._adversarial import (
    EXTENTS,
    NORMS,
    Extent,
    Norm,
    ascent_direction,
    on_real_tokens,
    perturbation_norm,
    project_to_ball,
)
from ._directions import (
    covariance_directions,
    partner_directions,
    rescaled,
    subspace_directions,
)
from ._stability import Reduction, noise_stability, squared_displacement

__all__ = [
    "EXTENTS",
    "NORMS",
    "Extent",
    "Norm",
    "Reduction",
    "ascent_direction",
    "covariance_directions",
    "noise_stability",
    "on_real_tokens",
    "partner_directions",
    "perturbation_norm",
    "project_to_ball",
    "rescaled",
    "squared_displacement",
    "subspace_directions",
]
