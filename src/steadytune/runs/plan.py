"""From tasks, methods, a recipe and seeds to runs: the one planner, which trains and reads nothing.

`train`, `compare`, `demo` and a search plan with it. Whether a machine and a model can carry the
runs out is asked by `require_possible`, before the first of them begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product, starmap
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._exceptions import ConfigError
from ..method_names import known_methods
from ..method_text import (
    format_method,
    method_identity,
    parse_method,
    require_known_names,
)
from ..pretrained import Pretrained
from ..records.recipe import Changes, Recipe
from ..records.spec import RunSpec, choosing_metric
from ..tasks import TRAIN, Task
from .settle import settle
from .task_part import describe_task
from .unlabelled import hash_of

if TYPE_CHECKING:
    from .._step.regularizer import Regularizer

_OF_UNLABELLED = frozenset({"unlabelled", "unlabelled_hash"})
"""Fields in which methods that measure on unlabelled texts differ from those that do not."""

Choices = Mapping[tuple[str, str], Changes]
"""Task and arm -> fields of the recipe, or a `method`, that a search chose for them."""


@dataclass(frozen=True)
class LoadedTask:
    """A task with its rows, and what is known of each sample of them.

    Args:
        task: The task with all its rows.
        changes: Where its recipe differs.
        notes: What was guessed about its rows.
    """

    task: Task
    changes: Changes = ()
    notes: tuple[str, ...] = ()
    _samples: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def sample(self, recipe: Recipe, subset_seed: int) -> tuple[str, dict[str, Any]]:
        """Content hash and description of the rows that a run with this recipe reads."""
        sizes = recipe.train_size, subset_seed, recipe.eval_size, recipe.dev_size
        if sizes not in self._samples:
            rows = self.task.sample(*sizes)
            self._samples[sizes] = rows.content_hash, describe_task(rows)
        return self._samples[sizes]


@dataclass(frozen=True)
class Arm:
    """One of the things that are trained side by side: a method, with a recipe of its own.

    Args:
        name: What the report calls it.
        method: The method in its text form.
        changes: Where its recipe differs.
        longer: How many times as many epochs it trains as its recipe says.
        learning_rate_factor: How many times its recipe's learning rate it takes.
    """

    name: str
    method: str
    changes: Changes = ()
    longer: float = 1.0
    learning_rate_factor: float = 1.0

    def __post_init__(self) -> None:
        require_known_names(self.method)
        for name in ("longer", "learning_rate_factor"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ConfigError(f"{self.name}: {name}={value}; expected a number above 0")

    @property
    def factors(self) -> dict[str, float]:
        """Field of the recipe -> what it is multiplied by, for those that this arm scales."""
        each = {"epochs": self.longer, "learning_rate": self.learning_rate_factor}
        return {name: factor for name, factor in each.items() if factor != 1}


@dataclass(frozen=True)
class PlannedRun:
    """A run and what its record says beside its result.

    Args:
        spec: What the run is.
        arm: What the report calls its method; None where that is the method itself.
        task: The task as the record describes it, for runs that are lost before they read it.
        reasons: What was taken for values that the recipe leaves open, and why, a line each.
    """

    spec: RunSpec
    arm: dict[str, Any] | None
    task: dict[str, Any]
    reasons: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What its method is called."""
        return str(self.arm["name"]) if self.arm else self.spec.method


def plan(
    tasks: Sequence[LoadedTask],
    methods: Sequence[str | Arm],
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    model: Pretrained,
    subset_seeds: Sequence[int] = (0,),
    choices: Choices | None = None,
    varies: Iterable[str] = (),
    scored: str = "test",
    head_seed: int | None = None,
    threads: int = 1,
) -> tuple[PlannedRun, ...]:
    """The runs, in such an order that the methods of a seed follow each other.

    A run's recipe is the given one with the changes of its task, of its arm and of the choice, of
    which later ones win; what is left open then is settled.

    Args:
        tasks: What is trained on.
        methods: Methods in their text form, or arms.
        recipe: The recipe of all runs.
        seeds: Seeds of the runs, the same for every method.
        model: The model that every run starts from.
        subset_seeds: Seeds of the draws of training examples, crossed with the seeds of the runs.
        choices: What a search chose.
        varies: Fields in which arms may differ beside those that they change themselves.
        scored: As in `RunSpec`.
        head_seed: As in `RunSpec`.
        threads: CPU threads of a run, where the recipe leaves them open.

    Raises:
        ConfigError: If a value is out of its range, or does not go with a task or another value.
        DataError: If a task has fewer rows than are to be drawn.
    """
    arms = [Arm(method, method) if isinstance(method, str) else method for method in methods]
    asked = any(recipe.changed(entry.changes).unlabelled for entry in tasks)
    hashed = cache(hash_of)

    def planned(seed: int, subset_seed: int, entry: LoadedTask, arm: Arm) -> PlannedRun:
        choice = dict((choices or {}).get((entry.task.name, arm.name), ()))
        parsed = parse_method(choice.pop("method", arm.method))
        own = recipe.changed(entry.changes).changed(arm.changes).changed(choice)
        if own.unlabelled and not _takes_unlabelled(parsed):
            own = own.changed({"unlabelled": None})  # to this method it makes no difference
        _require_classes(own, entry.task)
        content, described = entry.sample(own, subset_seed)
        settled = settle(own, model, entry.task.kind, described["sizes"][TRAIN], threads)
        values = settled.recipe.as_dict()
        spec = RunSpec(
            task=entry.task.name,
            model=model.name,
            method=format_method(parsed),
            seed=seed,
            method_options=method_identity(parsed),
            data_hash=content,
            subset_seed=subset_seed,
            head_seed=head_seed,
            scored=scored,
            model_hash=model.hash,
            unlabelled_hash=hashed(own.unlabelled) if own.unlabelled else "",
            chosen_by=choosing_metric(values, entry.task.kind, entry.task.metric),
            **{**values, **{name: values[name] * by for name, by in arm.factors.items()}},
        )
        named = None if arm.name == arm.method else {"name": arm.name, "varies": []}
        return PlannedRun(spec, named, described, settled.reasons)

    cells = list(product(seeds, subset_seeds, tasks, arms))
    runs = tuple(starmap(planned, cells))
    declared = varying(arms).union(varies, _OF_UNLABELLED if asked else ())
    # Seeds and draws change no recipe: the first of them tell in what the arms differ.
    varied = sorted(declared | _settled_apart([r.spec for r in runs[: len(tasks) * len(arms)]]))
    if not varied:
        return runs
    return tuple(
        replace(run, arm={"name": arm.name, "varies": varied})
        for run, (*_, arm) in zip(runs, cells, strict=True)
    )


def _settled_apart(specs: Iterable[RunSpec]) -> set[str]:
    """Fields in which arms differ once all is settled: LoRA takes a higher rate, say."""
    alike = defaultdict(list)
    for spec in specs:
        alike[spec.task].append(spec.recipe.as_dict())
    return {
        name
        for first, *others in alike.values()
        for other in others
        for name in first
        if other[name] != first[name]
    }


def varying(arms: Iterable[Arm]) -> set[str]:
    """Fields of the recipe in which arms may differ."""
    names = {name for arm in arms for name in (*dict(arm.changes), *arm.factors)}
    return names | _OF_UNLABELLED if "unlabelled" in names else names


def require_possible(runs: Sequence[PlannedRun], model: Pretrained) -> None:
    """What the trainer or the model would refuse, it refuses once, and before the first run.

    Raises:
        ConfigError: If it does.
    """
    from .._device import switches_kept
    from .arguments import training_arguments

    for lengths in {(run.spec.max_length, run.spec.max_new_tokens) for run in runs}:
        model.require_positions(*lengths)
    for run in {(r.spec.task, r.name): r for r in runs}.values():
        # Whether a machine has the precision is for the one to say that carries the run out.
        spec = replace(run.spec, precision="fp32")
        with switches_kept():
            training_arguments(spec, Path("unused"), 1, run.task["metric"], resumable=False)


def same_runs(runs: Sequence[PlannedRun]) -> tuple[tuple[PlannedRun, PlannedRun], ...]:
    """Runs whose spec an earlier run has too, each after that one."""
    first: dict[str, PlannedRun] = {}
    pairs = ((first.setdefault(run.spec.key, run), run) for run in runs)
    return tuple((one, other) for one, other in pairs if one is not other)


def distinct(runs: Sequence[PlannedRun]) -> tuple[PlannedRun, ...]:
    """Each run once, under the name of the first arm that it belongs to."""
    shared = {id(other) for _, other in same_runs(runs)}
    return tuple(run for run in runs if id(run) not in shared)


def require_use_of_unlabelled(recipe: Recipe, arms: Sequence[Arm]) -> None:
    """Unlabelled texts must be of use to some arm, and to each arm that asks for them itself.

    Raises:
        ConfigError: If they are not.
    """
    takers = [arm for arm in arms if _takes_unlabelled(parse_method(arm.method))]
    own = [arm.name for arm in arms if dict(arm.changes).get("unlabelled")]
    idle = [name for name in own if name not in {arm.name for arm in takers}]
    if idle or (recipe.unlabelled and not takers):
        others = methods_on_unlabelled()
        raise ConfigError(
            f"unlabelled texts are of no use to {', '.join(idle) or 'any of the methods'}; "
            f"use {', '.join(others[:-1])} or {others[-1]}, or leave the texts out"
        )


def _require_classes(recipe: Recipe, task: Task) -> None:
    smoothing = dict(recipe.settings).get("label_smoothing_factor")
    asked = {
        "balanced class weights need": recipe.class_weights == "balanced" and "`class_weights`",
        "label smoothing needs": smoothing and "`label_smoothing_factor`",
    }
    for what, option in asked.items():
        if option and not task.problem.exclusive:
            raise ConfigError(
                f"{what} classes, one per text, and {task.name} is {task.kind}; leave {option} out"
            )
    if recipe.unlabelled and task.problem.generates:
        raise ConfigError(
            f"unlabelled texts have no targets, and {task.name} is {task.kind}, whose models read "
            "these too; leave `unlabelled` out"
        )
    if recipe.head_first and task.problem.generates:
        raise ConfigError(
            f"head_first needs a new head, and {task.name} is {task.kind}, whose head is "
            "pretrained; leave `head_first` out"
        )


def _takes_unlabelled(methods: Iterable[Regularizer]) -> bool:
    return any(method.takes_unlabelled for method in methods)


def methods_on_unlabelled() -> list[str]:
    """Names of the methods of steadytune that measure on unlabelled texts, at their defaults."""
    from .._step.wrapper import Wrapper

    known = {name: cls for name, cls in known_methods().items() if not issubclass(cls, Wrapper)}
    return [name for name, cls in known.items() if cls().takes_unlabelled]
