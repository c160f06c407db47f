"""What `benchmarks/fit.py` puts beside each other: `steadytune fit` and what people do instead.

Each side takes training rows, test rows, their columns and a seed, and predicts the test rows.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

Rows = list[dict[str, Any]]


def label(row: dict[str, Any]) -> str:
    return str(row["label"]) if isinstance(row["label"], float) else f"class {row['label']}"


def write(path: Path, rows: Rows, columns: tuple[str, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "label"])
        writer.writerows([*(row[c] for c in columns), label(row)] for row in rows)


def by_fit(train: Rows, test: Rows, columns: tuple[str, ...], seed: int) -> list[str]:
    """The command line, as a user gives it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "train.csv", train, columns)
        write(folder / "test.csv", test, columns)
        steadytune = [sys.executable, "-m", "steadytune"]
        out, predicted = str(folder / "model"), folder / "predictions.csv"
        fit = ["fit", str(folder / "train.csv"), "--budget", "3m", "--seed", str(seed)]
        subprocess.run([*steadytune, *fit, "--out", out], check=True)
        predict = ["predict", out, str(folder / "test.csv"), "--out", str(predicted)]
        subprocess.run([*steadytune, *predict], check=True)
        with predicted.open(newline="", encoding="utf-8") as file:
            return [row["prediction"] for row in csv.DictReader(file)]


class Coded:
    """Encoded examples for the stock trainer."""

    def __init__(self, train: Rows, columns: tuple[str, ...]) -> None:
        from transformers import AutoTokenizer

        from steadytune.pretrained import Pretrained

        self.folder = str(Pretrained.find("minilm").folder)
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.columns = columns
        self.numbers = isinstance(train[0]["label"], float)
        self.names = [] if self.numbers else sorted({label(row) for row in train})

    def encode(self, rows: Rows) -> list[dict[str, Any]]:
        texts = [[str(row[c]) for row in rows] for c in self.columns]
        ids = self.tokenizer(*texts, truncation=True, max_length=128)["input_ids"]
        places = {name: place for place, name in enumerate(self.names)}
        targets = [
            float(row["label"]) if self.numbers else places.get(label(row), 0) for row in rows
        ]
        return [{"input_ids": i, "labels": t} for i, t in zip(ids, targets, strict=True)]

    def decode(self, logits: Any) -> list[str]:
        if self.numbers:
            return [str(value) for value in logits[:, 0]]
        return [self.names[place] for place in logits.argmax(-1)]


def by_trainer(coded: Coded, train: Rows, test: Rows, seed: int, **arguments: Any) -> list[str]:
    from transformers import (
        AutoModelForSequenceClassification,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        coded.folder,
        num_labels=1 if coded.numbers else len(coded.names),
        problem_type="regression" if coded.numbers else "single_label_classification",
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                folder, seed=seed, report_to="none", save_strategy="no", **arguments
            ),
            train_dataset=coded.encode(train),
            data_collator=DataCollatorWithPadding(coded.tokenizer),
        )
        trainer.train()
        return coded.decode(trainer.predict(coded.encode(test)).predictions)


def by_defaults(train: Rows, test: Rows, columns: tuple[str, ...], seed: int) -> list[str]:
    return by_trainer(Coded(train, columns), train, test, seed)


def by_best_of_3(train: Rows, test: Rows, columns: tuple[str, ...], seed: int) -> list[str]:
    coded, cut = Coded(train, columns), len(train) // 5
    scores = {}
    for rate in (5e-5, 1e-4, 2e-4):
        guessed = by_trainer(
            coded, train[cut:], train[:cut], seed, learning_rate=rate, num_train_epochs=10
        )
        scores[rate] = score(guessed, train[:cut])
    best = max(scores, key=lambda rate: scores[rate])
    return by_trainer(coded, train, test, seed, learning_rate=best, num_train_epochs=10)


def by_setfit(train: Rows, test: Rows, columns: tuple[str, ...], seed: int) -> list[str]:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, models
    from setfit import SetFitModel, Trainer, TrainingArguments

    coded = Coded(train, columns)
    body = models.Transformer(coded.folder, max_seq_length=128)
    pooled = models.Pooling(body.get_word_embedding_dimension())
    names = sorted({label(row) for row in train})
    from sklearn.linear_model import LogisticRegression

    model = SetFitModel(
        model_body=SentenceTransformer(modules=[body, pooled]),
        model_head=LogisticRegression(),
        labels=names,
    )
    texts = [" ".join(str(row[c]) for c in columns) for row in train]
    data = Dataset.from_dict({"text": texts, "label": [label(row) for row in train]})
    arguments = TrainingArguments(
        num_epochs=1, max_steps=200, seed=seed, report_to="none", save_strategy="no"
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=data)
    trainer.train()
    return [
        str(name) for name in model.predict([" ".join(str(r[c]) for c in columns) for r in test])
    ]


def by_frozen(train: Rows, test: Rows, columns: tuple[str, ...], seed: int) -> list[str]:
    import torch
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV
    from transformers import AutoModel

    coded = Coded(train, columns)
    body = AutoModel.from_pretrained(coded.folder).eval()

    def pooled(texts: list[str]) -> Any:
        parts = []
        for start in range(0, len(texts), 32):
            batch = coded.tokenizer(
                texts[start : start + 32],
                padding=True,
                truncation=True,
                max_length=128,
                return_tensors="pt",
            )
            with torch.no_grad():
                hidden = body(**batch).last_hidden_state
            mask = batch["attention_mask"][..., None]
            parts.append((hidden * mask).sum(1) / mask.sum(1))
        return torch.cat(parts).numpy()

    def features(rows: Rows) -> Any:
        each = [pooled([str(row[c]) for row in rows]) for c in columns]
        if len(each) == 1:
            return each[0]
        u, v = each
        return np.concatenate([u, v, abs(u - v), u * v], axis=1)

    if coded.numbers:
        ridge = RidgeCV(np.logspace(-3, 3, 13)).fit(features(train), [r["label"] for r in train])
        return [str(value) for value in ridge.predict(features(test))]
    linear = LogisticRegressionCV(Cs=8, cv=5, max_iter=2000, random_state=seed)
    return list(linear.fit(features(train), [label(r) for r in train]).predict(features(test)))


BY_SIDE = {
    "fit": by_fit,
    "defaults": by_defaults,
    "best-of-3": by_best_of_3,
    "setfit": by_setfit,
    "frozen": by_frozen,
}


def score(guessed: list[str], rows: Rows) -> float:
    """Accuracy, or Pearson's correlation of numbers, in points."""
    if isinstance(rows[0]["label"], float):
        values, truth = [float(g) for g in guessed], [row["label"] for row in rows]
        if len(set(values)) == 1:
            return 0.0
        return 100 * float(np.corrcoef(values, truth)[0, 1])
    return 100 * statistics.mean(g == label(r) for g, r in zip(guessed, rows, strict=True))
