"""How long a study takes: a few real steps of every method, timed, times the steps there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from typing import Any

import torch
from torch import Tensor
from transformers import DataCollatorWithPadding

from .._device import usable_device
from .._random import isolated_rng
from .._step.attach import attach
from .._step.step import Step
from .._threads import using_threads
from ..method_text import parse_method
from ..pretrained import Pretrained
from ..records.spec import RunSpec
from ..runs.arguments import step_count
from ..runs.encoded import encode_splits
from ..tasks import DEV, TRAIN, Encoding, Task
from .grid import LoadedTask, PlannedRun

_TIMED_STEPS = 2


@dataclass(frozen=True)
class Estimate:
    """What the runs of one method on one task cost.

    Args:
        task: Name of the task.
        arm: Name of the arm, and whether these are runs of its search.
        runs: Number of runs.
        steps: Training steps of each.
        seconds_per_step: Measured on this machine, now.
        seconds: Of one run: its steps, and the scoring of every row.
    """

    task: str
    arm: str
    runs: int
    steps: int
    seconds_per_step: float
    seconds: float


def estimate(
    runs: Sequence[PlannedRun], loaded: Sequence[LoadedTask], model: Pretrained
) -> list[Estimate]:
    """Time every kind of run, one after the other.

    Args:
        runs: The runs of a study.
        loaded: Its tasks.
        model: The model that is trained.
    """
    tasks = {entry.task.name: entry.task for entry in loaded}
    groups: dict[tuple[str, str, float, str], list[PlannedRun]] = {}
    for run in runs:
        key = run.spec.task, run.name, run.spec.epochs, run.spec.scored
        groups.setdefault(key, []).append(run)
    timings: dict[Any, tuple[float, float]] = {}
    return [
        _estimate(name, group, tasks[task], timings, model)
        for (task, name, *_), group in groups.items()
    ]


def wall_seconds(estimates: Sequence[Estimate], at_a_time: int) -> float:
    """How long all runs take where so many are carried out at a time."""
    return sum(entry.runs * entry.seconds for entry in estimates) / max(at_a_time, 1)


def _estimate(
    name: str,
    group: Sequence[PlannedRun],
    task: Task,
    timings: dict[Any, tuple[float, float]],
    model: Pretrained,
) -> Estimate:
    spec = group[0].spec
    what = spec.task, spec.method, spec.model
    key = *what, spec.batch_size, spec.max_length, spec.precision, spec.threads
    features = _features(spec, task, model)
    steps = step_count(spec, len(features))
    if key not in timings:
        timings[key] = time_training(spec, task, features, steps, model)
    step, row = timings[key]
    step *= dict(spec.settings).get("gradient_accumulation_steps", 1)
    sizes = group[0].task["sizes"]
    scored = (TRAIN, DEV) if spec.scored == DEV else tuple(sizes)
    windows_per_row = len(features) / sizes[TRAIN]
    rows = sum(sizes[split] for split in scored) * windows_per_row
    shown = f"{name}, tuning" if spec.scored == DEV else name
    return Estimate(spec.task, shown, len(group), steps, step, steps * step + rows * row)


def _features(spec: RunSpec, task: Task, model: Pretrained) -> Any:
    rows = task.sample(spec.train_size, spec.subset_seed, spec.eval_size, spec.dev_size)
    encoding = Encoding(spec.max_length, spec.stride)
    return encode_splits(rows, model, encoding, (TRAIN,))[TRAIN].dataset


def time_training(
    spec: RunSpec, task: Task, features: Any, steps: int, pretrained: Pretrained
) -> tuple[float, float]:
    """Seconds of a training step in the middle of the training, and of scoring a row.

    Args:
        spec: The run.
        task: Its task.
        features: Its encoded training rows.
        steps: How many steps it takes in all.
        pretrained: Its model.
    """
    device = usable_device()
    model, tokenizer = pretrained.with_head(task.kind, task.label_names, 0)
    model.to(device)
    typical = _typical_batch(spec, features, tokenizer)
    batch = {name: values.to(device) for name, values in typical.items()}
    with using_threads(spec.threads), isolated_rng(device, 0):
        model.train()
        with attach(model, parse_method(spec.method)) as objective:
            optimizer = torch.optim.AdamW(model.parameters(), lr=spec.learning_rate)
            objective.connect(optimizer)

            def train(number: int) -> None:
                with _precision(spec, device):
                    loss = objective(Step(model, dict(batch), step=number, total_steps=steps))
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

            numbers = range(steps // 2, steps // 2 + _TIMED_STEPS + 1)
            taken = [_seconds_of(partial(train, number), device) for number in numbers][1:]
        model.eval()
        with torch.inference_mode():
            scoring = _seconds_of(lambda: model(**batch), device)
    return median(taken), scoring / len(batch["input_ids"])


def _precision(spec: RunSpec, device: torch.device) -> torch.autocast:
    kind = torch.float16 if spec.precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, kind, enabled=spec.precision != "fp32")


def _seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """How long some work takes, until the device has done it."""
    started = time.perf_counter()
    work()
    if device.type != "cpu":
        torch.accelerator.synchronize()
    return time.perf_counter() - started


def _typical_batch(spec: RunSpec, features: Any, tokenizer: Any) -> dict[str, Tensor]:
    """Rows of middling length, as a batch of rows of like length would hold."""
    order = sorted(range(len(features)), key=lambda row: len(features[row]["input_ids"]))
    size = min(spec.batch_size, len(order))
    first = (len(order) - size) // 2
    chosen = [features[row] for row in order[first : first + size]]
    return dict(DataCollatorWithPadding(tokenizer)(chosen))


def words_of(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f"{ceil(seconds)} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
