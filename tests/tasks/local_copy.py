"""Writes small local copies of named tasks: a few rows a file, and their index."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steadytune.tasks.named import TaskCard
from steadytune.tasks.named.mirror import read_rows
from steadytune.tasks.named.selection import letters_and_digits


def made_up_row(card: TaskCard, number: int) -> dict[str, Any]:
    """A row that fits the card, with another class or number than the row before."""
    if card.kind == "tagging":
        words = ["word", str(number), "of", card.name]
        return {"tokens": words, "tags": [0, 2 * (number % 3), 0, 1], "idx": number}
    texts = {column: f"{column} {number} of {card.name}" for column in card.columns}
    if card.kind == "qa":
        answers = {"text": [f"context {number}"], "answer_start": [0]}
        return {"id": f"english-{number}", "title": "", **texts, "answers": answers}
    if card.kind == "multilabel":
        return {**texts, "labels": [*range(number % 3)], "idx": number}
    label = number % 2 if card.label_names else number % 6 + 0.5
    return {**texts, "label": label, "idx": number, "genre": "made up"}


def write_file(root: Path, file: str, rows: Iterable[Any]) -> Path:
    """One file of the local copy, from its path without ending."""
    path = root / f"{file}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()))
    return path


def write_copy(root: Path, card: TaskCard, rows: int = 40) -> Path:
    """Every file of a task, each of so many rows."""
    parts = (card.train, card.test, *(companion.rows for companion in card.companions))
    for file in {part.file for part in parts if part.file}:
        write_file(root, file, [made_up_row(card, number) for number in range(rows)])
    return root


def write_index(root: Path) -> None:
    """The sha256 of every file that is there."""
    entries = [
        {
            "path": path.relative_to(root).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(root.rglob("*.jsonl.gz"))
    ]
    (root / "index.json").write_text(json.dumps(entries))


def letters_of_files(root: Path, folders: Iterable[str]) -> set[str]:
    """The letters and digits of every text in these folders, of files that no task reads too."""
    files = [
        path.relative_to(root).as_posix().removesuffix(".jsonl.gz")
        for folder in folders
        for path in sorted((root / folder).glob("*.jsonl.gz"))
    ]
    columns = ("sentence", "sentence1", "sentence2", "question", "context")
    rows = (row for file in files for row in read_rows(root, file))
    return {letters_and_digits(row[name]) for row in rows for name in columns if name in row}


STUDIED = ("glue/cola", "glue/mrpc", "glue/stsb", "glue/sst2", "qa/squad")
"""Folders of the tasks that development tasks share no text with."""
