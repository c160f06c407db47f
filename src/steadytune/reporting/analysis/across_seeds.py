"""What the predictions of a setting's runs say side by side, method by method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..reading.predictions import PredictionFiles
from .disagreement import disagreements
from .ensembles import ensembles
from .predicted import comparable_runs
from .setting import Disagreement, Ensembles, Setting


def with_predictions(setting: Setting, files: PredictionFiles, rng: np.random.Generator) -> Setting:
    """The setting with its runs' predictions compared and averaged, where there are any."""
    apart: list[Disagreement] = []
    together: list[Ensembles] = []
    for method, records in comparable_runs(setting).items():
        runs = files.of_runs(records)  # of one method at a time: they may be large
        apart += disagreements(setting, method, runs)
        try:
            together += ensembles(setting, method, runs, rng)
        except ValueError as error:
            files.problems.append(f"no ensembles of {method}: {error}")
    return replace(setting, disagreements=tuple(apart), ensembles=tuple(together))
