"""The training of one run: `RegularizedTrainer` with a spec's settings, watched at every step."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import torch
from torch import Tensor
from transformers import (
    DataCollatorWithPadding,
    PrinterCallback,
    TrainerCallback,
    TrainingArguments,
)

from .._random import Seeds
from .._regularizer import Regularizer
from ..trainer import RegularizedTrainer
from .batching import LengthGroupedSampler
from .forwards import ForwardCount
from .spec import RunSpec

_LOG_POINTS = 20


class Diverged(Exception):
    """The loss or the logits are not finite any more."""


@dataclass(frozen=True)
class Training:
    """What a training leaves behind beside the trained model.

    Args:
        history: What was logged, in the order of the steps.
        step_seconds: Duration of each step.
        diverged: Why it was stopped, or None if it came to its end.
        forwards_per_step: Forward passes a step; None for a model whose blocks cannot be found.
    """

    history: list[dict[str, float | None]]
    step_seconds: list[float]
    diverged: str | None = None
    forwards_per_step: float | None = None


def train(
    spec: RunSpec,
    model: Any,
    tokenizer: Any,
    rows: Any,
    methods: Sequence[Regularizer],
    on_step: Callable[[], None],
) -> Training:
    """Train `model` in place: AdamW, linear schedule with warmup, dynamic padding, no checkpoints.

    Args:
        spec: The settings.
        model: The model with its new head.
        tokenizer: Its tokenizer, for padding.
        rows: The encoded training rows.
        methods: The methods; none gives plain training.
        on_step: Called after every optimizer step.
    """
    seeds = Seeds.from_run(spec.seed)
    watch, forwards = _Watch(on_step), ForwardCount(model)
    with tempfile.TemporaryDirectory(prefix="steadytune-") as folder, forwards.installed():
        trainer = _RunTrainer(
            model=model,
            args=_arguments(spec, seeds, folder, step_count(spec, len(rows))),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            regularizers=methods,
            seeds=seeds,
            callbacks=[watch],
            group_by_length=spec.group_by_length,
            forwards=forwards,
        )
        trainer.remove_callback(PrinterCallback)
        try:
            trainer.train()
            reason = None
        except Diverged as error:
            reason = str(error)
    history = _history(trainer.state.log_history)
    return Training(history, watch.seconds, reason, forwards.per_step)


def step_count(spec: RunSpec, rows: int) -> int:
    """How many optimizer steps a run takes on so many training rows."""
    per_epoch = ceil(rows / spec.batch_size)
    return ceil(spec.epochs * per_epoch)


class _RunTrainer(RegularizedTrainer):
    """A trainer that stops at the first loss that is not finite, and may group rows by length."""

    def __init__(
        self, *args: Any, group_by_length: bool, forwards: ForwardCount, **kwargs: Any
    ) -> None:
        self._group_by_length = group_by_length
        self._forwards = forwards
        super().__init__(*args, **kwargs)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows = self.train_dataset if train_dataset is None else train_dataset
        if not self._group_by_length:
            return super()._get_train_sampler(rows)
        lengths = [len(ids) for ids in rows["input_ids"]]
        return LengthGroupedSampler(lengths, self.args.train_batch_size, self.args.data_seed)

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any) -> Tensor:
        with self._forwards.training_step(len(inputs["input_ids"])):
            loss = super().training_step(model, inputs, *args)
        if not isfinite(value := loss.item()):
            raise Diverged(f"the loss was {value} at step {self.state.global_step + 1}")
        return loss


class _OneDevice(TrainingArguments):  # type: ignore[misc]
    """Settings of a run on one device, also where the machine has several GPUs."""

    @property
    def n_gpu(self) -> int:
        found: int = super().n_gpu
        return min(1, found)


class _Watch(TrainerCallback):  # type: ignore[misc]
    """Takes the time of every step and tells that it is done."""

    def __init__(self, on_step: Callable[[], None]) -> None:
        self.seconds: list[float] = []
        self._on_step = on_step
        self._started = 0.0

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self._started = time.perf_counter()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.seconds.append(time.perf_counter() - self._started)
        self._on_step()


def _arguments(spec: RunSpec, seeds: Seeds, folder: str, steps: int) -> TrainingArguments:
    return _OneDevice(
        output_dir=folder,
        num_train_epochs=spec.epochs,
        learning_rate=spec.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(spec.warmup * steps),
        weight_decay=spec.weight_decay,
        per_device_train_batch_size=spec.batch_size,
        max_grad_norm=1.0,
        optim="adamw_torch_fused" if _has_fused_adamw() else "adamw_torch",
        seed=seeds.dropout,
        data_seed=seeds.order,
        save_strategy="no",
        eval_strategy="no",
        logging_strategy="steps",
        logging_steps=max(1, steps // _LOG_POINTS),
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        bf16=spec.precision == "bf16",
        fp16=spec.precision == "fp16",
    )


def _has_fused_adamw() -> bool:
    """Whether this build of PyTorch has the fused AdamW for the device that it trains on."""
    device = torch.accelerator.current_accelerator() or torch.device("cpu")
    try:
        torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1, device=device))], fused=True)
    except (RuntimeError, ValueError):
        return False
    return True


def _history(logged: Sequence[dict[str, float]]) -> list[dict[str, float | None]]:
    """The log as JSON can hold it, without the summary that the trainer adds at the end."""
    return [
        {key: value if isfinite(value) else None for key, value in entry.items()}
        for entry in logged
        if "loss" in entry
    ]
