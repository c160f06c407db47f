"""How often the interval of an ensemble's gain holds the true gain, where runs fail or not.

    python benchmarks/ensemble_gain_coverage.py [--studies 2000]

Each study has 10 runs and ensembles of 3. Single runs score normally around 67 points (standard
deviation 6); with some probability a run fails and scores around 10. An ensemble is as good as its
best member, so that failed ones do not hurt it unless all are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from steadytune.stats import ensemble_scores

RUNS, SIZE = 10, 3
FAILING = (0.0, 0.05, 0.1, 0.2)


def draw(rng: np.random.Generator, runs: int, failing: float) -> NDArray[np.float64]:
    failed = rng.random(runs) < failing
    return np.where(failed, rng.normal(10, 3, runs), rng.normal(67, 6, runs))


def true_gain(rng: np.random.Generator, failing: float) -> float:
    scores = draw(rng, 3_000_000, failing).reshape(-1, SIZE)
    return float(scores.max(axis=1).mean() - scores.mean())


def best_of(scores: NDArray[np.float64]) -> Callable[[NDArray[np.intp]], float]:
    return lambda group: float(scores[group].max())


def coverage(rng: np.random.Generator, failing: float, studies: int) -> tuple[float, float]:
    truth, covered, below = true_gain(rng, failing), 0, 0
    for _ in range(studies):
        score = best_of(draw(rng, RUNS, failing))
        (found,) = ensemble_scores(score, RUNS, (SIZE,), rng)
        assert found.interval is not None
        covered += found.interval.low <= truth <= found.interval.high
        below += found.interval.high < truth
    return 100 * covered / studies, 100 * below / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    table = Table("runs that fail", "holds the true gain", "lies wholly below it")
    for failing in FAILING:
        held, below = coverage(np.random.default_rng(0), failing, studies)
        table.add_row(f"{failing:.0%}", f"{held:.0f} %", f"{below:.0f} %")
    Console().print(table)


if __name__ == "__main__":
    main()
