"""What was measured on a model, with parts that a test can choose."""

from __future__ import annotations

from typing import Any

import numpy as np

from steadytune.diagnostics import NoiseProfile, Representations, layer_scatter
from steadytune.diagnostics.command.measure import ModelDiagnosis

MEANS = Representations("mean", (np.eye(3, dtype=np.float32),))


def measured(label: str, profile: NoiseProfile, **parts: Any) -> ModelDiagnosis:
    """A diagnosis with one profile for both kinds of noise, unless `parts` say otherwise."""
    means = parts.get("means", MEANS)
    chosen = {
        "rows": (0,),
        "in_manifold": profile,
        "means": means,
        "scatter": layer_scatter(means),
        **parts,
    }
    return ModelDiagnosis(label=label, gaussian=profile, **chosen)
