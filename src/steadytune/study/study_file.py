"""A study as a YAML file, or as its keys in Python: validated, and turned into a `Study`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._exceptions import ConfigError
from .._folders import decoded
from .._inputs import as_text
from .._keys_file import beside, domain_beside
from ..pretrained import CAREFUL, MINILM, Trust
from ..records.recipe import Recipe
from ..tasks import DataSource
from .study import Arm, Study, StudyTask, Tuning, arms_of
from .study_keys import (
    ROWS,
    DataKeys,
    RecipeKeys,
    StudyEntry,
    TaskEntry,
    TuningEntry,
    checked_keys,
    parse_study_file,
    recipe_values,
)


def read_study(
    path: str | Path, data_root: str | Path | None = None, trust: Trust = CAREFUL
) -> Study:
    """Read a study file.

    Files that it names are looked for beside it.

    Args:
        path: The YAML file.
        data_root: Folder of local copies of the named tasks' rows.
        trust: What of the model's files may be read: nothing that the file could ask for.

    Raises:
        ConfigError: The file cannot be read, or does not describe a study; the text names the key,
            with near matches for an unknown one.
    """
    path = Path(path)
    name, root = decoded(path.stem), as_text(data_root)
    study = _study(parse_study_file(path), str(path), path.parent, name, root)
    return replace(study, trust=trust)


def written_model(content: Mapping[str, Any]) -> str:
    """The model that the keys of a study file name, as it is written there."""
    return str(content.get("model") or MINILM)


def named_files(content: Mapping[str, Any]) -> list[str]:
    """What the keys of a study file name that may be a file beside it, its model aside.

    Args:
        content: The keys of a file that `read_study` takes.
    """
    entry = StudyEntry.model_validate(content)
    rows = [getattr(task, key) for task in entry.tasks for key in ROWS]
    domains = [*(entry.ood or ()), *(name for task in entry.tasks for name in task.ood or ())]
    parts = (entry, *entry.tasks, *entry.methods)
    texts = [recipe_values(part)["unlabelled"] for part in parts]
    return [name for name in (*rows, *(d.partition("=")[2] for d in domains), *texts) if name]


def make_study(
    *, data_root: str | Path | None = None, trust: Trust = CAREFUL, **keys: Any
) -> Study:
    """A study from the keys of a study file, given in Python.

    `make_study(tasks="rte", methods=["plain", "lnsr"], seeds=10, train_size=500)`. Files that it
    names are looked for in the current folder.

    Args:
        data_root: Folder of local copies of the named tasks' rows.
        trust: What of the model's files may be read.
        keys: What stands in a study file (docs/studies.md); a task may be a `DataSource`, a method
            an object such as `LNSR(strength=1)`.

    Raises:
        ConfigError: The keys do not describe a study; the text names the key, with near matches
            for an unknown one.
    """
    study = _study(keys, "the study", Path(), "study", as_text(data_root))
    return replace(study, trust=trust)


def _study(
    content: Mapping[str, Any], where: str, folder: Path, name: str, data_root: str | None
) -> Study:
    entry = checked_keys(content, where)
    spaces = entry.tuning.methods if entry.tuning else {}
    arms = _arms(entry, spaces, folder)
    if unknown := sorted(set(spaces) - {arm.name for arm in arms}):
        raise ConfigError(
            f"{where}: tuning has a space for {unknown[0]!r}, which is not compared; expected "
            f"one of {', '.join(arm.name for arm in arms)}"
        )
    model = MINILM if entry.model is None else beside(folder, entry.model)
    return Study(
        name=entry.name or name,
        tasks=tuple(_task(task, entry, folder, data_root) for task in entry.tasks),
        arms=arms,
        seeds=tuple(entry.seeds),
        subset_seeds=tuple(entry.subset_seeds or (0,)),
        recipe=Recipe(**_given(entry, folder)),
        model=model,
        tuning=_tuning(entry.tuning),
    )


def _task(entry: TaskEntry, file: StudyEntry, folder: Path, data_root: str | None) -> StudyTask:
    given: dict[str, Any] = {name: getattr(entry, name) for name in DataKeys.model_fields}
    given["ood"] = entry.ood if entry.ood is not None else file.ood
    for name in ROWS:
        given[name] = given[name] and beside(folder, given[name])
    ood, text = (tuple(given.pop(name) or ()) for name in ("ood", "text"))
    ood = tuple(domain_beside(folder, domain) for domain in ood)
    source = DataSource(**given, ood=ood, text=text, data_root=data_root)
    return StudyTask(source, _changes(entry, folder))


def _arms(
    file: StudyEntry, spaces: dict[str, dict[str, list[Any]]], folder: Path
) -> tuple[Arm, ...]:
    arms = [
        Arm(
            entry.name or entry.method,
            entry.method,
            _changes(entry, folder),
            longer=entry.longer,
            learning_rate_factor=entry.learning_rate_factor,
        )
        for entry in file.methods
    ]
    arms += arms_of([], file.longer_plain)
    return tuple(replace(arm, space=_space(spaces.get(arm.name, {}))) for arm in arms)


def _space(options: dict[str, list[Any]]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return tuple((name, tuple(values)) for name, values in options.items())


def _tuning(entry: TuningEntry | None) -> Tuning | None:
    if entry is None:
        return None
    return Tuning(
        trials=entry.trials,
        seeds=tuple(entry.seeds),
        dev_size=entry.dev_size,
        learning_rate=tuple(entry.learning_rate),
        epochs=tuple(entry.epochs),
        seed=entry.seed,
    )


def _given(entry: RecipeKeys, folder: Path) -> dict[str, Any]:
    values = recipe_values(entry)
    if values["unlabelled"]:
        values["unlabelled"] = beside(folder, values["unlabelled"])
    return {name: value for name, value in values.items() if value is not None}


def _changes(entry: RecipeKeys, folder: Path) -> tuple[tuple[str, Any], ...]:
    return tuple(_given(entry, folder).items())
