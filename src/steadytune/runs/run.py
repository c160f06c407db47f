"""One run: fine-tune on one task with one seed, evaluate on every domain, write it all down."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .._device import switches_kept, usable_device
from .._exceptions import DataError, ModelError, SteadytuneError, interrupts_unwrapped
from .._random import Seeds, isolated_rng
from .._sealed import seal
from .._threads import using_threads
from ..adapter_files import save_adapter
from ..method_text import parse_method
from ..pretrained import Pretrained, save_model
from ..records.lora import Lora
from ..records.outcome import Outcome
from ..records.record import make_record, now, one_line
from ..records.spec import RunSpec
from ..records.which import Status
from ..tasks import DEV, TRAIN, Encoded, Predictions, Scores, load_task, with_identity
from .adapters import merged, with_adapters
from .arguments import epoch_count, step_count
from .checkpoints import Workspace, replace_folder
from .encoded import encode_splits, encoding_of_run
from .environment import describe_environment
from .evaluation import are_finite, attenuation, batch_count, choose, model_outputs
from .first_profile import first_profile
from .peak_memory import PeakMemory
from .stopping import DevRows
from .task_part import describe_task
from .training import Training, train
from .unlabelled import unlabelled_texts

if TYPE_CHECKING:
    from ..tasks import Task

Progress = Callable[[int, int], None]
"""Called with the units of work done and all units of the run: steps, and batches of evaluation."""


def run(
    spec: RunSpec,
    progress: Progress = lambda done, total: None,
    load: Callable[[str], Task] | None = None,
    keep: Workspace | None = None,
    model: Pretrained | None = None,
    *,
    profile: bool = True,
) -> Outcome:
    """Carry out one run.

    Trouble inside the run is data: NaN or infinity gives status `diverged`, an exception gives
    `failed` with one line of reason. The same spec on the same machine gives the same results, bit
    for bit. The global random state is left as it was.

    Args:
        spec: What to run.
        progress: Told about every step and every batch of evaluation.
        load: Gives a task by its name; by default `steadytune.tasks.load_task`.
        keep: Where the trained model is saved, and checkpoints if the run is to be resumed; by
            default neither is kept. A run that diverged or failed leaves no model.
        model: The model of the spec; by default it is found by its name.
        profile: Whether the noise profile is measured before and after training.

    Returns:
        The record, in the format of docs/record.md, and the predictions.

    Raises:
        SteadytuneError: If the spec itself cannot be run: a method that does not suit the model, a
            task or a model that does not load or is not the spec's.
    """
    started, log = now(), _Log(spec)
    with using_threads(spec.threads), switches_kept(), _global_streams_kept():
        try:
            with interrupts_unwrapped():
                _fine_tune(spec, progress, load or _load_task, keep, model, log, profile=profile)
            status: Status = "diverged" if log.diverged else "ok"
            reason = log.diverged
        except SteadytuneError:
            raise
        except (Exception, SystemExit) as error:  # whatever a model, a method or the memory does
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
    chosen: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    diverged: str | None = None
    started: float = field(default_factory=time.perf_counter)
    memory: PeakMemory = field(default_factory=PeakMemory)

    def parts(self) -> dict[str, Any]:
        steps = self.training.step_seconds if self.training else []
        findings = {**(self.training.findings if self.training else {}), **self.chosen}
        return {
            "task": self.task,
            "results": self.results,
            "history": self.training.history if self.training else [],
            "profile": self.profile if self.profile.get("after") else None,
            "seconds": {**self.seconds, "total": time.perf_counter() - self.started},
            "cost": {
                "steps": self.training.steps if self.training else 0,
                "seconds_per_step": median(steps) if steps else None,
                "forwards_per_step": self.training.forwards_per_step if self.training else None,
                "peak_memory_bytes": self.memory.bytes,
            },
            "environment": describe_environment(self.spec.threads),
            **({"findings": findings} if findings else {}),
        }

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - started


def _fine_tune(
    spec: RunSpec,
    progress: Progress,
    load: Callable[[str], Task],
    keep: Workspace | None,
    pretrained: Pretrained | None,
    log: _Log,
    *,
    profile: bool,
) -> None:
    methods = parse_method(spec.method)
    task = load(spec.task).sample(spec.train_size, spec.subset_seed, spec.eval_size, spec.dev_size)
    pretrained = Pretrained.find(spec.model) if pretrained is None else pretrained.here()
    _require_same(spec, task, pretrained)
    log.task = describe_task(task)
    seeds = Seeds.from_run(spec.seed)
    head_seed = seeds.head if spec.head_seed is None else Seeds.from_run(spec.head_seed).head
    model, tokenizer = pretrained.with_head(task.kind, task.label_names, head_seed)
    model.to(usable_device())  # noise is drawn there: the same before training and after it
    splits = (TRAIN, DEV) if spec.scored == DEV else tuple(task.splits)
    encoding = encoding_of_run(spec, task)
    task.problem.prepare(model, encoding.max_new_tokens)
    encoded = encode_splits(task, pretrained, encoding, splits)
    log.task["cut"] = {split: features.share_cut for split, features in encoded.items()}
    unseen = encoded[DEV if spec.scored == DEV else task.domain].dataset
    meter = _Meter(spec, encoded, progress)
    if profile:
        log.profile["before"] = first_profile(
            _start_key(spec, task, pretrained, str(model.device)),
            lambda: attenuation(model, tokenizer, unseen),
        )
    with log.timed("train"):
        dev = _dev_rows(spec, task, encoded, tokenizer, meter)
        rows = encoded[TRAIN].dataset
        texts = unlabelled_texts(spec, task, tokenizer)
        if lora := spec.lora and Lora.parse(spec.lora):
            model = with_adapters(model, lora, seeds.head)
        log.training = train(spec, model, tokenizer, rows, methods, meter.add, dev, keep, texts)
        if lora:
            model = merged(model, lora)
    log.diverged = log.training.diverged
    if log.diverged is None:
        meter.reach_evaluation()
        with log.timed("evaluate"):
            _evaluate(task, model, tokenizer, encoded, meter.add, log)
    if log.diverged is None:
        if profile:
            log.profile["after"] = attenuation(model, tokenizer, unseen)
        if keep is not None and keep.model is not None:
            _save(model, tokenizer, pretrained, keep.model)


def _start_key(spec: RunSpec, task: Task, model: Pretrained, device: str) -> tuple[Any, ...]:
    """All that the hidden states of the starting model depend on."""
    encoding = (spec.max_length, spec.stride, spec.scored, spec.threads)
    return model.hash, task.content_hash, task.kind, encoding, device


def _dev_rows(
    spec: RunSpec, task: Task, encoded: Mapping[str, Encoded], tokenizer: Any, meter: _Meter
) -> DevRows | None:
    if spec.patience is None:
        return None
    rows = task.splits[DEV]
    return DevRows(task.problem, encoded[DEV], rows, task.metric, tokenizer, meter.add)


def _save(model: Any, tokenizer: Any, base: Pretrained, folder: Path) -> None:
    def write(temporary: Path) -> None:
        if hasattr(model, "peft_config"):
            save_adapter(model, base, temporary)
        else:
            save_model(model, temporary)
        tokenizer.save_pretrained(temporary)
        seal(temporary)

    replace_folder(folder, write)


def _evaluate(
    task: Task,
    model: Any,
    tokenizer: Any,
    encoded: Mapping[str, Encoded],
    on_batch: Callable[[], None],
    log: _Log,
) -> None:
    results, kept = {}, {}
    # Validation rows come first: what they choose holds for all others.
    for split in sorted(encoded, key=lambda name: name != DEV):
        features, rows = encoded[split], task.splits[split]
        outputs = model_outputs(model, tokenizer, features.dataset, task.problem, on_batch)
        if not are_finite(outputs):
            log.diverged = f"the outputs on {split} were not finite after training"
            return
        if split == DEV:
            outputs = choose(model, task.problem, outputs, features, rows, task.metric)
        predictions = task.problem.predict(outputs, features, rows)
        del outputs  # with many classes they are large, and so are the copies of them
        results[split] = task.problem.score(predictions, rows)
        kept[split] = with_identity(predictions, rows)
    log.results = {split: results[split] for split in encoded}
    log.predictions = {split: kept[split] for split in encoded}
    usual = task.problem.choices  # where there are no validation rows
    log.chosen = {name: getattr(model.config, name, value) for name, value in usual.items()}


class _Meter:
    """Counts the units of work of a run: steps, and batches that are evaluated."""

    def __init__(self, spec: RunSpec, encoded: Mapping[str, Encoded], progress: Progress) -> None:
        batches = {name: batch_count(len(split.dataset)) for name, split in encoded.items()}
        rows = len(encoded[TRAIN].dataset)
        looks = epoch_count(spec, rows) if spec.patience else 0
        self._training = step_count(spec, rows) + looks * batches.get(DEV, 0)
        self._total = self._training + sum(batches.values())
        self._progress = progress
        self._done = 0

    def add(self, units: int = 1) -> None:
        """So many more are done."""
        self._done += units
        self._progress(self._done, self._total)

    def reach_evaluation(self) -> None:
        """A training that ended early leaves out what was counted for it."""
        self._done = max(self._done, self._training)


@cache
def _load_task(name: str) -> Task:
    """A warm process reads the rows once."""
    return load_task(name, companions=("all",))


def _require_same(spec: RunSpec, task: Task, model: Pretrained) -> None:
    """The rows and the weights must be those that the spec was made for."""
    if spec.data_hash and task.content_hash != spec.data_hash:
        raise DataError(
            f"the rows of task {spec.task!r} have hash {task.content_hash}, the run expects "
            f"{spec.data_hash}; plan the study again"
        )
    if model.name != spec.model:
        raise ModelError(f"the run is of model {spec.model!r}, and {model.name!r} was given to it")
    if spec.model_hash and model.hash != spec.model_hash:
        raise ModelError(
            f"model {spec.model!r} has hash {model.hash}, the run expects {spec.model_hash}; "
            "plan the study again"
        )


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
