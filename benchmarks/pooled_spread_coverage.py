"""How often the interval of a ratio of spreads over several tasks holds the true value.

    python benchmarks/pooled_spread_coverage.py [--samples 2000] [--json FILE]

Each cell draws that many studies of 4 tasks with n pairs each and computes the nominal 95 %
interval of the geometric mean of the ratios by `pooled_spread`. Beside coverage and median width
stands the ratio that is found with a chance of 80 %: scaling all scores of a method scales the
interval alike, so a ratio r is found where the upper end for a true ratio of 1 lies below 1 / r.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from interval_coverage import COUNTS, TOGETHER, Generator, Sample, heavy, related, two_heaps
from rich.console import Console
from rich.progress import track
from rich.table import Table

from steadytune.stats import Interval, pooled_spread

TASKS = 4
RATIOS = (0.5, 1.0)
RESAMPLES = 4999
POWER = 0.8

Draw = Callable[[Generator, int], list[Sample]]


@dataclass(frozen=True)
class Cell:
    """One number of the table.

    Args:
        shape: What the scores are drawn from.
        ratio: The true ratio.
        count: Pairs in each task.
        samples: How many studies were drawn.
        none: Share of them without a finite interval.
        coverage: Share of the intervals that hold the true ratio.
        median_width: Median of high over low.
        found: The ratio that the interval tells from 1 with a chance of 80 %.
    """

    shape: str
    ratio: float
    count: int
    samples: int
    none: float
    coverage: float
    median_width: float
    found: float


def of_tasks(draw: Callable[[Generator, int], Sample]) -> Draw:
    """Every task drawn by itself."""
    return lambda generator, count: [draw(generator, count) for _ in range(TASKS)]


def alike_in_all_tasks(generator: Generator, count: int) -> list[Sample]:
    """A seed that is good for a method in one task tends to be good for it in the others."""
    shared = related(generator, count)
    return [
        math.sqrt(TOGETHER) * shared + math.sqrt(1 - TOGETHER) * related(generator, count)
        for _ in range(TASKS)
    ]


SHAPES: dict[str, Draw] = {
    "normal": of_tasks(related),
    "normal, seeds alike in all tasks": alike_in_all_tasks,
    "heavy tails": of_tasks(heavy),
    "both fail in 20 %": of_tasks(two_heaps),
}


def interval(tasks: list[Sample], ratio: float, generator: Generator) -> Interval | None:
    """The interval of one study."""
    pairs = [(ratio * first, second) for first, second in tasks]
    return pooled_spread(pairs, generator, resamples=RESAMPLES).pooled.interval


def measure(shape: str, ratio: float, count: int, samples: int) -> Cell:
    """Draw the studies of a cell and count."""
    key = zlib.crc32(f"{shape}/{ratio}/{count}".encode())
    data, resampling = (np.random.default_rng([key, part]) for part in (0, 1))
    drawn = (SHAPES[shape](data, count) for _ in range(samples))
    found = [i for tasks in drawn if (i := interval(tasks, ratio, resampling)) is not None]
    highs = [*(i.high for i in found), *[math.inf] * (samples - len(found))]
    return Cell(
        shape=shape,
        ratio=ratio,
        count=count,
        samples=samples,
        none=1 - len(found) / samples,
        coverage=float(np.mean([not i.excludes(ratio) for i in found])),
        median_width=float(np.median([i.high / i.low for i in found])),
        found=float(ratio / np.quantile(highs, POWER)),
    )


def cells(samples: int) -> list[Cell]:
    """All cells of the table."""
    names = [(s, r, n) for s in SHAPES for r in RATIOS for n in COUNTS]
    return [measure(*name, samples) for name in track(names, transient=True)]


def cell_text(cell: Cell) -> str:
    """Coverage in per cent, width in brackets, and the ratio that is found."""
    return f"{100 * cell.coverage:.1f} ({cell.median_width:.3g}), {cell.found:.2f}"


def print_table(found: list[Cell], console: Console) -> None:
    """A row for each shape and ratio, a column for each number of pairs."""
    table = Table(title="coverage in % (median width), ratio found in 80 %")
    for heading in ("drawn from", "true ratio", *(f"n = {count}" for count in COUNTS)):
        table.add_column(heading)
    for shape, ratio in dict.fromkeys((c.shape, c.ratio) for c in found):
        row = [c for c in found if (c.shape, c.ratio) == (shape, ratio)]
        table.add_row(shape, f"{ratio:g}", *map(cell_text, row))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=2000, help="studies in each cell")
    parser.add_argument("--json", type=Path, help="also write the cells to this file")
    options = parser.parse_args()
    found = cells(options.samples)
    print_table(found, Console())
    if options.json:
        options.json.write_text(json.dumps([asdict(cell) for cell in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
