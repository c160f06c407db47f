"""How often intervals over few seeds hold the true value, by simulation.

    python benchmarks/interval_coverage.py [--samples 4000] [--json FILE]

Three tables: intervals of the mean of paired differences, intervals of the ratio of two standard
deviations, and intervals of the probability of improvement. Each cell draws that many samples of n
pairs, computes the nominal 95 % interval by the package's own functions, and counts those that hold
the true value. `none` is the share of samples in which there is no finite interval; coverage and
width are over the rest. The seed of a cell's generator comes from its names, so cells do not depend
on each other.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.special import ndtr

from steadytune.stats import (
    Interval,
    bootstrap_mean_interval,
    bootstrap_spread,
    compare_spread,
    mean_interval,
    paired_improvement,
    sign_flip_interval,
    unpaired_improvement,
)

Sample = NDArray[np.float64]
Generator = np.random.Generator
Draw = Callable[[Generator, int], Sample]
Find = Callable[[Sample, Generator], Interval | None]
COUNTS = (5, 10, 20)
RESAMPLES = 1999
# With five pairs the expanded tails hold a thousandth each.
MANY_RESAMPLES = 4999
FAILED, LOSS = 0.1, 0.3
RATIO, TOGETHER = 0.5, 0.3
SHIFT = 0.8


@dataclass(frozen=True)
class Cell:
    """One number of a table.

    Args:
        table: `mean`, `spread` or `improvement`.
        shape: What the pairs are drawn from.
        interval: Which interval.
        count: Pairs in a sample.
        samples: How many samples.
        none: Share of samples without a finite interval.
        coverage: Share of the intervals that hold the true value; None if there are none.
        median_width: Median of high minus low; of high over low for ratios.
    """

    table: str
    shape: str
    interval: str
    count: int
    samples: int
    none: float
    coverage: float | None
    median_width: float | None


@dataclass(frozen=True)
class Shape:
    """A distribution of pairs and the true value of what the intervals are for."""

    draw: Draw
    truth: float


def fails(generator: Generator, count: int) -> Sample:
    """Which of the runs fail."""
    return (generator.random(count) < FAILED).astype(np.float64)


def bimodal_differences(generator: Generator, count: int) -> Sample:
    """Each of the two methods loses 30 points in a tenth of its runs, not in the same ones."""
    lost = fails(generator, count) - fails(generator, count)
    return generator.normal(0.02, 0.02, count) + LOSS * lost


def one_sided_failures(generator: Generator, count: int) -> Sample:
    """Only the treatment fails."""
    return generator.normal(0.02, 0.02, count) - LOSS * fails(generator, count)


DIFFERENCES = {
    "normal": Shape(lambda rng, n: rng.normal(0.02, 0.02, n), 0.02),
    "skewed (exponential)": Shape(lambda rng, n: rng.exponential(size=n), 1.0),
    "very skewed (lognormal)": Shape(lambda rng, n: rng.lognormal(size=n), math.exp(0.5)),
    "both fail in 10 %": Shape(bimodal_differences, 0.02),
    "one fails in 10 %": Shape(one_sided_failures, 0.02 - LOSS * FAILED),
}


def related(generator: Generator, count: int) -> Sample:
    """Normal pairs of standard deviation 1 that share part of their noise; (2, count)."""
    shared, own = generator.normal(size=count), generator.normal(size=(2, count))
    pairs: Sample = math.sqrt(TOGETHER) * shared + math.sqrt(1 - TOGETHER) * own
    return pairs


def heavy(generator: Generator, count: int) -> Sample:
    """Pairs with the heavy tails of Student's t with 5 degrees."""
    return np.divide(related(generator, count), np.sqrt(generator.chisquare(5, count) / 5))


def two_heaps(generator: Generator, count: int) -> Sample:
    """Pairs; each of the two loses a lot in a fifth of its runs."""
    return 0.1 * related(generator, count) - (generator.random((2, count)) < 2 * FAILED)


def half_as_wide(draw: Draw, generator: Generator, count: int) -> Sample:
    """The first of the pair has half the spread of the second."""
    return np.multiply(draw(generator, count), [[RATIO], [1.0]], dtype=np.float64)


SPREADS = {
    "normal": Shape(partial(half_as_wide, related), RATIO),
    "heavy tails": Shape(partial(half_as_wide, heavy), RATIO),
    "both fail in 20 %": Shape(partial(half_as_wide, two_heaps), RATIO),
}


def shifted(draw: Draw, generator: Generator, count: int) -> Sample:
    """The first of the pair is better by part of a standard deviation."""
    return np.add(draw(generator, count), [[SHIFT], [0.0]], dtype=np.float64)


def unrelated(generator: Generator, count: int) -> Sample:
    """Pairs that share nothing."""
    return generator.normal(size=(2, count))


def exponential(generator: Generator, count: int) -> Sample:
    """Skewed pairs that share nothing."""
    return generator.exponential(size=(2, count))


IMPROVEMENTS = {
    "normal": Shape(partial(shifted, unrelated), float(ndtr(SHIFT / math.sqrt(2)))),
    "skewed (exponential)": Shape(partial(shifted, exponential), 1 - math.exp(-SHIFT) / 2),
}

MEANS: dict[str, Find] = {
    "percentile bootstrap": lambda d, rng: (
        bootstrap_mean_interval(d, rng, resamples=RESAMPLES).interval
    ),
    "expanded percentile": lambda d, rng: (
        bootstrap_mean_interval(d, rng, resamples=MANY_RESAMPLES, method="expanded").interval
    ),
    "BCa bootstrap": lambda d, rng: (
        bootstrap_mean_interval(d, rng, resamples=RESAMPLES, method="bca").interval
    ),
    "paired t": lambda d, rng: mean_interval(d),
    "inverted sign-flip": lambda d, rng: sign_flip_interval(d, rng),
}
RATIOS: dict[str, Find] = {
    "percentile bootstrap": lambda p, rng: (
        bootstrap_spread(p[0], p[1], rng, resamples=RESAMPLES, method="percentile").interval
    ),
    "expanded percentile": lambda p, rng: (
        bootstrap_spread(p[0], p[1], rng, resamples=MANY_RESAMPLES, method="expanded").interval
    ),
    "BCa bootstrap": lambda p, rng: (
        bootstrap_spread(p[0], p[1], rng, resamples=RESAMPLES, method="bca").interval
    ),
    "Pitman-Morgan": lambda p, rng: compare_spread(p[0], p[1]).interval,
}
PROBABILITIES: dict[str, Find] = {
    "paired, exact binomial": lambda p, rng: paired_improvement(p[0], p[1]).interval,
    "unpaired, Newcombe": lambda p, rng: unpaired_improvement(p[0], p[1]).interval,
}
TABLES = {
    "mean": (DIFFERENCES, MEANS),
    "spread": (SPREADS, RATIOS),
    "improvement": (IMPROVEMENTS, PROBABILITIES),
}


def measure(table: str, shape: str, interval: str, count: int, samples: int) -> Cell:
    """Draw the samples of a cell and count."""
    shapes, finders = TABLES[table]
    chosen, find = shapes[shape], finders[interval]
    # All intervals of a shape see the same samples; the bootstrap draws from a stream of its own.
    key = zlib.crc32(f"{table}/{shape}/{count}".encode())
    data, resampling = (np.random.default_rng([key, part]) for part in (0, 1))
    drawn = (chosen.draw(data, count) for _ in range(samples))
    found = [i for sample in drawn if (i := find(sample, resampling)) is not None]
    hits = [not i.excludes(chosen.truth) for i in found]
    widths = [i.high / i.low if table == "spread" else i.high - i.low for i in found]
    return Cell(
        table=table,
        shape=shape,
        interval=interval,
        count=count,
        samples=samples,
        none=1 - len(found) / samples,
        coverage=float(np.mean(hits)) if found else None,
        median_width=float(np.median(widths)) if found else None,
    )


def cells(samples: int) -> list[Cell]:
    """All cells of all tables."""
    names = [
        (table, shape, interval, count)
        for table, (shapes, finders) in TABLES.items()
        for shape in shapes
        for interval in finders
        for count in COUNTS
    ]
    return [measure(*name, samples) for name in track(names, transient=True)]


def cell_text(cell: Cell) -> str:
    """Coverage and width, and how often there is no interval."""
    if cell.coverage is None:
        return "no interval"
    none = f", none in {cell.none:.1%}" if cell.none > 0.0005 else ""
    return f"{cell.coverage:.1%} ({cell.median_width:.3g}{none})"


def print_table(name: str, found: list[Cell], console: Console) -> None:
    """One table: a row for each shape and interval, a column for each number of pairs."""
    table = Table(title=f"{name}: coverage (median width) of nominal 95 % intervals")
    for heading in ("drawn from", "interval", *(f"n = {count}" for count in COUNTS)):
        table.add_column(heading)
    for shape, interval in dict.fromkeys((c.shape, c.interval) for c in found):
        row = [c for c in found if (c.shape, c.interval) == (shape, interval)]
        table.add_row(shape, interval, *map(cell_text, row))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=4000, help="samples in each cell")
    parser.add_argument("--json", type=Path, help="also write the cells to this file")
    options = parser.parse_args()
    found = cells(options.samples)
    for name in TABLES:
        print_table(name, [cell for cell in found if cell.table == name], Console())
    if options.json:
        options.json.write_text(json.dumps([asdict(cell) for cell in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
