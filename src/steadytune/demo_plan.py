"""What a demo does: its options, read from text, and the runs that they make."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._exceptions import ConfigError
from .models import MINILM, model_hash, resolve_model
from .study.record import describe_task
from .study.spec import RunSpec

TASK = "vader-movies"
_LONGEST_COUNT = 10_000

DEFAULT_METHODS = "plain,lnsr"


@dataclass(frozen=True)
class Options:
    """What a demo does. The defaults take a few minutes on two cores.

    Args:
        seeds: Seeds of the runs, the same for every method.
        methods: Methods in their text form.
        out: Folder for the records and the report.
        task: Name of the task.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        train_size: Training examples, the same for all runs.
        eval_size: Examples of each evaluation domain.
        epochs: Passes over the training examples.
        learning_rate: Peak learning rate.
        workers: Processes; None takes one a core, 0 none but this one.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    methods: tuple[str, ...] = ("plain", "lnsr")
    out: Path = Path("steadytune-demo")
    task: str = TASK
    model: str = MINILM
    train_size: int = 400
    eval_size: int = 200
    epochs: float = 3.0
    learning_rate: float = 1e-4
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 0:
            raise ConfigError(f"workers={self.workers} is not possible; expected 0 or more")
        for kind, values in (("seed", self.seeds), ("method", self.methods)):
            if not values:
                raise ConfigError(f"no {kind} is given; expected at least one")
            if twice := {value for value in values if values.count(value) > 1}:
                raise ConfigError(f"{kind} {min(twice)} stands twice; give every {kind} once")

    @property
    def command(self) -> str:
        """The command line that does the same."""
        words = ["steadytune", "demo", "--seeds", _seeds_text(self.seeds)]
        words += ["--methods", ",".join(self.methods)]
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name not in ("seeds", "methods", "workers") and value != field.default:
                words += [f"--{field.name.replace('_', '-')}", str(value)]
        return shlex.join(words)


@dataclass(frozen=True)
class Plan:
    """The runs of a demo, and what the records say of their task."""

    specs: tuple[RunSpec, ...]
    task: dict[str, Any]


def read_seeds(text: str) -> tuple[int, ...]:
    """`3` is the three seeds 1, 2 and 3; `3,7,11` are these three, and `3,` is seed 3 alone.

    Raises:
        ConfigError: If it is neither a count nor a list of whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        numbers = tuple(int(part) for part in parts if part)
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 0:
        raise ConfigError(f"seeds {text!r} is neither a count such as 3 nor a list such as 3,7,11")
    if len(parts) > 1:
        return numbers
    if not 1 <= numbers[0] <= _LONGEST_COUNT:
        raise ConfigError(f"{numbers[0]} seeds are not possible; expected 1 to {_LONGEST_COUNT}")
    return tuple(range(1, numbers[0] + 1))


def read_methods(text: str | None, single: Sequence[str] = ()) -> tuple[str, ...]:
    """Methods in the form in which records name them.

    Args:
        text: `plain,lnsr:std=0.05`; None for the default, if there are no single ones either.
        single: Methods one by one, instead of `text`.

    Raises:
        ConfigError: If a method or an option is unknown or does not fit, or both ways are used.
    """
    from .method_text import format_method, parse_method, split_methods

    if text is not None and single:
        raise ConfigError("--methods and --method were both given; give all methods by one of them")
    pieces = single or split_methods(DEFAULT_METHODS if text is None else text)
    return tuple(format_method(parse_method(piece)) for piece in pieces)


def make_plan(options: Options) -> Plan:
    """Everything that can be wrong is found here, before anything is trained or written.

    Raises:
        SteadytuneError: If the model or the data cannot be had, or a setting does not fit them.
    """
    from .method_text import parse_method
    from .study.preflight import require_fit
    from .tasks import load_task

    settings = {
        "task": options.task,
        "model": options.model,
        "train_size": options.train_size,
        "eval_size": options.eval_size,
        "epochs": options.epochs,
        "learning_rate": options.learning_rate,
    }
    draft = RunSpec(method="plain", seed=0, **settings)  # type: ignore[arg-type]
    weights = model_hash(resolve_model(options.model))
    task = load_task(options.task).sample(draft.train_size, draft.subset_seed, draft.eval_size)
    require_fit(options.model, task.kind, task.label_names, options.methods)
    draft = dataclasses.replace(draft, data_hash=task.content_hash, model_hash=weights)
    specs = (
        dataclasses.replace(
            draft, method=method, method_options=repr(parse_method(method)), seed=seed
        )
        for seed in options.seeds
        for method in options.methods
    )
    return Plan(tuple(specs), describe_task(task))


def _seeds_text(seeds: tuple[int, ...]) -> str:
    if seeds == tuple(range(1, len(seeds) + 1)):
        return str(len(seeds))
    return ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")
