"""A study as a YAML file, or as its keys in Python: validated, and turned into a `Study`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from .._checks import near
from .._exceptions import ConfigError
from .._inputs import as_number, as_text
from .._step.regularizer import Regularizer
from .._untrusted import read_regular
from .._untrusted_yaml import parse_yaml
from ..method_text import as_method_text
from ..pretrained import CAREFUL, MINILM, Trust
from ..records.recipe import Recipe, check_value, recipe_fields
from ..runs.trainer_fields import numbers
from ..tasks import DataSource
from .seeds import read_seeds
from .study import Arm, Study, StudyTask, Tuning, arms_of

_LARGEST = 2**20
_ROWS = ("train", "test", "validation", "dev")


def _as_list(value: object) -> object:
    return list(value) if isinstance(value, list | tuple | range) else [value]


def _as_seeds(value: object) -> object:
    """`5` is the seeds 1 to 5; a list is these seeds."""
    value = value.tolist() if hasattr(value, "tolist") else value  # of NumPy
    if isinstance(value, list | tuple | range):
        return [as_number(seed) for seed in value]
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    return list(read_seeds(str(value)))


def _as_subset_seeds(value: object) -> object:
    """`2` is two draws, of the seeds 0 and 1, as on the command line; a list is these seeds."""
    if isinstance(value, bool) or not isinstance(value, int):
        return _as_seeds(value)
    return [seed - 1 for seed in read_seeds(str(value))]


def _as_task(value: object) -> object:
    """In Python a source of rows is a task too."""
    if not isinstance(value, DataSource):
        return {"task": value} if isinstance(value, str) else value
    if value.data_root is not None:
        raise ValueError("give data_root for the whole study")
    given = {field: getattr(value, field) for field in _Data.model_fields}
    return {field: content for field, content in given.items() if content not in (None, ())}


def _as_method(value: object) -> object:
    """In Python a method is its text too."""
    if isinstance(value, Regularizer):
        value = as_method_text(value)
    return {"method": value} if isinstance(value, str) else value


Place = Annotated[str | None, BeforeValidator(as_text)]
Seeds = Annotated[list[int], BeforeValidator(_as_seeds)]
Names = Annotated[list[str], BeforeValidator(_as_list)]
Spaces = dict[str, dict[str, Annotated[list[Any], BeforeValidator(_as_list)]]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _checked(name: str, value: Any) -> Any:
    if value is None:
        return None
    return check_value(name, numbers(value))


def _of_recipe(name: str) -> Any:
    return Annotated[Any, BeforeValidator(partial(_checked, name))]


if TYPE_CHECKING:
    _Recipe = _Part
    Rate: TypeAlias = float
    Length: TypeAlias = float
else:  # one key for each field of a recipe; what is left out is left to its default
    _Recipe = create_model(
        "_Recipe", __base__=_Part, **{name: (_of_recipe(name), None) for name in recipe_fields()}
    )
    Rate, Length = _of_recipe("learning_rate"), _of_recipe("epochs")


class _Data(_Part):
    task: str | None = None
    train: Place = None
    test: Place = None
    validation: Place = None
    dev: Place = None
    ood: Names | None = None
    text: Names | None = None
    label: str | None = None
    kind: str | None = None
    metric: str | None = None
    positive: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    skip_bad: bool = False
    name: str | None = None


class _TaskEntry(_Data, _Recipe):
    """A task, with settings of its own."""


class _MethodEntry(_Recipe):
    """A method, with a name and settings of its own."""

    method: str
    name: str | None = None
    longer: float = 1.0


class _TuningEntry(_Part):
    trials: int
    seeds: Seeds
    dev_size: int
    learning_rate: Annotated[list[Rate], BeforeValidator(_as_list)]
    epochs: Annotated[list[Length], BeforeValidator(_as_list)]
    seed: int = 0
    methods: Annotated[Spaces, BeforeValidator(numbers)] = {}


class _StudyFile(_Recipe):
    name: str | None = None
    model: Place = None
    tasks: Annotated[
        list[Annotated[_TaskEntry, BeforeValidator(_as_task)]], BeforeValidator(_as_list)
    ]
    methods: Annotated[
        list[Annotated[_MethodEntry, BeforeValidator(_as_method)]], BeforeValidator(_as_list)
    ]
    seeds: Seeds
    subset_seeds: Annotated[list[int] | None, BeforeValidator(_as_subset_seeds)] = None
    ood: Names | None = None
    longer_plain: float | None = None
    tuning: _TuningEntry | None = None


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
    study = _study(parse_study_file(path), str(path), path.parent, path.stem, as_text(data_root))
    return replace(study, trust=trust)


def written_model(content: Mapping[str, Any]) -> str:
    """The model that the keys of a study file name, as it is written there."""
    return str(content.get("model") or MINILM)


def named_files(content: Mapping[str, Any]) -> list[str]:
    """What the keys of a study file name that may be a file beside it, its model aside.

    Args:
        content: The keys of a file that `read_study` takes.
    """
    entry = _StudyFile.model_validate(content)
    rows = [getattr(task, key) for task in entry.tasks for key in _ROWS]
    domains = [*(entry.ood or ()), *(name for task in entry.tasks for name in task.ood or ())]
    parts = (entry, *entry.tasks, *entry.methods)
    texts = [_values(part)["unlabelled"] for part in parts]
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
    try:
        entry = _StudyFile.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first_problem(error)}") from error
    spaces = entry.tuning.methods if entry.tuning else {}
    arms = _arms(entry, spaces, folder)
    if unknown := sorted(set(spaces) - {arm.name for arm in arms}):
        raise ConfigError(
            f"{where}: tuning has a space for {unknown[0]!r}, which is not compared; expected "
            f"one of {', '.join(arm.name for arm in arms)}"
        )
    model = MINILM if entry.model is None else _beside(folder, entry.model)
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


def parse_study_file(path: Path) -> dict[str, Any]:
    """The keys of a study file, not checked yet.

    Raises:
        ConfigError: If it cannot be read, or holds none.
    """
    try:
        text = read_regular(path, _LARGEST).decode("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"study file {path} cannot be read ({error})") from error
    try:
        content = parse_yaml(text)
    except ValueError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} is not a study: expected keys such as tasks, methods and seeds")
    return content


def _task(entry: _TaskEntry, file: _StudyFile, folder: Path, data_root: str | None) -> StudyTask:
    given: dict[str, Any] = {name: getattr(entry, name) for name in _Data.model_fields}
    given["ood"] = entry.ood if entry.ood is not None else file.ood
    for name in _ROWS:
        given[name] = given[name] and _beside(folder, given[name])
    ood, text = (tuple(given.pop(name) or ()) for name in ("ood", "text"))
    ood = tuple(_domain_beside(folder, domain) for domain in ood)
    source = DataSource(**given, ood=ood, text=text, data_root=data_root)
    return StudyTask(source, _changes(entry, folder))


def _arms(
    file: _StudyFile, spaces: dict[str, dict[str, list[Any]]], folder: Path
) -> tuple[Arm, ...]:
    arms = [
        Arm(entry.name or entry.method, entry.method, _changes(entry, folder), longer=entry.longer)
        for entry in file.methods
    ]
    arms += arms_of([], file.longer_plain)
    return tuple(replace(arm, space=_space(spaces.get(arm.name, {}))) for arm in arms)


def _space(options: dict[str, list[Any]]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return tuple((name, tuple(values)) for name, values in options.items())


def _tuning(entry: _TuningEntry | None) -> Tuning | None:
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


def _given(entry: _Recipe, folder: Path) -> dict[str, Any]:
    values = _values(entry)
    if values["unlabelled"]:
        values["unlabelled"] = _beside(folder, values["unlabelled"])
    return {name: value for name, value in values.items() if value is not None}


def _values(entry: _Recipe) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in recipe_fields()}


def _changes(entry: _Recipe, folder: Path) -> tuple[tuple[str, Any], ...]:
    return tuple(_given(entry, folder).items())


def _beside(folder: Path, name: str) -> str:
    """A file or folder there, or else the name as it is."""
    neighbour = folder / name
    return str(neighbour) if neighbour.exists() else name


def _domain_beside(folder: Path, domain: str) -> str:
    """NAME=FILE with a file there, or else a companion as it is."""
    name, _, file = domain.partition("=")
    return f"{name}={_beside(folder, file)}" if file else domain


def _first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line; a misspelt key before the one it leaves out."""
    problems = error.errors()
    misspelt = (problem for problem in problems if problem["type"] == "extra_forbidden")
    problem = next(misspelt, problems[0])
    steps = [str(step) if str(step).isprintable() else repr(step) for step in problem["loc"]]
    where = ".".join(steps)
    if problem["type"] == "extra_forbidden":
        known = _known_keys()
        hint = near(steps[-1], known) or f"known are {', '.join(known)}"
        return f"unknown key {where}; {hint}"
    if problem["type"] == "missing":
        return f"{where} is missing; give it"
    told = problem.get("ctx", {}).get("error")
    if isinstance(told, ConfigError) and steps[-1] in recipe_fields():
        return ": ".join(filter(None, (".".join(steps[:-1]), str(told))))
    given = " ".join(repr(problem["input"]).split())[:80]
    return f"{where}={given} does not fit: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _known_keys() -> list[str]:
    parts = (_StudyFile, _TaskEntry, _MethodEntry, _TuningEntry)
    return sorted({name for part in parts for name in part.model_fields})
