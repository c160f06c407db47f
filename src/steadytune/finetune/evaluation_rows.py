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
from ..tasks.files import PAIR, SINGLE, Target, read_evaluation_rows
from ..tasks.files._table import AS_USUAL, Reading, listed
from ..tasks.files.columns import Columns
from ..tasks.files.labels import class_order
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
        positive: The class of two whose F1 is scored; empty for the last one.
        notes: What was guessed, a line each.
    """

    columns: tuple[str, ...]
    metric: str
    splits: Mapping[str, Any]
    uses: Mapping[str, str]
    label_names: tuple[str, ...] = ()
    positive: str = ""
    notes: tuple[str, ...] = ()


def rows_of_task(
    saved: SavedModel,
    source: DataSource,
    eval_size: int | None = None,
    label_map: Mapping[str, str] | None = None,
    positive: str | None = None,
) -> EvaluationRows:
    """The test rows of a named task, and of the companions that are asked for.

    Args:
        saved: The model.
        source: The task.
        eval_size: Most rows of each domain; None takes all.
        label_map: What the task calls a class -> what the model calls it, where they differ.
        positive: The class whose F1 is scored, of two; by default the task's second.

    Raises:
        SteadytuneError: If they cannot be loaded, or are of another kind than the model.
    """
    task = source.load().sample(eval_size=eval_size)
    if task.kind not in (saved.kind, *saved.problem.covers):
        raise ConfigError(
            f"{saved.name} is a model for {saved.kind}, and {task.name} is {task.kind}; give a "
            "task of the model's kind"
        )
    if saved.columns and len(saved.columns) != len(task.columns):
        raise ConfigError(
            f"{saved.name} was trained on {len(saved.columns)} text columns, and {task.name} has "
            f"{len(task.columns)}; give rows of the same form"
        )
    if label_map and saved.problem.spelled:
        raise ConfigError(
            f"map is given for {task.name}, a named task of {task.kind}: expected files with it"
        )
    names = tuple((label_map or {}).get(name, name) for name in task.label_names)
    return EvaluationRows(
        columns=task.columns,
        metric=task.metric,
        splits=task.test,
        uses={name: use_of(name, task.domain, task.exposed, saved.base) for name in task.test},
        label_names=names,
        positive=_positive(positive, tuple(dict.fromkeys(names))),
        notes=source.remarks(),
    )


def rows_of_files(
    saved: SavedModel,
    files: Mapping[str, str | Path],
    text: str | Sequence[str] = (),
    label: str | None = None,
    metric: str | None = None,
    eval_size: int | None = None,
    label_map: Mapping[str, str] | None = None,
    positive: str | None = None,
    how: Reading = AS_USUAL,
) -> EvaluationRows:
    """Rows of the user's own files, whose labels have to be the model's.

    Args:
        saved: The model.
        files: Name -> file.
        text: The text columns; by default those that the model was trained on, and guessed in a
            file without them.
        label: The column of the truth, likewise.
        metric: The primary metric; by default the kind's first.
        eval_size: Most rows of each file, drawn with the shares of the classes kept.
        label_map: What files call a class -> what the model calls it, where they differ.
        positive: The class whose F1 is scored, of two; by default the one of the training, or else
            the last by name.
        how: How files are read.

    Raises:
        SteadytuneError: If they cannot be read or do not fit the model.
    """
    problem, text = PROBLEMS[saved.kind], as_texts(text)
    names = saved.label_names if problem.named else ()
    if eval_size is not None:
        check_count("eval_size", eval_size, 1)
    if metric is not None and metric not in problem.metrics:
        known = ", ".join(problem.metrics)
        raise ConfigError(f"metric {metric!r} is not one of {saved.kind}; expected {known}")
    target = Target(
        saved.kind,
        text_columns(saved, text),
        saved.label_names,
        numbered=True,
        renamed=tuple((label_map or {}).items()),
        hint="; `map=OLD=NEW` says which class another name stands for",
    )
    _require_names(names, label_map or {})
    splits: dict[str, Any] = {}
    notes: list[str] = []
    for name, file in files.items():
        given = text or saved.read_from.texts
        read = read_evaluation_rows(
            as_text(file),
            target,
            given,
            label or saved.read_from.truth,
            required=(bool(text), label is not None) if not splits else (False, False),
            how=how,
        )
        rows = read.dataset
        if eval_size is not None and eval_size < len(rows):
            strata = problem.strata(rows)
            rows = rows.select(stratified_sample(values(rows, "idx"), strata, eval_size, 0, name))
        splits[name] = rows
        notes += [*read.notes, *(f"warning: {line}" for line in read.warnings)]
        notes += columns_warning(saved, read.columns, text)
    return EvaluationRows(
        columns=target.columns,
        metric=metric or problem.metrics[0],
        splits=splits,
        uses=dict.fromkeys(splits, "your own examples"),
        label_names=names,
        positive=_positive(positive, names) or saved.positive or _last(saved),
        notes=tuple(notes),
    )


def text_columns(saved: SavedModel, text: tuple[str, ...]) -> tuple[str, ...]:
    """The text columns that a model takes: as it was trained, or as they are named, or one."""
    if saved.problem.columns:
        return saved.problem.columns
    if saved.columns:
        return PAIR if len(saved.columns) == 2 else SINGLE
    return PAIR if len(text) == 2 else SINGLE


def columns_warning(saved: SavedModel, read: Columns, text: Sequence[str]) -> list[str]:
    """A line where other texts are read than those that the model was trained on, by a guess."""
    trained = saved.read_from.texts
    if text or not trained or tuple(read.texts) == tuple(trained):
        return []
    return [
        f"warning: trained on {listed(trained, between=' and ')}, which is not all there; "
        f"{listed(read.texts, between=' and ')} is a guess: `text` names the column"
    ]


def label_map_of(pairs: Sequence[str]) -> dict[str, str]:
    """What `--map OLD=NEW` says, of each pair.

    Raises:
        ConfigError: One is not of that form, or a name appears twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        old, sign, new = (part.strip() for part in pair.partition("="))
        if not sign or not old or not new:
            raise ConfigError(f"map {pair!r} is not a pair of names; expected OLD=NEW")
        if old in found:
            raise ConfigError(f"map {old!r} appears twice; give every name once")
        found[old] = new
    return found


def _require_names(names: Sequence[str], label_map: Mapping[str, str]) -> None:
    for new in label_map.values():
        if new not in names:
            raise ConfigError(
                f"map names the class {new!r}, which the model does not have; expected OLD=NEW "
                f"with one of {listed(names) or 'its classes'}"
            )


def _positive(given: str | None, names: Sequence[str]) -> str:
    """The class that is scored by F1, if one was asked for."""
    if given is None:
        return ""
    if len(names) != 2 or given not in names:
        raise ConfigError(
            f"positive={given!r} is not one of two classes ({listed(names) or 'there are none'}); "
            f"expected one of them, and with more classes `metric=f1_macro` or `metric=f1_weighted`"
        )
    return given


def _last(saved: SavedModel) -> str:
    """The class of two that training would take for the positive one, whatever the outputs say."""
    return class_order(saved.label_names)[-1] if len(saved.label_names) == 2 else ""


def files_by_name(data: str, ood: tuple[str, ...]) -> dict[str, str]:
    """The files to evaluate on by their names.

    Args:
        data: A file, whose stem is its name.
        ood: More of them, each as NAME=FILE.

    Raises:
        ConfigError: If one is not of that form, or a name appears twice.
    """
    files = {Path(data).name.partition(".")[0] or data: data}
    for text in ood:
        name, sign, file = text.partition("=")
        if not sign or not name.strip() or not file.strip():
            raise ConfigError(f"ood {text!r} names no file; with `data`, expected NAME=FILE")
        if name.strip() in files:
            raise ConfigError(f"ood {name.strip()!r} appears twice; give every name once")
        files[name.strip()] = file.strip()
    return files
