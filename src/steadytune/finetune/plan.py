"""What a call of `steadytune train` does: everything that can be wrong is found here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .._exceptions import ConfigError
from ..pretrained import Pretrained
from ..records.spec import RunSpec
from ..runs.arguments import step_count, training_arguments
from ..runs.encoded import encode_splits, encoding_of_run
from ..runs.plan import Arm, LoadedTask, plan, require_use_of_unlabelled
from ..runs.preflight import require_fit, require_steps
from ..tasks import TRAIN, Task
from .cut_rows import cut_warning, long_answers_warning, unread_words_warning
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
        asked = self.options.source.metric if self._keep in ("best", "soup") else None
        return _hash_of([self._keep, *(spec.hash for spec in self.specs), *filter(None, [asked])])

    @property
    def older_hash(self) -> str:
        """The same from before the metric that chooses was part of it."""
        specs = (replace(spec, chosen_by="") for spec in self.specs)
        return _hash_of([self._keep, *(spec.hash for spec in specs)])

    @property
    def _keep(self) -> str:
        return self.options.keep if len(self.specs) > 1 else "one"

    @property
    def warning(self) -> str:
        """A line for splits with many rows that are cut; empty where there are none."""
        return cut_warning(
            self.cut, self.task.problem, self.specs[0].max_length, self.model.positions
        )


def make_plan(options: TrainOptions) -> TrainPlan:
    """Read the rows, find the model, and look at every setting; nothing is written.

    Raises:
        SteadytuneError: If the rows or the model cannot be loaded, or a setting does not fit them.
    """
    require_use_of_unlabelled(options.recipe, [Arm(options.method, options.method)])
    whole = options.source.load()
    recipe = options.recipe.changed({"dev_size": _dev_size(options, whole)})
    model = Pretrained.find(options.model, options.trust)
    runs = plan(
        [LoadedTask(whole)],
        [options.method],
        recipe,
        options.seeds,
        model=model,
        subset_seeds=(options.subset_seed,),
        # Weights can be averaged only if they began with the same head.
        head_seed=options.seeds[0] if options.keep == "soup" else None,
        threads=_threads(options),
    )
    spec = runs[0].spec
    model.require_positions(spec.max_length, spec.max_new_tokens)
    task = whole.sample(spec.train_size, spec.subset_seed, spec.eval_size, spec.dev_size)
    require_fit(model, task.kind, task.label_names, [spec.method], spec.lora, spec.layers)
    encoded = encode_splits(task, model, encoding_of_run(spec, task), tuple(task.splits))
    steps = step_count(spec, len(encoded[TRAIN].dataset))
    require_steps(spec.method, steps)
    training_arguments(spec, Path("unused"), steps, task.metric, resumable=True)
    cut = {split: features.share_cut for split, features in encoded.items()}
    notes = (*options.source.remarks(), *runs[0].reasons)
    said = long_answers_warning(encoded, task.problem), unread_words_warning(encoded)
    notes = (*notes, *(f"warning: {warning}" for warning in said if warning))
    specs = tuple(run.spec for run in runs)
    return TrainPlan(options, model, specs, task, notes, steps, cut)


def _hash_of(parts: Sequence[str]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _threads(options: TrainOptions) -> int:
    """All that this process computes with, shared out among the workers."""
    return max(1, torch.get_num_threads() // max(1, options.workers))


def _dev_size(options: TrainOptions, task: Task) -> int | None:
    """Validation rows: as many as asked for, or those that the user named.

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
            f"all {most} training examples are trained on, and none is left for validation; give "
            "`train_size` below that, `dev_size`, or `validation=FILE`"
        )
    return min(unused, max(_FEWEST_TO_CHOOSE_BY, options.train_size))
