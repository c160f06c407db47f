"""About how long a study takes: a few plain steps are timed, and all the rest is scaled from them.

A step costs in proportion to the tokens of its batch and to the passes that its method makes.
Methods that do not say how many they make are timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from statistics import median
from typing import Any

import torch

from .._device import usable_device
from .._random import isolated_rng
from .._step.attach import attach
from .._step.step import Step
from .._threads import using_threads
from ..diagnostics._observer import TARGETS
from ..method_text import parse_method
from ..pretrained import Pretrained
from ..records.lora import Lora
from ..records.spec import RunSpec
from ..runs.adapters import with_adapters
from ..runs.arguments import step_count
from ..runs.encoded import encode_splits, encoding_of_run
from ..runs.plan import LoadedTask, PlannedRun
from ..tasks import DEV, TRAIN, Task
from ..tasks.encoding import Padding
from .study import PLAIN

_TIMED_STEPS = 2


@dataclass(frozen=True)
class Estimate:
    """What the runs of one method on one task cost.

    Args:
        task: Name of the task.
        arm: Name of the arm, and whether these are runs of its search.
        runs: Number of runs.
        steps: Training steps of each.
        seconds_per_step: Scaled from steps that were timed on this machine, now.
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
    """About what every kind of run costs.

    Args:
        runs: The runs of a study.
        loaded: Its tasks.
        model: The model that is trained.
    """
    scale = _Scale(model, {entry.task.name: entry.task for entry in loaded})
    groups: dict[tuple[str, str, float, str], list[PlannedRun]] = {}
    for run in runs:
        key = run.spec.task, run.name, run.spec.epochs, run.spec.scored
        groups.setdefault(key, []).append(run)
    return [_estimate(name, group, scale) for (_, name, *_), group in groups.items()]


def wall_seconds(estimates: Sequence[Estimate], at_a_time: int) -> float:
    """How long all runs take if this many are executed at a time."""
    return sum(entry.runs * entry.seconds for entry in estimates) / max(at_a_time, 1)


def _estimate(name: str, group: Sequence[PlannedRun], scale: _Scale) -> Estimate:
    spec = group[0].spec
    batch = scale.batch(spec)
    steps = step_count(spec, batch.features)
    step, row = scale.seconds(spec, batch, steps)
    step *= dict(spec.settings).get("gradient_accumulation_steps", 1)
    sizes = group[0].task["sizes"]
    scored = (TRAIN, DEV) if spec.scored == DEV else tuple(sizes)
    windows_per_row = batch.features / sizes[TRAIN]
    rows = sum(sizes[split] for split in scored) * windows_per_row
    shown = f"{name}, tuning" if spec.scored == DEV else name
    return Estimate(spec.task, shown, len(group), steps, step, steps * step + rows * row)


@dataclass(frozen=True)
class Batch:
    """Rows of middling length, as a batch of rows of like length would hold.

    Args:
        rows: The rows.
        features: How many rows there are in all.
    """

    rows: tuple[Mapping[str, Any], ...]
    features: int

    @property
    def row_tokens(self) -> int:
        """Tokens of a row, padding included."""
        return max(len(row["input_ids"]) for row in self.rows)

    @property
    def tokens(self) -> int:
        """Tokens of the batch, padding included."""
        return len(self.rows) * self.row_tokens


@dataclass
class _Scale:
    """What was timed, and what follows from it for other batches and methods."""

    model: Pretrained
    tasks: Mapping[str, Task]
    batches: dict[Any, Batch] = field(default_factory=dict)
    plain: dict[Any, tuple[Batch, RunSpec, float, float]] = field(default_factory=dict)
    ratios: dict[Any, float] = field(default_factory=dict)

    def batch(self, spec: RunSpec) -> Batch:
        """A typical batch of a run."""
        sizes = spec.train_size, spec.subset_seed, spec.eval_size, spec.dev_size
        key = spec.task, *sizes, spec.max_length, spec.stride, spec.batch_size
        if key not in self.batches:
            rows = self.tasks[spec.task].sample(*sizes)
            encoding = encoding_of_run(spec, rows)
            features = encode_splits(rows, self.model, encoding, (TRAIN,))[TRAIN].dataset
            self.batches[key] = typical_batch(features, spec.batch_size)
        return self.batches[key]

    def seconds(self, spec: RunSpec, batch: Batch, steps: int) -> tuple[float, float]:
        """About the seconds of a step of a run, and of scoring a row."""
        kind = self.tasks[spec.task].kind  # Its model has a head of its own, or generates.
        machine = kind, spec.max_new_tokens, spec.precision, spec.threads, spec.lora
        if machine not in self.plain:
            taken = self._time(replace(spec, method=PLAIN, method_options=""), batch, steps)
            self.plain[machine] = batch, spec, *taken
        timed, like, step, row = self.plain[machine]
        key = spec.method, spec.layers, *machine
        if key not in self.ratios:
            known = _passes(spec.method, self.model.layers or 1)
            own = ("method", "method_options", "layers")
            alike = replace(like, **{name: getattr(spec, name) for name in own})
            self.ratios[key] = known or self._time(alike, timed, steps)[0] / step
        batches = 2 if spec.unlabelled else 1  # of the unlabelled texts are as many
        step *= batches * self.ratios[key] * batch.tokens / timed.tokens
        return step, row * batch.row_tokens / timed.row_tokens

    def _time(self, spec: RunSpec, batch: Batch, steps: int) -> tuple[float, float]:
        return time_training(spec, self.tasks[spec.task], batch.rows, steps, self.model)


def _passes(method: str, depth: int) -> float | None:
    """The passes of a method in its text form, of several beside each other; None if unsaid."""
    each = [method.passes(depth) for method in parse_method(method)]
    known = [passes for passes in each if passes is not None]
    return 1 + sum(passes - 1 for passes in known) if len(known) == len(each) else None


def time_training(
    spec: RunSpec, task: Task, rows: Sequence[Any], steps: int, pretrained: Pretrained
) -> tuple[float, float]:
    """Seconds of a training step in the middle of the training, and of scoring a row.

    Args:
        spec: The run.
        task: Its task.
        rows: Encoded rows of one batch.
        steps: How many steps it takes in all.
        pretrained: Its model.
    """
    device = usable_device()
    model, tokenizer = pretrained.with_head(task.kind, task.label_names, 0)
    model.to(device)
    task.problem.prepare(model, spec.max_new_tokens)
    if spec.lora:
        model = with_adapters(model, Lora.parse(spec.lora), 0)
    collated = Padding(tokenizer)(rows)
    batch = {name: values.to(device) for name, values in collated.items()}
    with using_threads(spec.threads), isolated_rng(device, 0):
        model.train()
        methods = parse_method(spec.method)
        with attach(model, methods, layers=spec.layers) as objective:
            optimizer = torch.optim.AdamW(  # the trainer's default
                model.parameters(), lr=spec.learning_rate, fused=True
            )
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
            inputs = {k: v for k, v in batch.items() if k not in TARGETS}
            scoring = _seconds_of(lambda: task.problem.run(model, tokenizer, inputs), device)
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


def typical_batch(features: Any, batch_size: int) -> Batch:
    """Rows of middling length, as a batch of rows of like length would hold."""
    lengths = [len(tokens) for tokens in features["input_ids"]]
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    size = min(batch_size, len(order))
    first = (len(order) - size) // 2
    return Batch(tuple(features[row] for row in order[first : first + size]), len(lengths))


def words_of(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f"{ceil(seconds)} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
