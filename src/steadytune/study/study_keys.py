"""The keys of a study file: what each may hold, and what is said where one does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from .._checks import near
from .._exceptions import ConfigError
from .._inputs import as_number, as_text
from .._keys_file import read_keys
from .._step.regularizer import Regularizer
from ..method_text import as_method_text
from ..records.recipe import check_value, recipe_fields
from ..runs.trainer_fields import numbers
from ..tasks import DataSource
from .seeds import read_seeds

ROWS = ("train", "test", "validation", "dev")
"""Keys of a task that name files of rows."""


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
    seeds = _as_seeds(value)
    is_list = isinstance(value, list | tuple | range) or "," in str(value)
    return [seed - 1 for seed in seeds] if isinstance(seeds, list) and not is_list else seeds


def _as_task(value: object) -> object:
    """In Python a source of rows is a task too."""
    if not isinstance(value, DataSource):
        return {"task": value} if isinstance(value, str) else value
    if value.data_root is not None:
        raise ValueError("give data_root for the whole study")
    given = {field: getattr(value, field) for field in DataKeys.model_fields}
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
    RecipeKeys = _Part
    Rate: TypeAlias = float
    Length: TypeAlias = float
else:  # one key for each field of a recipe; what is left out is left to its default
    RecipeKeys = create_model(
        "RecipeKeys", __base__=_Part, **{name: (_of_recipe(name), None) for name in recipe_fields()}
    )
    Rate, Length = _of_recipe("learning_rate"), _of_recipe("epochs")


class DataKeys(_Part):
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


class TaskEntry(DataKeys, RecipeKeys):
    """A task, with settings of its own."""


class MethodEntry(RecipeKeys):
    """A method, with a name and settings of its own."""

    method: str
    name: str | None = None
    longer: float = 1.0
    learning_rate_factor: float = 1.0


class TuningEntry(_Part):
    trials: int
    seeds: Seeds
    dev_size: int
    learning_rate: Annotated[list[Rate], BeforeValidator(_as_list)]
    epochs: Annotated[list[Length], BeforeValidator(_as_list)]
    seed: int = 0
    methods: Annotated[Spaces, BeforeValidator(numbers)] = {}


class StudyEntry(RecipeKeys):
    name: str | None = None
    model: Place = None
    tasks: Annotated[
        list[Annotated[TaskEntry, BeforeValidator(_as_task)]], BeforeValidator(_as_list)
    ]
    methods: Annotated[
        list[Annotated[MethodEntry, BeforeValidator(_as_method)]], BeforeValidator(_as_list)
    ]
    seeds: Seeds
    subset_seeds: Annotated[list[int] | None, BeforeValidator(_as_subset_seeds)] = None
    ood: Names | None = None
    longer_plain: float | None = None
    tuning: TuningEntry | None = None


def checked_keys(content: Mapping[str, Any], where: str) -> StudyEntry:
    """The keys with their values in the types that a study takes.

    Raises:
        ConfigError: A key is unknown or missing, or a value does not fit; the text begins with
            `where` and names the key, with near matches for an unknown one.
    """
    try:
        return StudyEntry.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first_problem(error)}") from error


def parse_study_file(path: Path) -> dict[str, Any]:
    """The keys of a study file, not checked yet.

    Raises:
        ConfigError: If it cannot be read, or holds none.
    """
    return read_keys(path, "study", "tasks, methods and seeds")


def recipe_values(entry: RecipeKeys) -> dict[str, Any]:
    """The fields of a recipe that an entry gives; None for those it leaves out."""
    return {name: getattr(entry, name) for name in recipe_fields()}


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
    parts = (StudyEntry, TaskEntry, MethodEntry, TuningEntry)
    return sorted({name for part in parts for name in part.model_fields})
