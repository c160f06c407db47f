"""How much memory do the commands take for 5,000 classes and 10,000 rows? By a tiny model.

    python benchmarks/many_classes.py --json benchmarks/results/many_classes.json

Each command runs once, in a folder of its own that is removed. The figure is the largest resident
set of any of its processes, as the operating system reports it. Linux alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLASSES, ROWS, WORDS = 5_000, 10_000, 400
QUICK = ("--kind", "classification", "--epochs", "0.05", "--model", "tiny")
COMMANDS = {
    "train": ("train", "--train", "rows.csv", *QUICK, "--out", "one"),
    "train, ensemble of two": (
        *("train", "--train", "rows.csv", *QUICK, "--seeds", "2", "--keep", "ensemble"),
        *("--out", "two"),
    ),
    "evaluate": ("evaluate", "one", "--test", "rows.csv"),
    "evaluate the ensemble": ("evaluate", "two", "--test", "rows.csv"),
    "predict": ("predict", "one", "rows.csv", "--out", "said.csv"),
    "compare": (
        *("compare", "--train", "rows.csv", *QUICK, "--method", "lnsr", "--seeds", "2"),
        *("--out", "study"),
    ),
    "report": ("report", "study"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="where the figures go")
    out = parser.parse_args().json
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder) / "rows.csv")
        write_model(Path(folder) / "tiny")
        for name, words in COMMANDS.items():
            megabytes, seconds = measured(words, folder)
            found[name] = {"megabytes": round(megabytes), "seconds": round(seconds)}
            print(f"{name:24} {megabytes:6.0f} MB {seconds:6.0f} s", flush=True)
    if out is not None:
        out.write_text(json.dumps(found, indent=1) + "\n")


def measured(words: tuple[str, ...], folder: str) -> tuple[float, float]:
    """The peak of a command's largest process in MB, and its seconds."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "steadytune", *words, "--quiet"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} ended with status {status}")
    return usage.ru_maxrss / 1000, time.perf_counter() - started


def write_rows(path: Path) -> None:
    rng = random.Random(1)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("text", "label"))
        for number in range(ROWS):
            words = " ".join(f"w{rng.randrange(WORDS)}" for _ in range(6))
            rows.writerow((words, f"c{number % CLASSES}"))


def write_model(folder: Path) -> None:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(WORDS))]
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)})
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    tokenizer.save_pretrained(folder)
    BertModel(config).save_pretrained(folder)


if __name__ == "__main__":
    main()
