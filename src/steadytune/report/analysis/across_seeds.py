"""All that the predictions of a setting's runs say side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..reading.predictions import PredictionFiles
from .disagreement import Disagreement, disagreements
from .ensembles import Ensembles, ensembles
from .predicted import predicted_runs
from .setting import Setting


@dataclass(frozen=True)
class AcrossSeeds:
    """What is made of predictions, empty without them.

    Args:
        disagreements: How far runs disagree, by method and domain.
        ensembles: What ensembles of runs would score in domain, by method.
    """

    disagreements: tuple[Disagreement, ...] = ()
    ensembles: tuple[Ensembles, ...] = ()


def across_seeds(setting: Setting, files: PredictionFiles, rng: np.random.Generator) -> AcrossSeeds:
    """Read the predictions of a setting's runs, compare them, and average them."""
    predicted = predicted_runs(setting, files)
    return AcrossSeeds(disagreements(setting, predicted), ensembles(setting, predicted, rng))
