"""A fit of a tiny model in seconds: `python -m tests.fitting.quick FILE MODEL OUT`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console

from steadytune.fitting import FitOptions, FitResult, candidates, carry_out, fit_model, plan, setup
from steadytune.fitting.cost import Timing
from steadytune.tasks import DataSource

PLAN = plan.Plan(rates=2, lengths=1, others=0, folds=5, members=2)
TIMING = Timing(step=0.01, example=0.001, run=0.1, at_a_time=1)


@contextmanager
def quickly(repetitions: int = 2) -> Iterator[None]:
    """Fits take two rates, ten steps, two members; rates at which a tiny model learns."""
    with (
        patch.object(plan, "LADDER", (dataclasses.replace(PLAN, repetitions=repetitions),)),
        patch.object(carry_out, "_measure_speed", lambda work: TIMING),
        patch.object(setup, "usual_rate", lambda model: (1e-2, "")),
        patch.multiple(candidates, _SMALL_RATES=(1e-2, 3e-2), FEWEST_STEPS=16),
    ):
        yield


def quick_fit(
    file: Path | DataSource,
    model: Path,
    out: Path,
    test: Path | None = None,
    repetitions: int = 2,
    **more: Any,
) -> FitResult:
    """A fit in seconds."""
    source = (
        file
        if isinstance(file, DataSource)
        else DataSource(train=str(file), test=None if test is None else str(test))
    )
    options = FitOptions(
        source=source, out=out, model=str(model), budget=600, workers=0, command="fit", **more
    )
    with quickly(repetitions):
        return fit_model(options, Console(quiet=True))


if __name__ == "__main__":
    quick_fit(*map(Path, sys.argv[1:4]), repetitions=1)
