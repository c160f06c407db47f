"""Runs per hour of a study, beside the same runs as a loop over the stock trainer.

    python benchmarks/study_throughput.py [--seeds 8] [--rounds 3] [--json FILE]

Plain fine-tuning of MiniLM on sentences of vader-movies, one run a seed, evaluated on the training
rows and every domain. Sides: `ours`, a study with as many workers as cores; `ours-bare`, the same
without noise profiles, which the loops do not measure either; `ours-1`, with one worker; `loop`,
the stock trainer with dynamic padding; `script`, with the settings of the usual example scripts
(`benchmarks/plain_loop.py`). Each side of each round is a process of its own, and its time counts
from start to end, imports included. The rate is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

STUDIES = {"ours": (None, True), "ours-bare": (None, False), "ours-1": (1, True)}
"""The workers, and whether noise profiles are measured."""
SIDES = (*STUDIES, "loop", "script")
TASK = "vader-movies"


def measure(side: str, options: argparse.Namespace) -> dict[str, Any]:
    """Carry out one side in a process of its own: its seconds from start to end, and its report."""
    command = [sys.executable, __file__, "--side", side]
    for name in ("seeds", "train_size", "eval_size", "epochs"):
        command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        started = time.perf_counter()
        subprocess.run(
            [*command, "--json", str(report)],
            check=True,
            env=_environment(),
            stdout=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - started
        return {"side": side, "wall": wall, **json.loads(report.read_text())}


def _environment() -> dict[str, str]:
    """Everybody's own choice of threads: no side is held to what this process was given."""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    quiet = {"TRANSFORMERS_VERBOSITY": "error", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    return {**kept, **quiet, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}


def carry_out(side: str, options: argparse.Namespace) -> dict[str, Any]:
    """What one side does, and what it says of it."""
    from steadytune.records.spec import RunSpec

    settings = {"train_size": options.train_size, "eval_size": options.eval_size}
    specs = [
        RunSpec(task=TASK, method="plain", seed=seed, epochs=options.epochs, **settings)
        for seed in range(1, options.seeds + 1)
    ]
    return _study(specs, *STUDIES[side]) if side in STUDIES else _loop(side, specs)


def _study(specs: list[Any], workers: int | None, profile: bool) -> dict[str, Any]:
    from steadytune.records.ledger import Ledger
    from steadytune.runs.executors import FineTune, LocalWorkers

    executor = LocalWorkers(workers)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        started = time.perf_counter()
        executor.carry_out(specs, FineTune(profile=profile), ledger.add)  # type: ignore[arg-type]
        wall = time.perf_counter() - started
        records = ledger.read().records
    if any(record.status != "ok" for record in records):
        raise SystemExit(f"a run did not end well: {[r.reason for r in records]}")
    count = min(executor.workers or _cores(), len(specs))
    seconds = {
        name: sum((record.seconds[name] or 0.0 for record in records), 0.0)
        for name in ("train", "evaluate")
    }
    total = sum((record.seconds["total"] or 0.0 for record in records), 0.0)
    seconds["load, tokenize, profile"] = total - sum(seconds.values())
    seconds["start and wait of workers"] = count * wall - total
    scores = [record.results["movie"]["accuracy"] or 0.0 for record in records]
    return {"processes": count, "seconds": seconds, "accuracy": statistics.mean(scores)}


def _loop(side: str, specs: list[Any]) -> dict[str, Any]:
    from plain_loop import STYLES, run_loop

    from steadytune.tasks import load_task

    task = load_task(TASK, companions=("all",)).sample(specs[0].train_size, 0, specs[0].eval_size)
    scores, seconds = run_loop(STYLES[side], task, specs)
    return {"processes": 1, "seconds": seconds, "accuracy": statistics.mean(scores)}


def _cores() -> int:
    from steadytune.runs.executors._machine import usable_cores

    return usable_cores()


def tokens_per_epoch(options: argparse.Namespace) -> dict[str, int]:
    """Tokens that pass through the model in an epoch of training, pads included, by side."""
    from plain_loop import PADDED_LENGTH

    from steadytune.pretrained import MINILM, Pretrained
    from steadytune.runs.batching import LengthGroupedSampler
    from steadytune.tasks import load_task

    batch_size = 16
    task = load_task(TASK).sample(options.train_size)
    tokenizer = Pretrained.find(MINILM).tokenizer()
    texts = [task.train[column] for column in task.columns]
    lengths = [len(ids) for ids in tokenizer(*map(list, texts), truncation=True)["input_ids"]]
    grouped = list(LengthGroupedSampler(lengths, batch_size, seed=1))
    shuffled = random.Random(1).sample(range(len(lengths)), len(lengths))
    return {
        "rows": sum(lengths),
        "ours": _padded(lengths, grouped, batch_size),
        "loop": _padded(lengths, shuffled, batch_size),
        "script": PADDED_LENGTH * len(lengths),
    }


def _padded(lengths: list[int], order: list[int], batch_size: int) -> int:
    starts = range(0, len(order), batch_size)
    batches = [[lengths[i] for i in order[start : start + batch_size]] for start in starts]
    return sum(max(batch) * len(batch) for batch in batches)


def summarize(found: list[dict[str, Any]], runs: int) -> dict[str, dict[str, Any]]:
    """Of each side: runs per hour, and shares of the time of its processes."""
    sides = {}
    for side in dict.fromkeys(row["side"] for row in found):
        rows = [row for row in found if row["side"] == side]
        rates = [3600 * runs / row["wall"] for row in rows]
        busy = sum(row["processes"] * row["wall"] for row in rows)
        names = rows[0]["seconds"]
        shares = {name: sum(row["seconds"][name] for row in rows) / busy for name in names}
        sides[side] = {
            "runs_per_hour": statistics.median(rates),
            "lowest": min(rates),
            "highest": max(rates),
            "processes": rows[0]["processes"],
            "shares": {**shares, "start of the command": 1 - sum(shares.values())},
            "accuracy": statistics.mean(row["accuracy"] for row in rows),
        }
    return sides


def table(sides: dict[str, dict[str, Any]]) -> Table:
    """The sides for the terminal."""
    found = Table(title="Plain runs of MiniLM per hour")
    for name in ("side", "runs per hour", "range", "ours is", "processes", "where the time goes"):
        found.add_column(
            name, justify="left" if name in ("side", "where the time goes") else "right"
        )
    ours = sides.get("ours", {}).get("runs_per_hour")
    for side, row in sides.items():
        found.add_row(
            side,
            f"{row['runs_per_hour']:.0f}",
            f"{row['lowest']:.0f}-{row['highest']:.0f}",
            "" if ours is None else f"{ours / row['runs_per_hour']:.2f} x",
            str(row["processes"]),
            ", ".join(f"{name} {share:.0%}" for name, share in row["shares"].items()),
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", default=",".join(SIDES))
    parser.add_argument("--seeds", type=int, default=8, help="runs of each side in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train-size", type=int, default=400)
    parser.add_argument("--eval-size", type=int, default=200)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--json", type=Path, help="also write what was found to this file")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        options.json.write_text(json.dumps(carry_out(options.side, options)))
        return
    sides = options.sides.split(",")
    found = [measure(side, options) for _ in range(options.rounds) for side in sides]
    summary = summarize(found, options.seeds)
    Console().print(table(summary))
    tokens = tokens_per_epoch(options)
    print(f"Tokens of an epoch, pads included: {tokens}")
    if options.json:
        settings = {
            name: getattr(options, name)
            for name in ("seeds", "rounds", "train_size", "eval_size", "epochs")
        }
        whole = {"settings": settings, "tokens_per_epoch": tokens, "sides": summary}
        options.json.write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
