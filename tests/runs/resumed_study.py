"""A study of three methods and five seeds with two workers, to be killed and started again."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import numpy as np

from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.executors import FineTune, LocalWorkers, Progress, Run
from tests.run_records import make_spec, make_test_record
from tests.toy_task import load_toy

METHODS = ("plain", "lnsr", "mixout")
SEEDS = (1, 2, 3, 4, 5)


def study(model: str) -> list[RunSpec]:
    return [
        make_spec(seed, method, model=model or "none", train_size=16, epochs=1, max_length=16)
        for seed in SEEDS
        for method in METHODS
    ]


def drawn(spec: RunSpec, progress: Progress) -> Outcome:
    """A run that takes no training: its numbers depend on the spec alone, its duration does not."""
    draw = np.random.default_rng(int(spec.hash, 16))
    logits = draw.normal(size=(2000, 2)).astype(np.float32)
    time.sleep(random.uniform(0.01, 0.05))
    results = {"movie": {"accuracy": float(draw.uniform())}}
    return Outcome(make_test_record(spec, results=results), {"movie": {"logits": logits}})


def resume(folder: Path, model: str) -> None:
    """Carry out what is missing; without a model, by drawing."""
    ledger, run = Ledger(folder), choose_run(model)
    finished = ledger.finished()
    missing = [spec for spec in study(model) if spec.hash not in finished]
    LocalWorkers(2).carry_out(missing, run, lambda outcome: print(ledger.add(outcome).name))


def choose_run(model: str) -> Run:
    return FineTune(load_toy) if model else drawn


if __name__ == "__main__":
    # Workers find a function under the name of its module, which is not that of a script.
    from tests.runs import resumed_study

    resumed_study.resume(Path(sys.argv[1]), sys.argv[2])
