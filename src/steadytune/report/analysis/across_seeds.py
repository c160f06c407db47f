"""What the predictions of a setting's runs say side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..reading.predictions import PredictionFiles
from .disagreement import disagreements
from .ensembles import ensembles
from .predicted import predicted_runs
from .setting import Setting


def with_predictions(setting: Setting, files: PredictionFiles, rng: np.random.Generator) -> Setting:
    """The setting with its runs' predictions compared and averaged, where there are any."""
    predicted = predicted_runs(setting, files)
    return replace(
        setting,
        disagreements=disagreements(setting, predicted),
        ensembles=ensembles(setting, predicted, rng),
    )
