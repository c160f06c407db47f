"""From a study to its runs: everything that can be wrong is found here, before the first run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._exceptions import ConfigError
from ..pretrained import Pretrained
from ..records.recipe import Recipe
from ..runs.plan import (
    Choices,
    LoadedTask,
    PlannedRun,
    plan,
    require_possible,
    require_use_of_unlabelled,
    same_runs,
)
from ..runs.preflight import require_fit, require_steps
from ..runs.settle import layers_of
from ..runs.trainer_fields import checked_trainer_fields
from ..tasks import TRAIN
from .study import TUNED, Arm, Study, StudyTask


def load_tasks(study: Study, model: Pretrained) -> tuple[LoadedTask, ...]:
    """Read the rows of every task, and make sure that the methods suit the model.

    Args:
        study: The study.
        model: Its model.

    Raises:
        SteadytuneError: If rows cannot be loaded, or a method does not suit them.
    """
    require_settings(study)
    loaded: list[LoadedTask] = []
    for entry in study.tasks:
        task = entry.source.load()
        if any(other.task.name == task.name for other in loaded):
            raise ConfigError(
                f"task {task.name} appears twice; give each file a `name`, or compare sizes of "
                "one task in separate studies"
            )
        if not task.problem.choices:
            _require_choice_by_dev(study, entry)
        loaded.append(LoadedTask(task, entry.changes, entry.source.remarks()))
        of_task = study.recipe.changed(entry.changes)
        methods: dict[tuple[str | None, str | None], list[str]] = {}
        for arm in study.arms:
            recipe = of_task.changed(arm.changes)
            alike = recipe.lora, layers_of(recipe, task.kind)
            methods.setdefault(alike, []).append(arm.method)
        for alike, texts in methods.items():
            require_fit(model, task.kind, task.label_names, texts, *alike)
    return tuple(loaded)


def _require_choice_by_dev(study: Study, entry: StudyTask) -> None:
    """Refuse validation rows that no run would look at."""
    if study.tuning is not None:
        return
    each = [study.recipe.changed(entry.changes).changed(arm.changes) for arm in study.arms]
    looks = [recipe.patience is not None for recipe in each]
    if entry.source.validation is not None and not any(looks):
        raise ConfigError(
            f"validation={entry.source.validation} was given, but nothing is selected on it; "
            "give `patience` and `dev_size`, or tuning in a study file, or leave validation out"
        )
    for recipe, looked_at in zip(each, looks, strict=True):
        if recipe.dev_size and not looked_at:
            raise ConfigError(
                f"dev_size={recipe.dev_size} was given, but nothing is selected on these rows; "
                "give `patience` too, or leave it out"
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
            Arms that are tuned may come to that: see `same_runs`. Or if a training is too short
            for its method.
    """
    runs = plan(
        loaded,
        study.arms,
        study.recipe,
        study.seeds,
        model=model,
        subset_seeds=study.subset_seeds,
        choices=choices,
        varies=TUNED if study.tuning else (),
    )
    require_possible(runs, model)
    if study.tuning is None and (same := same_runs(runs)):
        first, second = same[0]
        raise ConfigError(
            f"methods {first.name!r} and {second.name!r} are the same run on "
            f"{first.spec.task}; leave one of them out"
        )
    if study.tuning is None or choices is not None:
        _require_enough_steps(loaded, runs)
    return runs


def _require_enough_steps(loaded: Sequence[LoadedTask], runs: Sequence[PlannedRun]) -> None:
    """Ask each method; not where inputs are read in windows, which add steps."""
    from ..runs.arguments import step_count

    windows = {entry.task.name for entry in loaded if entry.task.problem.windows}
    for run in {(r.spec.task, r.name): r for r in runs}.values():
        if run.spec.task not in windows:
            require_steps(run.spec.method, step_count(run.spec, run.task["sizes"][TRAIN]))


def require_settings(study: Study) -> None:
    """Methods and recipes must make sense before rows are read or downloaded."""
    for entry in study.tasks:
        require_use_of_unlabelled(study.recipe.changed(entry.changes), study.arms)
    for arm in study.arms:
        for entry in study.tasks:
            recipe = study.recipe.changed(entry.changes).changed(arm.changes)
            fields = checked_trainer_fields(dict(recipe.settings))
            _require_dev_rows(recipe)
            _require_length(arm, fields)


def _require_dev_rows(recipe: Recipe) -> None:
    if recipe.patience is not None and recipe.dev_size is None:
        raise ConfigError(f"patience={recipe.patience} needs validation rows; give a dev size too")


def _require_length(arm: Arm, fields: Mapping[str, Any]) -> None:
    """Steps that are counted leave nothing for an arm to train longer by."""
    if arm.longer != 1 and int(fields.get("max_steps", -1)) > 0:
        raise ConfigError(
            f"{arm.name} trains {arm.longer:g} times as long, but trainer field max_steps says how "
            "long; give epochs instead of max_steps"
        )
