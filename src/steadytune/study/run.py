"""One run: fine-tune on one task with one seed, evaluate on every domain, write it all down."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .._exceptions import DataError, ModelError, SteadytuneError
from .._random import Seeds, isolated_rng
from ..method_text import parse_method
from ..models import load_model, model_hash, resolve_model
from ..tasks import DEV, TRAIN, Encoded, Encoding, Predictions, Scores, load_task, with_identity
from .encoded import encode_splits
from .environment import describe_environment
from .evaluation import are_finite, attenuation, batch_count, model_outputs
from .outcome import Outcome
from .peak_memory import PeakMemory
from .record import Status, describe_task, make_record, now, one_line
from .spec import RunSpec
from .training import Training, step_count, train

if TYPE_CHECKING:
    from ..tasks import Task

Progress = Callable[[int, int], None]
"""Called with the units of work done and all units of the run: steps, and batches of evaluation."""


def run(
    spec: RunSpec,
    progress: Progress = lambda done, total: None,
    load: Callable[[str], Task] | None = None,
) -> Outcome:
    """Carry out one run.

    Trouble inside the run is data: NaN or infinity gives status `diverged`, an exception gives
    `failed` with one line of reason. The same spec on the same machine gives the same results, bit
    for bit. The global random state is left as it was.

    Args:
        spec: What to run.
        progress: Told about every step and every batch of evaluation.
        load: Gives a task by its name; by default `steadytune.tasks.load_task`.

    Returns:
        The record, in the format of docs/record.md, and the predictions.

    Raises:
        SteadytuneError: If the spec itself cannot be run: a method that does not suit the model, a
            task or a model that cannot be loaded or that is not the one of the spec.
    """
    started, log = now(), _Log(spec)
    with _threads(spec.threads), _global_streams_kept():
        try:
            _fine_tune(spec, progress, load or _load_task, log)
            status: Status = "diverged" if log.diverged else "ok"
            reason = log.diverged
        except SteadytuneError:
            raise
        except Exception as error:  # whatever a model, a method or the memory does
            status, reason = "failed", one_line(error)
    record = make_record(spec, status, reason, started=started, parts=log.parts())
    return Outcome(record, log.predictions or None)


@dataclass
class _Log:
    """What is known of a run so far: it is complete when the run ends, however it ends."""

    spec: RunSpec
    task: dict[str, Any] | None = None
    results: dict[str, Scores] = field(default_factory=dict)
    predictions: dict[str, Predictions] = field(default_factory=dict)
    training: Training | None = None
    profile: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    diverged: str | None = None
    started: float = field(default_factory=time.perf_counter)
    memory: PeakMemory = field(default_factory=PeakMemory)

    def parts(self) -> dict[str, Any]:
        steps = self.training.step_seconds if self.training else []
        return {
            "task": self.task,
            "results": self.results,
            "history": self.training.history if self.training else [],
            "profile": self.profile if self.profile.get("after") else None,
            "seconds": {**self.seconds, "total": time.perf_counter() - self.started},
            "cost": {
                "steps": len(steps),
                "seconds_per_step": median(steps) if steps else None,
                "forwards_per_step": self.training.forwards_per_step if self.training else None,
                "peak_memory_bytes": self.memory.bytes,
            },
            "environment": describe_environment(self.spec.threads),
        }

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - started


def _fine_tune(spec: RunSpec, progress: Progress, load: Callable[[str], Task], log: _Log) -> None:
    methods = parse_method(spec.method)
    task = load(spec.task).sample(spec.train_size, spec.subset_seed, spec.eval_size, spec.dev_size)
    _require_same(spec, task)
    log.task = describe_task(task)
    seeds = Seeds.from_run(spec.seed)
    head_seed = seeds.head if spec.head_seed is None else Seeds.from_run(spec.head_seed).head
    model, tokenizer = load_model(spec.model, task.kind, task.label_names, head_seed)
    splits = (TRAIN, DEV) if spec.scored == DEV else tuple(task.splits)
    encoded = encode_splits(task, spec.model, Encoding(spec.max_length, spec.stride), splits)
    unseen = encoded[DEV if spec.scored == DEV else task.domain].dataset
    tick = _ticker(spec, encoded, progress)
    log.profile["before"] = attenuation(model, tokenizer, unseen)
    with log.timed("train"):
        log.training = train(spec, model, tokenizer, encoded[TRAIN].dataset, methods, tick)
    log.diverged = log.training.diverged
    if log.diverged is None:
        with log.timed("evaluate"):
            _evaluate(task, model, tokenizer, encoded, tick, log)
    if log.diverged is None:
        log.profile["after"] = attenuation(model, tokenizer, unseen)


def _evaluate(
    task: Task,
    model: Any,
    tokenizer: Any,
    encoded: Mapping[str, Encoded],
    tick: Callable[[], None],
    log: _Log,
) -> None:
    results, kept = {}, {}
    for split, features in encoded.items():
        rows = task.splits[split]
        outputs = model_outputs(model, tokenizer, features.dataset, task.problem, tick)
        if not are_finite(outputs):
            log.diverged = f"the outputs on {split} were not finite after training"
            return
        predictions = task.problem.predict(outputs, features, rows)
        results[split] = task.problem.score(predictions, rows)
        kept[split] = with_identity(predictions, rows)
    log.results, log.predictions = results, kept


def _ticker(
    spec: RunSpec, encoded: Mapping[str, Encoded], progress: Progress
) -> Callable[[], None]:
    """A function to call after every unit of work."""
    batches = sum(batch_count(len(split.dataset)) for split in encoded.values())
    total, done = step_count(spec, len(encoded[TRAIN].dataset)) + batches, 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    return tick


@cache
def _load_task(name: str) -> Task:
    """A warm process reads the rows once."""
    return load_task(name, companions=("all",))


def _require_same(spec: RunSpec, task: Task) -> None:
    """The rows and the weights must be those that the spec was made for."""
    if spec.data_hash and task.content_hash != spec.data_hash:
        raise DataError(
            f"the rows of task {spec.task!r} have hash {task.content_hash}, the run expects "
            f"{spec.data_hash}; plan the study again"
        )
    if spec.model_hash and (found := model_hash(resolve_model(spec.model))) != spec.model_hash:
        raise ModelError(
            f"model {spec.model!r} has hash {found}, the run expects {spec.model_hash}; "
            "plan the study again"
        )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _global_streams_kept() -> Iterator[None]:
    """The Hugging Face trainer seeds the global streams; put them back afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with isolated_rng(torch.device("cuda" if torch.cuda.is_available() else "cpu")):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
