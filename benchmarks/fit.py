"""`steadytune fit` beside what people do instead, on data sets that it was not developed on.

    python benchmarks/fit.py --data DIR --out benchmarks/results/fit.jsonl --minutes 60
    python benchmarks/fit.py --out benchmarks/results/fit.jsonl --table
    python benchmarks/fit.py --out benchmarks/results/fit.jsonl --picture docs/pictures/fit.svg

DIR holds the data sets as docs/tasks.md lays them out. Each cell is a data set, a number of
labelled examples, a draw of them, and a seed. Each side gets the same examples and is scored on
the same test examples, which it never sees. Each side of a cell is a process of its own. A cell
that is recorded is not repeated, so that the same command goes on. The order is fixed: a run that
is stopped early has all sides of the cells that it has. After the first draw of 100 examples come
seeds 2 to 5 on it, for one data set each of many classes, two classes and numbers, with the sides
that depend most on the seed.

Sides, all with all-MiniLM-L6-v2:

- `fit`: `steadytune fit train.csv --budget 3m`, with the draw's number as its seed, or the seed
  of the cell.
- `defaults`: the stock `Trainer` with its defaults (5e-5, 3 epochs, batches of 8), one seed.
- `best-of-3`: the stock `Trainer`, 10 epochs, with the best of 5e-5, 1e-4 and 2e-4 on a fifth of
  the examples, trained again on all of them, one seed.
- `setfit`: SetFit's trainer with its defaults, but one epoch of at most 200 steps, if it is
  installed (not for numbers).
- `frozen`: mean-pooled features of the frozen model with logistic or ridge regression.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from fit_sides import BY_SIDE, Rows, score
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from steadytune.stats.paired import PairedDifference

SIDES = tuple(BY_SIDE)
SIZES = (100, 300)
DRAWS = (1, 2, 3)
MOST_TESTED = 500
SEEDS = (2, 3, 4, 5)
SEEDED_SETS = {
    "banking77_10": "ten intents (banking77), accuracy",
    "amazon_sentences": "sentiment (amazon), accuracy",
    "stsb": "similarity (stsb), Pearson",
}
SEEDED_SIDES = ("fit", "defaults", "best-of-3")

# Data set -> its files to draw from and to test on (None: the rest of the first), and its columns.
# sst2, cola, mrpc and snli are left out: `fit` was developed on them. all-MiniLM has seen texts
# like those of counterfactual_nli in its pretraining.
SETS: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    "banking77_10": ("classes/banking77/train", "classes/banking77/test", ("sentence",)),
    "go_emotions_8": ("multilabel/go_emotions/train", "multilabel/go_emotions/test", ("sentence",)),
    "stsb": ("glue/stsb/train", "glue/stsb/validation", ("sentence1", "sentence2")),
    "amazon_sentences": ("sentiment/amazon_sentences/validation", None, ("sentence",)),
    "yelp_sentences": ("sentiment/yelp_sentences/validation", None, ("sentence",)),
    "counterfactual_nli": (
        "nli/counterfactual_nli/train",
        "nli/counterfactual_nli/validation",
        ("sentence1", "sentence2"),
    ),
}


def read(path: Path) -> Rows:
    with gzip.open(f"{path}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def split(root: Path, name: str, size: int, draw: int) -> tuple[Rows, Rows, tuple[str, ...]]:
    """Training and test examples of a cell, with their columns; labels are named."""
    source, tested, columns = SETS[name]
    pool = read(root / source)
    test = read(root / tested) if tested else []
    if name == "banking77_10":
        pool, test = ([r for r in rows if r["label"] < 10] for rows in (pool, test))
    if name == "go_emotions_8":
        pool, test = (
            [{**r, "label": r["labels"][0]} for r in rows if len(r["labels"]) == 1]
            for rows in (pool, test)
        )
        kept = {c for c, _ in Counter(r["label"] for r in pool).most_common(8)}
        pool, test = ([r for r in rows if r["label"] in kept] for rows in (pool, test))
    shuffled = random.Random(f"{name}-{draw}")
    if not test:
        random.Random(name).shuffle(pool)
        pool, test = pool[:-MOST_TESTED], pool[-MOST_TESTED:]
    shuffled.shuffle(pool)
    random.Random(name).shuffle(test)
    return pool[:size], test[:MOST_TESTED], columns


# --- the benchmark -------------------------------------------------------------------


Cell = tuple[str, int, int, int]
"""Data set, size, draw and seed."""


def cells() -> Iterator[tuple[Cell, str]]:
    """Each cell with each of its sides, in the order in which they are measured."""
    for draw in DRAWS:
        for size in SIZES:
            for name in SETS:
                for side in SIDES:
                    if (name, side) != ("stsb", "setfit"):
                        yield (name, size, draw, draw), side
            if (draw, size) == (DRAWS[0], SIZES[0]):
                for seed in SEEDS:
                    for name in SEEDED_SETS:
                        for side in SEEDED_SIDES:
                            yield (name, size, draw, seed), side


def measure(options: argparse.Namespace) -> None:
    """Measure what is missing, until the time is over; a cell is finished once it is begun."""
    ends = time.monotonic() + 60 * options.minutes
    done = recorded(options.out)
    for cell, side in cells():
        if (cell, side) in done:
            continue
        if time.monotonic() > ends and side == SIDES[0]:
            return
        command = [sys.executable, __file__, "--data", str(options.data), "--one", side]
        command += map(str, cell)
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        started = time.perf_counter()
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        entry: dict[str, Any] = dict(zip(("set", "size", "draw", "seed"), cell, strict=True))
        entry |= {"side": side, "seconds": round(time.perf_counter() - started, 1)}
        if ran.returncode:
            entry["failed"] = (ran.stderr.strip().splitlines() or ["?"])[-1][:300]
        else:
            entry["score"] = float(ran.stdout.strip().splitlines()[-1])
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        print(entry, flush=True)


def recorded(path: Path) -> dict[tuple[Cell, str], dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    entries = map(json.loads, lines)
    return {((e["set"], e["size"], e["draw"], e["seed"]), e["side"]): e for e in entries}


def over_seeds(path: Path) -> dict[str, dict[str, list[float]]]:
    """Data set -> side -> a score per seed of the first draw, for seeds that all sides have."""
    scores = {key: e["score"] for key, e in recorded(path).items() if "score" in e}
    found = {}
    for name in SEEDED_SETS:
        keys = [(name, SIZES[0], DRAWS[0], seed) for seed in (DRAWS[0], *SEEDS)]
        whole = [key for key in keys if all((key, side) in scores for side in SEEDED_SIDES)]
        found[name] = {side: [scores[key, side] for key in whole] for side in SEEDED_SIDES}
    return found


def draw_over_seeds(path: Path, picture: Path) -> None:
    """A dot per seed: the usual recipes beside `fit`."""
    from lottery import draw

    panels = {}
    for name, sides in over_seeds(path).items():
        usual = [
            ("Trainer,\ndefaults", "#888888", sides["defaults"]),
            ("Trainer, best\nof 3 rates", "#E69F00", sides["best-of-3"]),
        ]
        panels[SEEDED_SETS[name]] = [*usual, ("steadytune\nfit", "#0072B2", sides["fit"])]
    draw(panels, picture)


def spreads(path: Path) -> None:
    """Over the seeds of one draw: mean, standard deviation and worst seed, and the pooled ratio."""
    shown = Table("data set", "side", "seeds", "mean", "standard deviation", "worst")
    for name, sides in over_seeds(path).items():
        for side, each in sides.items():
            if len(each) > 1:
                numbers = (statistics.mean(each), statistics.stdev(each), min(each))
                shown.add_row(name, side, str(len(each)), *(f"{number:.1f}" for number in numbers))
    Console().print(shown)
    for side in SEEDED_SIDES[1:]:
        print(f"standard deviation of fit over that of {side}: {ratio_of_spreads(path, side)}")


def ratio_of_spreads(path: Path, side: str) -> str:
    """Standard deviation of `fit` over that of a side, pooled over data sets, with 95 %."""
    from steadytune.stats import pooled_spread

    pairs = [
        (sides[SEEDED_SIDES[0]], sides[side])
        for sides in over_seeds(path).values()
        if len(sides.get(side, [])) > 1
    ]
    ratio = pooled_spread(pairs, np.random.default_rng(0)).pooled if pairs else None
    if ratio is None or ratio.interval is None:
        return "not known"
    return f"{ratio.estimate:.2f} ({ratio.interval.low:.2f} to {ratio.interval.high:.2f})"


def against(path: Path, side: str) -> tuple[int, PairedDifference]:
    """How many cells `fit` and a side share, and `fit` minus it, in points.

    The unit is the data set: draws and sizes of one depend on each other. Of a draw with several
    seeds only the first counts.
    """
    from steadytune.stats import paired_difference

    found = {key: e["score"] for key, e in first_seeds(path).items() if "score" in e}
    pairs: dict[str, list[tuple[float, float]]] = {}
    for (cell, of_side), value in found.items():
        if of_side == side and (cell, "fit") in found:
            pairs.setdefault(cell[0], []).append((found[cell, "fit"], value))
    ours, theirs = (
        {name: statistics.mean(pair[i] for pair in each) for name, each in pairs.items()}
        for i in (0, 1)
    )
    gain = paired_difference(ours, theirs, np.random.default_rng(0))
    return sum(map(len, pairs.values())), gain


def first_seeds(path: Path) -> dict[tuple[Cell, str], dict[str, Any]]:
    return {key: e for key, e in recorded(path).items() if key[0][2] == key[0][3]}


def table(path: Path) -> None:
    """`fit` minus each rival, over the cells that both have."""
    seconds = {key: e["seconds"] for key, e in first_seeds(path).items()}
    shown = Table("side", "cells", "fit minus it", "95 % interval", "median minutes")
    for side in SIDES[1:]:
        cells_of_both, gain = against(path, side)
        shown.add_row(
            side,
            str(cells_of_both),
            f"{gain.mean or 0:+.1f}",
            f"{gain.interval.low:+.1f} to {gain.interval.high:+.1f}" if gain.interval else "",
            f"{statistics.median(s for k, s in seconds.items() if k[1] == side) / 60:.1f}",
        )
    Console().print(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/fit.jsonl"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--picture", type=Path, help="draw the scores over seeds to this file")
    parser.add_argument("--one", nargs=5, metavar=("SIDE", "SET", "SIZE", "DRAW", "SEED"))
    options = parser.parse_args()
    if options.table:
        table(options.out)
        spreads(options.out)
        return
    if options.picture:
        draw_over_seeds(options.out, options.picture)
        return
    if options.data is None:
        parser.error("--data is needed: the folder of the data sets")
    if not options.one:
        measure(options)
        return
    side, name, size, draw, seed = options.one
    train, test, columns = split(options.data, name, int(size), int(draw))
    print(score(BY_SIDE[side](train, test, columns, int(seed)), test))


if __name__ == "__main__":
    main()
