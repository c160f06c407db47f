"""The formulas, as pure functions of tensors. Methods only wire them.

Shapes: `batch` examples, `seq` tokens, `dim` the width of a hidden state.
"""

from ._adversarial import (
    NORMS,
    Extent,
    Norm,
    ascent_direction,
    on_real_tokens,
    perturbation_norm,
    project_to_ball,
)
from ._averages import equal_parts, power_of_age
from ._child_network import bernoulli_mask, held_in_place, largest_share
from ._directions import (
    covariance_directions,
    partner_directions,
    rescaled,
    subspace_directions,
)
from ._divergence import (
    class_divergence,
    label_divergence,
    span_divergence,
    token_divergence,
    value_divergence,
)
from ._embedding_noise import length_scaled_noise, uniform_of_unit_variance
from ._mixing import mixed_weight, mixing_mask
from ._sharpness import ascent_in_weights, displaced
from ._spectrum import (
    largest_singular_value,
    normalised_weight_gradient,
    spectral_shrinkage,
)
from ._stability import DISTANCES, Distance, Reduction, noise_stability, squared_displacement
from ._weights import (
    half_squared_distance,
    half_squared_low_rank_distance,
    noisy_weight,
    relatively_noisy_weight,
)

__all__ = [
    "DISTANCES",
    "NORMS",
    "Distance",
    "Extent",
    "Norm",
    "Reduction",
    "ascent_direction",
    "ascent_in_weights",
    "bernoulli_mask",
    "class_divergence",
    "covariance_directions",
    "displaced",
    "equal_parts",
    "half_squared_distance",
    "half_squared_low_rank_distance",
    "held_in_place",
    "label_divergence",
    "largest_share",
    "largest_singular_value",
    "length_scaled_noise",
    "mixed_weight",
    "mixing_mask",
    "noise_stability",
    "noisy_weight",
    "normalised_weight_gradient",
    "on_real_tokens",
    "partner_directions",
    "perturbation_norm",
    "power_of_age",
    "project_to_ball",
    "relatively_noisy_weight",
    "rescaled",
    "span_divergence",
    "spectral_shrinkage",
    "squared_displacement",
    "subspace_directions",
    "token_divergence",
    "uniform_of_unit_variance",
    "value_divergence",
]
