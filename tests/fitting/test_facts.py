"""What a fit says of itself: probabilities are those of the model that is kept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from datasets import Dataset
from scipy.special import softmax

from steadytune.fitting.candidates import DEFAULTS
from steadytune.fitting.facts import _crossed
from steadytune.fitting.final import Calibration
from steadytune.fitting.forms import SINGLE, Choice
from steadytune.fitting.judge import Judge, OutOfFold
from steadytune.fitting.measure import Measure
from steadytune.fitting.search import Found
from steadytune.stats.selection import CorrectedScore

ACCURACY = Measure("accuracy", lambda p, t: float((p == t).mean()), percent=True)


def test_out_of_fold_probabilities_are_at_the_temperature() -> None:
    truth = np.arange(20) % 2
    logits = np.random.default_rng(0).normal(size=(1, 20, 2))
    judge = Judge(ACCURACY, truth, 0)
    found = Found(
        DEFAULTS,
        DEFAULTS,
        "",
        out_of_fold=OutOfFold(DEFAULTS, logits),
        corrected=CorrectedScore(0.5, None, 0.5),
    )
    setup = SimpleNamespace(judge=judge, truth=truth, test_truth=truth[:3], measure=ACCURACY)
    kept = SimpleNamespace(
        choice=Choice(SINGLE, ""), distilled=False, calibration=Calibration(temperature=2.0)
    )
    outcome = SimpleNamespace(found=found, kept=kept, floor=SimpleNamespace(outputs=logits[0]))
    task = SimpleNamespace(train=Dataset.from_dict({"label": truth}))
    basis = _crossed(cast(Any, SimpleNamespace(setup=setup, task=task)), cast(Any, outcome))
    np.testing.assert_allclose(softmax(basis.outputs, axis=1), softmax(logits[0] / 2, axis=1))
