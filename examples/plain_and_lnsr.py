"""Fine-tune one model twice from the same seed, plain and with LNSR, and save both.

Run `python examples/plain_and_lnsr.py models`; then look at what LNSR has changed:
`steadytune diagnose minilm --compare models/plain models/lnsr --full --out diagnosis`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from transformers import DataCollatorWithPadding, TrainingArguments

from steadytune import LNSR, RegularizedTrainer
from steadytune.models import load_model
from steadytune.tasks import encode, load_task


def main(arguments: list[str] | None = None) -> None:
    """Fine-tune and save."""
    options = parser().parse_args(arguments)
    task = load_task(options.task).sample(train_size=options.train_size)
    for name, methods in (("plain", []), ("lnsr", [LNSR(strength=options.strength)])):
        model, tokenizer = load_model(options.model, task.kind, task.label_names, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            trainer = RegularizedTrainer(
                model=model,
                args=settings(folder, options.seed, options.epochs),
                train_dataset=encode(task.train, task.columns, tokenizer, max_length=128),
                data_collator=DataCollatorWithPadding(tokenizer),
                regularizers=methods,
            )
            trainer.train()
        target = options.out / name
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)
        print(f"{name}: {target}")


def settings(folder: str, seed: int, epochs: float) -> TrainingArguments:
    """The demo's: AdamW at 1e-4, batches of 16, a tenth of warmup."""
    return TrainingArguments(
        folder,
        num_train_epochs=epochs,
        per_device_train_batch_size=16,
        learning_rate=1e-4,
        warmup_steps=0.1,
        seed=seed,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def parser() -> argparse.ArgumentParser:
    """The options; the defaults take half a minute on two cores."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("out", type=Path)
    found.add_argument("--model", default="minilm")
    found.add_argument("--task", default="vader-movies")
    found.add_argument("--train-size", type=int, default=400)
    found.add_argument("--epochs", type=float, default=3.0)
    found.add_argument("--strength", type=float, default=10.0)
    found.add_argument("--seed", type=int, default=1)
    return found


if __name__ == "__main__":
    main()
