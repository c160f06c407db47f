"""Files of a few words for the commands, of every kind of task, and a model for them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from steadytune.cli import app
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

NAMES = ("negative", "positive")


def steadytune(*words: object) -> Result:
    """Call the command line."""
    return CliRunner().invoke(app, [str(word) for word in words])


def succeed(*words: object) -> str:
    """Call the command line, which has to succeed; what it printed."""
    result = steadytune(*words)
    assert result.exit_code == 0, result.output
    return result.output


def write_reviews(folder: Path) -> dict[str, Path]:
    """`train`, `test` and `product`: sentences with a class by its name."""
    task = load_toy()
    rows = {"train": task.train, "test": task.test["movie"], "product": task.test["product"]}
    files = {}
    for name, split in rows.items():
        files[name] = folder / f"{name}.csv"
        with files[name].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["sentence", "label"])
            writer.writerows((row["sentence"], NAMES[row["label"]]) for row in split)
    return files


def write_ratings(folder: Path) -> dict[str, Path]:
    """The same sentences with a number, as JSON lines."""
    task = load_toy()
    files = {}
    for name, split in (("train", task.train), ("test", task.test["movie"])):
        files[name] = folder / f"{name}.jsonl"
        numbers = [row["label"] * 2.5 + len(row["sentence"]) / 50 for row in split]
        lines = [
            json.dumps({"text": row["sentence"], "score": number})
            for row, number in zip(split, numbers, strict=True)
        ]
        files[name].write_text("\n".join(lines) + "\n")
    return files


def write_grades(folder: Path) -> dict[str, Path]:
    """The same sentences with 2, 3 or 5 stars; a test sentence has 1."""
    task = load_toy()
    files = {}
    for name, split in (("train", task.train), ("test", task.test["movie"])):
        files[name] = folder / f"{name}.csv"
        stars = [2 + row["label"] + 2 * ("very" in row["sentence"]) * row["label"] for row in split]
        if name == "test":
            stars[0] = 1
        with files[name].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "stars"])
            writer.writerows(zip(split["sentence"], stars, strict=True))
    return files


def write_moods(folder: Path) -> dict[str, Path]:
    """The same sentences with the labels that they have, of four, as JSON lines."""
    task = load_toy()
    files = {}
    for name, split in (("train", task.train), ("test", task.test["movie"])):
        files[name] = folder / f"{name}.jsonl"
        lines = []
        for row in split:
            labels = [("bad", "good")[row["label"]]]
            labels += [noun for noun in ("plot", "film") if noun in row["sentence"]]
            kept = labels if "very very" not in row["sentence"] else []
            lines.append(json.dumps({"text": row["sentence"], "labels": kept}))
        files[name].write_text("\n".join(lines) + "\n")
    return files


def write_questions(folder: Path) -> dict[str, Path]:
    """Questions whose answer is the adjective, as JSON lines in SQuAD's columns."""
    task = load_toy()
    files = {}
    for name, split in (("train", task.train), ("test", task.test["movie"])):
        files[name] = folder / f"{name}.jsonl"
        lines = []
        for number, row in enumerate(split):
            context = row["sentence"]
            answer = context.split()[3]
            answers = {"text": [answer], "answer_start": [context.index(answer)]}
            lines.append(
                json.dumps(
                    {
                        "id": str(number),
                        "question": "is the film good",
                        "context": context,
                        "answers": answers,
                    }
                )
            )
        files[name].write_text("\n".join(lines) + "\n")
    return files


def write_optional_questions(folder: Path) -> dict[str, Path]:
    """The same questions; those about films that are bad or poor have no answer."""
    files = write_questions(folder)
    for file in files.values():
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for row in rows:
            if row["answers"]["text"][0] in ("bad", "poor"):
                row["answers"] = {"text": [], "answer_start": []}
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return files


def write_sentences(folder: Path) -> dict[str, Path]:
    """The same sentences as CoNLL's columns: nouns are things, and adjectives good or bad."""
    task = load_toy()
    tags = {"good": "B-good", "fine": "B-good", "bad": "B-bad", "poor": "B-bad"}
    tags |= dict.fromkeys(("film", "plot", "cast"), "B-thing")
    files = {}
    for name, split in (("train", task.train), ("test", task.test["movie"])):
        files[name] = folder / f"{name}.conll"
        rows = (row["sentence"].split() for row in split)
        blocks = ["".join(f"{w} {tags.get(w, 'O')}\n" for w in words) for words in rows]
        files[name].write_text("-DOCSTART- O\n\n" + "\n".join(blocks))
    return files


def write_model(folder: Path) -> Path:
    """A tiny model without a head."""
    return write_tiny_bert(folder / "tiny")


QUICK = (
    *("--epochs", "8", "--learning-rate", "1e-2", "--batch-size", "8", "--max-length", "24"),
    *("--train-size", "24"),
)
"""Options under which a tiny model learns."""
