"""What the predictions of a section's runs say side by side, method by method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..reading.predictions import PredictionFiles
from .disagreement import disagreements
from .ensembles import ensembles
from .predicted import comparable_runs
from .section_numbers import Disagreement, Ensembles, SectionNumbers


def with_predictions(
    section: SectionNumbers, files: PredictionFiles, rng: np.random.Generator
) -> SectionNumbers:
    """The section with its runs' predictions compared and averaged, where there are any."""
    apart: list[Disagreement] = []
    together: list[Ensembles] = []
    splits = {scores.domain.name for scores in section.domains}
    for method, records in comparable_runs(section).items():
        runs = files.of_runs(records, splits)  # of one method at a time: they may be large
        apart += disagreements(section, method, runs)
        try:
            together += ensembles(section, method, runs, rng)
        except ValueError as error:
            files.problems.append(f"no ensembles of {method}: {error}")
    return replace(section, disagreements=tuple(apart), ensembles=tuple(together))
