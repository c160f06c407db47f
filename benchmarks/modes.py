"""Which ways to compute a step work with LNSR, what a step costs in them, and what it gives.

    python benchmarks/modes.py [--device cuda] [--model bert-large] [--steps 20] [--json FILE]

Each mode trains the same random model with `RegularizedTrainer` for some steps: precision (fp16
with its gradient scaler, bf16, tf32), attention, optimizer and compiler. A mode that this machine
does not have is a row that says why.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from step_cost import SHAPES, random_batch, random_model, wait_for_gpu
from transformers import PrinterCallback, TrainerCallback, TrainingArguments

from steadytune import LNSR, RegularizedTrainer, Seeds
from steadytune._random import isolated_rng

MODES: dict[str, dict[str, Any]] = {
    "fp32": {},
    "fp32, eager attention": {"attention": "eager"},
    "fp32, optimizer not fused": {"optim": "adamw_torch"},
    "tf32": {"tf32": True},
    "bf16": {"bf16": True},
    "bf16, flash attention": {"bf16": True, "attention": "flash_attention_2"},
    "fp16 with a scaler": {"fp16": True},
    "fp32, compiled": {"torch_compile": True},
    "bf16, compiled": {"bf16": True, "torch_compile": True},
}
WARM = 3  # steps before the clock starts


class Clock(TrainerCallback):  # type: ignore[misc]
    """Seconds of each step after the first few."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._start = 0.0

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        wait_for_gpu()
        self._start = time.perf_counter()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        wait_for_gpu()
        self.seconds.append(time.perf_counter() - self._start)


def trained(fields: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """A short training in one mode: its last loss and penalty, a step's time, and the memory."""
    fields = dict(fields)
    attention = fields.pop("attention", "sdpa")
    if fields.get("torch_compile"):
        fields["torch_compile_backend"] = options.compiler
    *shape, examples, tokens = SHAPES[options.model]
    with isolated_rng(torch.device("cpu"), 0):
        model, batch = random_model(*shape), random_batch(examples, tokens)
    model.set_attn_implementation(attention)
    rows = [{name: value[i] for name, value in batch.items()} for i in range(examples)]
    clock = Clock()
    on_gpu = options.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        trainer = RegularizedTrainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                max_steps=options.steps + WARM,
                per_device_train_batch_size=examples,
                learning_rate=1e-5,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=not on_gpu,
                dataloader_pin_memory=on_gpu,
                **{"optim": "adamw_torch_fused", **fields},
            ),
            train_dataset=rows,
            regularizers=[LNSR()],
            seeds=Seeds.from_run(0),
            callbacks=[clock],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    logs = [line for line in trainer.state.log_history if "loss" in line]
    times = sorted(clock.seconds[WARM:])
    return {
        "seconds": times[len(times) // 2],
        "loss": logs[-1]["loss"],
        "penalty": logs[-1]["lnsr_penalty"],
        "gib": torch.cuda.max_memory_allocated() / 2**30 if on_gpu else None,
    }


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One row; what went wrong, in a line, where the mode does not work."""
    torch.compiler.reset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"mode": name, **trained(MODES[name], options)}
    except Exception as error:
        return {"mode": name, "error": f"{type(error).__name__}: {error}".split("\n")[0][:90]}


def table(rows: list[dict[str, Any]], options: argparse.Namespace) -> Table:
    """The rows for the terminal."""
    found = Table(title=f"LNSR with a random {options.model} on {options.device}")
    for name in ("mode", "ms a step", "GiB", "loss", "penalty"):
        found.add_column(name, justify="left" if name == "mode" else "right")
    for row in rows:
        if "error" in row:
            found.add_row(row["mode"], "", "", "", row["error"])
            continue
        memory = "" if row["gib"] is None else f"{row['gib']:.2f}"
        values = f"{1000 * row['seconds']:.1f}", memory, f"{row['loss']:.4f}"
        found.add_row(row["mode"], *values, f"{row['penalty']:.3g}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--model", choices=SHAPES, default="tiny")
    parser.add_argument("--steps", type=int, default=20, help="timed steps")
    parser.add_argument("--compiler", default="inductor", help="backend of torch.compile")
    parser.add_argument("--modes", help="names with semicolons between; by default all")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    names = options.modes.split(";") if options.modes else list(MODES)
    rows = [measure(name, options) for name in names]
    Console().print(table(rows, options))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
