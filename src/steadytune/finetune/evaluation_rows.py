"""Rows to evaluate a saved model on: those of a named task, or of the user's own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._checks import check_count
from .._exceptions import ConfigError
from .._inputs import as_text, as_texts
from ..tasks import PROBLEMS, DataSource
from ..tasks._problem import values
from ..tasks._sampling import stratified_sample
from ..tasks.files import PAIR, QUESTIONS, SINGLE, Target, read_evaluation_rows
from .saved import SavedModel
from .summary import use_of


@dataclass(frozen=True, eq=False)
class EvaluationRows:
    """Rows to evaluate on.

    Args:
        columns: The text columns.
        metric: The primary metric.
        splits: Name -> rows.
        uses: Name -> what the rows are, in words.
        label_names: Names of their classes; none but for classification.
        notes: What was guessed, a line each.
    """

    columns: tuple[str, ...]
    metric: str
    splits: Mapping[str, Any]
    uses: Mapping[str, str]
    label_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def rows_of_task(
    saved: SavedModel, source: DataSource, eval_size: int | None = None
) -> EvaluationRows:
    """The test rows of a named task, and of the companions that are asked for.

    Args:
        saved: The model.
        source: The task.
        eval_size: Most rows of each domain; None takes all.

    Raises:
        SteadytuneError: If they cannot be had, or are of another kind than the model.
    """
    task = source.load().sample(eval_size=eval_size)
    if task.kind != saved.kind:
        raise ConfigError(
            f"{saved.name} is a model for {saved.kind}, and {task.name} is {task.kind}; give a "
            "task of the model's kind"
        )
    if saved.columns and len(saved.columns) != len(task.columns):
        raise ConfigError(
            f"{saved.name} was trained on {len(saved.columns)} text columns, and {task.name} has "
            f"{len(task.columns)}; give rows of the same form"
        )
    facts = {"in_domain": task.domain, "exposed": task.exposed}
    return EvaluationRows(
        columns=task.columns,
        metric=task.metric,
        splits=task.test,
        uses={name: use_of(name, facts, saved.base) for name in task.test},
        label_names=task.label_names,
        notes=source.notes(),
    )


def rows_of_files(
    saved: SavedModel,
    files: Mapping[str, str | Path],
    text: str | Sequence[str] = (),
    label: str | None = None,
    metric: str | None = None,
    eval_size: int | None = None,
) -> EvaluationRows:
    """Rows of the user's own files, whose labels have to be the model's.

    Args:
        saved: The model.
        files: Name -> file.
        text: The text columns; guessed if not given, and in a file after the first without them.
        label: The column of the truth, likewise.
        metric: The primary metric; by default the kind's first.
        eval_size: Most rows of each file, drawn with the shares of the classes kept.

    Raises:
        SteadytuneError: If they cannot be read or do not fit the model.
    """
    problem, text = PROBLEMS[saved.kind], as_texts(text)
    if eval_size is not None:
        check_count("eval_size", eval_size, 1)
    if metric is not None and metric not in problem.metrics:
        known = ", ".join(problem.metrics)
        raise ConfigError(f"metric {metric!r} is not one of {saved.kind}; expected {known}")
    target = Target(saved.kind, text_columns(saved, text), saved.label_names, numbered=True)
    splits: dict[str, Any] = {}
    notes: list[str] = []
    for name, file in files.items():
        read = read_evaluation_rows(as_text(file), target, text, label, required=not splits)
        rows = read.dataset
        if eval_size is not None and eval_size < len(rows):
            strata = problem.strata(rows)
            rows = rows.select(stratified_sample(values(rows, "idx"), strata, eval_size, 0, name))
        splits[name] = rows
        notes += read.notes
    return EvaluationRows(
        columns=target.columns,
        metric=metric or problem.metrics[0],
        splits=splits,
        uses=dict.fromkeys(splits, "own rows"),
        label_names=saved.label_names,
        notes=tuple(notes),
    )


def text_columns(saved: SavedModel, text: tuple[str, ...]) -> tuple[str, ...]:
    """The text columns that a model takes: as it was trained, or as they are named, or one."""
    if saved.kind == "qa":
        return QUESTIONS
    if saved.columns:
        return PAIR if len(saved.columns) == 2 else SINGLE
    return PAIR if len(text) == 2 else SINGLE


def files_by_name(data: str, ood: tuple[str, ...]) -> dict[str, str]:
    """The files to evaluate on by their names.

    Args:
        data: A file, whose stem is its name.
        ood: More of them, each as NAME=FILE.

    Raises:
        ConfigError: If one is not of that form, or a name stands twice.
    """
    files = {Path(data).name.partition(".")[0] or data: data}
    for text in ood:
        name, sign, file = text.partition("=")
        if not sign or not name.strip() or not file.strip():
            raise ConfigError(f"ood {text!r} names no file; beside --data expected NAME=FILE")
        if name.strip() in files:
            raise ConfigError(f"ood {name.strip()!r} stands twice; give every name once")
        files[name.strip()] = file.strip()
    return files
