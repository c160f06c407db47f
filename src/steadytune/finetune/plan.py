"""What a call of `steadytune train` does: everything that can be wrong is found here."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .._device import settled_precision
from .._exceptions import ConfigError
from ..method_text import format_method, method_identity, parse_method
from ..pretrained import Pretrained
from ..records.spec import RunSpec
from ..runs.arguments import step_count, training_arguments
from ..runs.encoded import encode_splits
from ..runs.preflight import require_fit
from ..tasks import TRAIN, Encoding, Task
from .cut_rows import cut_warning, long_answers_warning
from .options import TrainOptions

_FEWEST_TO_CHOOSE_BY = 100
_SHARE_TO_CHOOSE_BY = 5


@dataclass(frozen=True, eq=False)
class TrainPlan:
    """The runs, and what they run on.

    Args:
        options: What was asked for.
        model: The model that is trained.
        specs: One a seed.
        task: The rows that are drawn.
        notes: What was guessed in reading them, a line each.
        steps: Optimizer steps of a run, if it is not stopped early.
        cut: Split -> share of its rows that are longer than allowed.
    """

    options: TrainOptions
    model: Pretrained
    specs: tuple[RunSpec, ...]
    task: Task
    notes: tuple[str, ...]
    steps: int
    cut: Mapping[str, float]

    @property
    def hash(self) -> str:
        """Sixteen hexadecimal digits: what the folder of the model is recognised by."""
        keep = self.options.keep if len(self.specs) > 1 else "one"
        text = json.dumps([keep, *(spec.hash for spec in self.specs)])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @property
    def warning(self) -> str:
        """A line for splits of which many rows are cut; empty where there are none."""
        return cut_warning(self.cut, self.task.problem, self.specs[0].max_length)


def make_plan(options: TrainOptions) -> TrainPlan:
    """Read the rows, find the model, and look at every setting; nothing is written.

    Raises:
        SteadytuneError: If the rows or the model cannot be had, or a setting does not fit them.
    """
    methods = parse_method(options.method)
    whole = options.source.load()
    dev_size = _dev_size(options, whole)
    task = whole.sample(options.train_size, options.subset_seed, options.eval_size, dev_size)
    _require_classes(options, task)
    model = Pretrained.find(options.model, options.trust)
    draft = dataclasses.replace(
        _draft(options, task, model),
        method=format_method(methods),
        method_options=method_identity(methods),
        dev_size=dev_size,
    )
    model.require_positions(draft.max_length)
    require_fit(model, task.kind, task.label_names, [draft.method])
    encoding = Encoding(draft.max_length, draft.stride)
    encoded = encode_splits(task, model, encoding, tuple(task.splits))
    steps = step_count(draft, len(encoded[TRAIN].dataset))
    training_arguments(draft, Path("unused"), steps, task.metric, resumable=True)
    cut = {split: features.share_cut for split, features in encoded.items()}
    notes = options.source.remarks()
    if warning := long_answers_warning(encoded):
        notes = (*notes, f"warning: {warning}")
    return TrainPlan(options, model, _specs(options, draft), task, notes, steps, cut)


def _draft(options: TrainOptions, task: Task, model: Pretrained) -> RunSpec:
    settled: dict[str, Any] = {
        "dev_size": None if task.dev is None else len(task.dev),
        "precision": settled_precision(options.precision),
        "max_length": options.max_length or model.usual_length(task.kind),
        "threads": _threads(options),
    }
    return RunSpec(
        task=task.name,
        method=options.method,
        seed=options.seeds[0],
        model=model.name,
        model_hash=model.hash,
        data_hash=task.content_hash,
        subset_seed=options.subset_seed,
        **{**options.recipe.as_dict(), **settled},
    )


def _threads(options: TrainOptions) -> int:
    """All that this process computes with, shared out among the workers."""
    if options.threads is not None:
        return options.threads
    return max(1, torch.get_num_threads() // max(1, options.workers))


def _specs(options: TrainOptions, draft: RunSpec) -> tuple[RunSpec, ...]:
    """One a seed; weights can be averaged only if they began with the same head."""
    head = options.seeds[0] if options.keep == "soup" else None
    return tuple(dataclasses.replace(draft, seed=seed, head_seed=head) for seed in options.seeds)


def _dev_size(options: TrainOptions, task: Task) -> int | None:
    """Rows to choose by: as many as asked for, or those that the user named.

    By default they are as many as are trained on, and 100 at least, of the rows that are left; and
    a fifth of the training rows where all are there to be trained on.
    """
    if options.dev_size is not None:
        return options.dev_size
    if task.dev is not None:
        return len(task.dev)
    if not options.chooses:
        return None
    most = len(task.train)
    if options.train_size is None:
        return max(1, most // _SHARE_TO_CHOOSE_BY)
    unused = most - options.train_size
    if unused < 1:
        raise ConfigError(
            f"all {most} training rows are trained on, and none is left to choose by; give "
            "--train-size below that, --dev-size, or --validation FILE"
        )
    return min(unused, max(_FEWEST_TO_CHOOSE_BY, options.train_size))


def _require_classes(options: TrainOptions, task: Task) -> None:
    if options.class_weights == "balanced" and task.kind != "classification":
        raise ConfigError(
            f"balanced class weights need classes, and {task.name} has none; leave "
            "--class-weights out"
        )
