"""The grid of a study as a loop over the stock Hugging Face trainer, to compare studies with.

Two ways to write that loop: `loop` pads each batch to its longest row and evaluates on batches of
64; `script` does as the usual example scripts do, which pad all rows to 128 tokens, evaluate on
batches of 8, and tokenize and load for every run. Both run in one process with PyTorch's own number
of threads, and evaluate on what a study evaluates on.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    default_data_collator,
    set_seed,
)

from steadytune.pretrained import Pretrained
from steadytune.records.spec import RunSpec
from steadytune.tasks import Task

PADDED_LENGTH = 128


@dataclass
class Clock:
    """Seconds by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time that the block takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + took


@dataclass(frozen=True)
class Style:
    """One way to write the loop.

    Args:
        padded: Whether every row is padded to `PADDED_LENGTH` tokens.
        evaluation_batch: Rows of a batch that is evaluated.
        encodes_once: Whether the rows are tokenized once for all runs.
    """

    padded: bool
    evaluation_batch: int
    encodes_once: bool


STYLES = {
    "loop": Style(padded=False, evaluation_batch=64, encodes_once=True),
    "script": Style(padded=True, evaluation_batch=8, encodes_once=False),
}


def run_loop(style: Style, task: Task, specs: list[RunSpec]) -> tuple[list[float], dict[str, Any]]:
    """Carry out the runs one after the other.

    Returns:
        The in-domain accuracy of each run, and seconds by what they were spent on.
    """
    clock = Clock()
    folder = Pretrained.find(specs[0].model).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    scores, encoded = [], None
    for spec in specs:
        with clock.timed("tokenize"):
            if encoded is None or not style.encodes_once:
                encoded = {
                    name: _encode(rows, task, tokenizer, style, spec.max_length)
                    for name, rows in task.splits.items()
                }
        scores.append(_one_run(style, task, spec, str(folder), tokenizer, encoded, clock))
    return scores, clock.seconds


def _one_run(
    style: Style,
    task: Task,
    spec: RunSpec,
    folder: str,
    tokenizer: Any,
    encoded: dict[str, Dataset],
    clock: Clock,
) -> float:
    set_seed(spec.seed)
    with clock.timed("load"):
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=len(task.label_names)
        )
    with tempfile.TemporaryDirectory() as output:
        trainer = Trainer(
            model=model,
            args=_arguments(style, spec, output, len(encoded["train"])),
            train_dataset=encoded["train"],
            data_collator=default_data_collator
            if style.padded
            else DataCollatorWithPadding(tokenizer),
        )
        with clock.timed("train"):
            trainer.train()
        accuracy = {}
        with clock.timed("evaluate"):
            for name, rows in encoded.items():
                found = trainer.predict(rows)
                accuracy[name] = float(np.mean(found.predictions.argmax(-1) == found.label_ids))
    return accuracy[task.domain]


def _encode(rows: Dataset, task: Task, tokenizer: Any, style: Style, max_length: int) -> Dataset:
    padding = (
        {"padding": "max_length", "max_length": PADDED_LENGTH}
        if style.padded
        else {"max_length": max_length}
    )

    def encode(batch: dict[str, Any]) -> Any:
        texts = [batch[column] for column in task.columns]
        return {**tokenizer(*texts, truncation=True, **padding), "labels": batch["label"]}

    return rows.map(encode, batched=True, remove_columns=rows.column_names)


def _arguments(style: Style, spec: RunSpec, output: str, rows: int) -> TrainingArguments:
    """The settings of the spec; everything else is as the trainer has it."""
    steps = -(-rows // spec.batch_size) * spec.epochs
    return TrainingArguments(
        output_dir=output,
        num_train_epochs=spec.epochs,
        learning_rate=spec.learning_rate,
        warmup_steps=round(spec.warmup * steps),
        weight_decay=spec.weight_decay,
        per_device_train_batch_size=spec.batch_size,
        per_device_eval_batch_size=style.evaluation_batch,
        seed=spec.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
