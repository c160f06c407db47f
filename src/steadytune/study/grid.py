"""From a study to its runs: everything that can be wrong is found here, before the first run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._device import settled_precision
from .._exceptions import ConfigError
from ..method_text import format_method, method_identity, parse_method
from ..pretrained import Pretrained
from ..records.recipe import Recipe
from ..records.spec import RunSpec
from ..runs.arguments import training_arguments
from ..runs.preflight import require_fit
from ..runs.settings import checked_settings
from ..runs.task_part import describe_task
from ..tasks import Task
from .study import Arm, Changes, Study, StudyTask

_DEFAULTS: Mapping[str, Any] = {"precision": Recipe.precision}
_SIZES = ("train_size", "subset_seed", "eval_size", "dev_size")


@dataclass(frozen=True)
class LoadedTask:
    """A task of a study with its rows, and what is known of each sample of them.

    Args:
        task: The task with all its rows.
        changes: Settings of its own.
        notes: What was guessed about its rows.
        usual_length: Most tokens an input of such a task has, where nothing else is said.
    """

    task: Task
    changes: Changes
    notes: tuple[str, ...]
    usual_length: int
    _samples: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def sample(self, settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Content hash and description of the rows that a run with these settings reads."""
        sizes = tuple(settings.get(name) for name in _SIZES)
        if sizes not in self._samples:
            given = {
                name: size for name, size in zip(_SIZES, sizes, strict=True) if size is not None
            }
            rows = self.task.sample(**given)
            self._samples[sizes] = rows.content_hash, describe_task(rows)
        return self._samples[sizes]


@dataclass(frozen=True)
class PlannedRun:
    """A run and what its record says beside its result.

    Args:
        spec: What the run is.
        arm: What the report calls its method; None where that is the method itself.
        task: The task as the record describes it, for runs that are lost before they read it.
    """

    spec: RunSpec
    arm: dict[str, Any] | None
    task: dict[str, Any]

    @property
    def name(self) -> str:
        """What its method is called."""
        return str(self.arm["name"]) if self.arm else self.spec.method


Choices = Mapping[tuple[str, str], Changes]
"""Task and arm -> the settings that tuning chose for them."""


def load_tasks(study: Study, model: Pretrained) -> tuple[LoadedTask, ...]:
    """Read the rows of every task, and make sure that the methods suit the model.

    Args:
        study: The study.
        model: Its model.

    Raises:
        SteadytuneError: If rows cannot be had, or a method does not suit them.
    """
    require_settings(study)
    loaded: list[LoadedTask] = []
    for entry in study.tasks:
        task = entry.source.load()
        if any(other.task.name == task.name for other in loaded):
            raise ConfigError(
                f"task {task.name} stands twice; give rows of your own a name each, "
                "or compare sizes of one task in studies of their own"
            )
        _require_choice_by_dev(study, entry)
        length = model.usual_length(task.kind)
        loaded.append(LoadedTask(task, entry.changes, entry.source.remarks(), length))
        methods = [arm.method for arm in study.arms]
        require_fit(model, task.kind, task.label_names, methods)
    return tuple(loaded)


def _require_choice_by_dev(study: Study, entry: StudyTask) -> None:
    """Refuse rows to choose by that no run would look at."""
    if study.tuning is not None:
        return
    each = [_merged(study.settings, entry.changes, arm.changes) for arm in study.arms]
    looks = [given.get("patience") or given.get("scored") == "dev" for given in each]
    if entry.source.validation is not None and not any(looks):
        raise ConfigError(
            f"validation={entry.source.validation} was given and nothing is chosen by it; "
            "give patience and a dev size, or tuning in a study file, or leave validation out"
        )
    for given, looked_at in zip(each, looks, strict=True):
        if given.get("dev_size") and not looked_at:
            raise ConfigError(
                f"dev_size={given['dev_size']} was given and nothing is chosen by these rows; "
                "give patience too, or leave it out"
            )


def plan_runs(
    study: Study,
    loaded: Sequence[LoadedTask],
    model: Pretrained,
    choices: Choices | None = None,
) -> tuple[PlannedRun, ...]:
    """The runs, in such an order that the arms of a seed follow each other.

    Args:
        study: The study.
        loaded: Its tasks.
        model: Its model.
        choices: What tuning chose; None where there was none.

    Raises:
        ConfigError: If two arms are the same run, so that a record could name but one of them.
            Arms that are tuned may come to that: see `same_runs`.
    """
    runs = tuple(
        plan_run(
            study,
            entry,
            arm,
            seed,
            subset,
            model.hash,
            (choices or {}).get((entry.task.name, arm.name), ()),
        )
        for seed in study.seeds
        for subset in study.subset_seeds
        for entry in loaded
        for arm in study.arms
    )
    _require_possible(runs, model)
    if study.tuning is None and (same := same_runs(runs)):
        first, second = same[0]
        raise ConfigError(
            f"methods {first.name!r} and {second.name!r} are one and the same run on "
            f"{first.spec.task}; leave one of them out"
        )
    return runs


def _require_possible(runs: Sequence[PlannedRun], model: Pretrained) -> None:
    """What the trainer or the model would refuse, it refuses once, and before the first run."""
    for length in {run.spec.max_length for run in runs}:
        model.require_positions(length)
    for run in {(r.spec.task, r.name): r for r in runs}.values():
        # Whether a machine has the precision is for the one to say that carries the run out.
        spec = dataclasses.replace(run.spec, precision="fp32")
        training_arguments(spec, Path("unused"), 1, run.task["metric"], resumable=False)


def same_runs(runs: Sequence[PlannedRun]) -> tuple[tuple[PlannedRun, PlannedRun], ...]:
    """Runs whose spec an earlier run has too, each after that one."""
    first: dict[str, PlannedRun] = {}
    pairs = ((first.setdefault(run.spec.hash, run), run) for run in runs)
    return tuple((one, other) for one, other in pairs if one is not other)


def distinct(runs: Sequence[PlannedRun]) -> tuple[PlannedRun, ...]:
    """Each run once, under the name of the first arm that it belongs to."""
    shared = {id(other) for _, other in same_runs(runs)}
    return tuple(run for run in runs if id(run) not in shared)


def plan_run(
    study: Study,
    entry: LoadedTask,
    arm: Arm,
    seed: int,
    subset_seed: int,
    weights: str,
    choice: Changes = (),
) -> PlannedRun:
    """One run of an arm on a task.

    Args:
        study: The study.
        entry: The task.
        arm: The arm.
        seed: The seed of the run.
        subset_seed: The seed of the draw of training rows.
        weights: Content hash of the model.
        choice: What tuning chose for the arm on this task.
    """
    settings: dict[str, Any] = {
        "method": arm.method,
        "max_length": entry.usual_length,
        **_merged(study.settings, entry.changes, arm.changes, choice),
    }
    settings["epochs"] = settings.get("epochs", RunSpec.epochs) * arm.longer
    settings["subset_seed"] = subset_seed
    settings["settings"] = checked_settings(settings["settings"])
    draft = RunSpec(task=entry.task.name, seed=seed, model_hash=weights, **settings)
    rows, description = entry.sample(dataclasses.asdict(draft))
    methods = parse_method(draft.method)
    spec = dataclasses.replace(
        draft,
        method=format_method(methods),
        method_options=method_identity(methods),
        data_hash=rows,
    )
    return PlannedRun(spec, _arm_record(study, arm), description)


def require_settings(study: Study) -> None:
    """Methods and settings must make sense before rows are read or downloaded."""
    for arm in study.arms:
        parse_method(arm.method)
        for entry in study.tasks:
            settings = _merged(study.settings, entry.changes, arm.changes)
            RunSpec(**{"task": "", "method": arm.method, "seed": 0, **settings})
            checked_settings(settings["settings"])
            _require_length(arm, settings)


def _merged(*layers: Mapping[str, Any] | Changes) -> dict[str, Any]:
    """Settings of which later ones win; so do fields of the trainer within `settings`."""
    settings: dict[str, Any] = {}
    for given in (_DEFAULTS, *layers):
        layer = dict(given)
        further = {**settings.get("settings", {}), **dict(layer.get("settings", {}))}
        settings |= {**layer, "settings": further}
    return {**settings, "precision": settled_precision(settings["precision"])}


def _require_length(arm: Arm, settings: Mapping[str, Any]) -> None:
    """Steps that are counted leave nothing for an arm to train longer by."""
    if arm.longer != 1 and int(settings.get("settings", {}).get("max_steps", -1)) > 0:
        raise ConfigError(
            f"{arm.name} trains {arm.longer:g} times as long, but setting max_steps says how long; "
            "give epochs instead of max_steps"
        )


def varying_settings(study: Study) -> tuple[str, ...]:
    """Fields of `RunSpec` besides the method in which arms may differ."""
    names = {name for arm in study.arms for name, _ in arm.changes}
    if any(arm.longer != 1 for arm in study.arms):
        names.add("epochs")
    if study.tuning:
        names |= {"learning_rate", "epochs"}
    return tuple(sorted(names))


def _arm_record(study: Study, arm: Arm) -> dict[str, Any] | None:
    varies = varying_settings(study)
    if not varies and arm.name == arm.method and study.tuning is None:
        return None
    return {"name": arm.name, "varies": list(varies)}
