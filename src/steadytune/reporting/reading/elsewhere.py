"""Runs that another tool made, as records: a table of scores, or folders of a Trainer."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._checks import near
from ..._exceptions import ConfigError, DataError
from ..._untrusted import LARGEST_LOG, json_object, read_regular
from ...records.schema import Record, clean_text
from .run import Run, Shelf

LARGEST_SEED = 2**63 - 1
STATE_FILE = "trainer_state.json"

NEEDED = ("method", "seed", "score")
OPTIONAL = ("task", "subset", "metric", "majority", "state")

ENDED_WELL = frozenset({"complete", "completed", "finished", "succeeded", "success", "done", "ok"})
DID_NOT = frozenset(
    {"crashed", "error", "fail", "failed", "killed", "pending", "preempting", "pruned", "running"}
    | {"scheduled", "stopped", "waiting"}
)
"""States of a run as Optuna, Weights & Biases and MLflow write them, in small letters."""

# `lnsr/seed-3`, `lnsr_seed3`, `lnsr-3`: the method, then the seed. The last number of `lr2e-5` or
# `dropout-0.1` is part of another one.
_METHOD_AND_SEED = re.compile(
    r"(?P<method>.+?)([-_./ ]*(?P<word>seed)[-_= ]?|(?<!\de)[-_/ ])(?P<seed>\d+)", re.IGNORECASE
)
_CHECKPOINT = re.compile(r"checkpoint-(?P<step>\d+)")


@dataclass(frozen=True)
class Elsewhere:
    """Where runs of another tool lie, and how to read them.

    Args:
        path: A CSV or TSV file with one row per run, or a folder in which every run has a folder of
            its own, named for method and seed (`lnsr/seed-3`, `lnsr-3`), with the Trainer's
            `trainer_state.json` in it or in its checkpoints.
        metric: What the scores are, such as `accuracy`; a column `metric` goes before. In folders
            it says which number of the last evaluation is read.
        columns: The file's names for `method`, `seed`, `score`, `task`, `subset`, `metric` and
            `majority` (what the majority-class baseline scores), where they differ, and for
            `state` (how the run ended). A run that did not end well has failed, whatever its score.
    """

    path: str | Path
    metric: str = "score"
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Path:
        """`path` as a path."""
        return Path(self.path)

    @property
    def name(self) -> str:
        """`path` as messages show it."""
        return clean_text(str(self.path))


def named_columns(text: str) -> dict[str, str]:
    """`method=A,score=B` as a mapping.

    Raises:
        ConfigError: If a part names no column.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if bad := [what for what, _, column in pairs if not (what.strip() and column.strip())]:
        raise ConfigError(f"`columns`: {bad[0]!r} names no column; expected NAME=COLUMN")
    return {what.strip(): column.strip() for what, _, column in pairs}


@dataclass(frozen=True)
class _Row:
    """One run as its file tells it.

    `where` says which line or folder that is, `guessed` whether the seed is any last number there.
    """

    where: str
    method: str
    seed: int
    score: float | None
    failure: str | None
    task: str
    subset: int
    metric: str
    majority: float | None
    guessed: bool

    @property
    def key(self) -> tuple[str, int, str, str, int]:
        return self.task, self.subset, self.metric, self.method, self.seed


def parse_elsewhere(sources: Iterable[Elsewhere]) -> tuple[list[Run], list[str]]:
    """One record a run, and a line for each source whose folders leave the seed to be guessed.

    A run without a score, or in a state that is not that of a finished one, counts as failed.

    Raises:
        DataError: If a file or folder cannot be read, lacks a column, or has a value that does
            not fit, or if a run is there twice.
        ConfigError: If `columns` names something else than what a run has.
    """
    seen: dict[tuple[Any, ...], str] = {}
    records: list[Run] = []
    shelf = Shelf()
    notes: list[str] = []
    for source in sources:
        folders = source.place.is_dir()
        runs = list(_from_folders(source) if folders else _from_table(source))
        if not runs:
            raise DataError(f"{source.name} has no runs; expected one row per run")
        for run in runs:
            if first := seen.get(run.key):
                raise DataError(
                    f"{first} and {source.name}: {run.where} both have task {run.task!r}, method "
                    f"{run.method!r} and seed {run.seed}; expected one row per run (tell runs "
                    "apart by task or subset)"
                )
            seen[run.key] = f"{source.name}: {run.where}"
            records.append(shelf.run(_record(run, source.place)))
        if guessed := next((run for run in runs if run.guessed), None):
            notes.append(
                f"{source.name}: the number at the end of a folder's name was read as the seed, as "
                f"in {guessed.where}: method {guessed.method}, seed {guessed.seed}"
            )
    return records, notes


def _from_table(source: Elsewhere) -> Iterator[_Row]:
    name = source.name
    rows = _table(source.place)
    columns = _columns(source, next(rows, []))
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) <= max(columns.values()):
            raise DataError(
                f"{name}: line {number} has {len(cells)} values; expected as many as the heading"
            )
        values = {what: cells[place].strip() for what, place in columns.items()}
        yield _checked(values, source, f"line {number}")


def _table(path: Path) -> Iterator[list[str]]:
    name = clean_text(str(path))
    try:
        if not path.is_file():
            raise DataError(f"{name} is not a file; expected a CSV file with one row per run")
        text = read_regular(path, LARGEST_LOG).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text: byte {error.start} does not fit") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{name} cannot be read: {reason}") from error
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise DataError(f"{name} is not a CSV file: {error}") from error


def _columns(source: Elsewhere, heading: list[str]) -> dict[str, int]:
    """What a run has -> the place of its column."""
    for what in source.columns:
        if what not in (*NEEDED, *OPTIONAL):
            raise ConfigError(
                f"columns: a run has no {what!r}; expected some of {', '.join(NEEDED + OPTIONAL)}"
            )
    names = [clean_text(cell.strip()) for cell in heading]
    places: dict[str, int] = {}
    for what in (*NEEDED, *OPTIONAL):
        column = source.columns.get(what, what)
        if names.count(column) > 1:
            raise DataError(f"{source.name} has two columns {column!r}")
        if what == "state" and column not in names:
            column = column.capitalize()  # as Weights & Biases writes it
        if column in names:
            places[what] = names.index(column)
        elif what in NEEDED or what in source.columns:
            raise DataError(
                f"{source.name} has no column {column!r}; "
                f"{near(column, names, end=' ')}it has {', '.join(names[:12]) or 'none'}. Name "
                f"yours with `columns`, for example {what}=NAME"
            )
    return places


def _from_folders(source: Elsewhere) -> Iterator[_Row]:
    root = source.name
    states = _states(source.place)
    if not states:
        raise DataError(f"{root} has no {STATE_FILE}; expected a folder for every run")
    for folder, path in states.items():
        told = folder.relative_to(source.place).as_posix()
        found = _METHOD_AND_SEED.fullmatch(told)
        if not found:
            raise DataError(
                f"{root}: the folder {clean_text(told)!r} does not say method and seed; expected a "
                "name such as lnsr/seed-3, or a CSV file with the columns method, seed and score"
            )
        values = {**found.groupdict(), "score": _last_evaluation(path, source.metric)}
        yield _checked(values, source, f"folder {clean_text(told)}", guessed=not found["word"])


def _states(place: Path) -> dict[Path, Path]:
    """Folder of a run -> its state: the one at its end, or else that of its last checkpoint."""
    latest: dict[Path, tuple[float, Path]] = {}
    for path in sorted(place.rglob(STATE_FILE)):
        folder, step = path.parent, math.inf
        if folder != place and (found := _CHECKPOINT.fullmatch(folder.name)):
            folder, step = folder.parent, int(found["step"])
        latest[folder] = max(latest.get(folder, (step, path)), (step, path))
    return {folder: path for folder, (_, path) in latest.items()}


def _last_evaluation(path: Path, metric: str) -> str:
    """The metric where it was logged last, as text; empty if the run never got there."""
    name = clean_text(str(path))
    key = f"eval_{metric.removeprefix('eval_')}"
    try:
        logged = json_object(path, LARGEST_LOG).get("log_history")
    except (OSError, ValueError) as error:
        raise DataError(f"{name} cannot be read: {clean_text(str(error))}") from error
    if not isinstance(logged, list) or not all(isinstance(entry, dict) for entry in logged):
        raise DataError(f"{name} is not a Trainer's file: expected a list log_history of objects")
    evaluations = [entry for entry in logged if "eval_loss" in entry or key in entry]
    if not evaluations:
        return ""
    if key not in evaluations[-1]:
        names = [k.removeprefix("eval_") for k in evaluations[-1] if k.startswith("eval_")]
        raise DataError(
            f"{name}: its last evaluation has no {key!r}; expected a metric "
            f"that it has: {', '.join(map(clean_text, names)) or 'none'}"
        )
    return str(evaluations[-1][key])


def _checked(
    values: Mapping[str, str], source: Elsewhere, where: str, guessed: bool = False
) -> _Row:
    name = f"{source.name}: {where}"
    metric = values.get("metric") or source.metric
    score = _score(values["score"], name)
    failure = _failure(values.get("state", ""), name) or (
        "its file has no score" if score is None else None
    )
    run = _Row(
        where=where,
        method=clean_text(values["method"]),
        seed=_whole(values["seed"], "seed", name),
        score=None if failure else score,
        failure=failure,
        task=clean_text(values.get("task") or _own_name(source.place)),
        subset=_whole(values.get("subset") or "0", "subset", name),
        metric=clean_text(metric.removeprefix("eval_")),
        majority=_score(values.get("majority", ""), name),
        guessed=guessed,
    )
    if not run.method:
        raise DataError(f"{name} has no method")
    return run


def _failure(state: str, name: str) -> str | None:
    """Why a run in this state counts as failed; None if it ended well, or nothing is said."""
    word = state.rpartition(".")[2].casefold()  # TrialState.COMPLETE
    if word in ENDED_WELL or not word:
        return None
    if word in DID_NOT:
        return f"its file says {clean_text(state)}"
    raise DataError(
        f"{name}: state is {clean_text(state)!r}; expected how the run ended, such as "
        f"{', '.join(sorted(ENDED_WELL | DID_NOT))}. Rename the column if it says something else"
    )


def _own_name(place: Path) -> str:
    place = place.resolve()
    return place.name if place.is_dir() else place.stem


def _whole(text: str, what: str, name: str) -> int:
    try:
        # Tables that went through pandas have 3.0 for 3.
        value = float(text) if not text.isdecimal() else int(text)
        if value != int(value) or not 0 <= value <= LARGEST_SEED:
            raise ValueError
    except (ValueError, OverflowError):
        raise DataError(
            f"{name}: {what} is {clean_text(text)!r}; expected a whole number"
        ) from None
    return int(value)


def _score(text: str, name: str) -> float | None:
    """None for a run that has none: an empty cell, NaN, infinity."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise DataError(f"{name}: score is {clean_text(text)!r}; expected a number") from None
    return value if math.isfinite(value) else None


def _record(run: _Row, path: Path) -> Record:
    task = {
        "name": run.task,
        "metric": run.metric,
        "in_domain": run.task,
        "constant": {} if run.majority is None else {run.task: run.majority},
        "source": f"made elsewhere: {clean_text(path.name)}",
    }
    return Record.model_validate(
        {
            "version": 1,
            "spec": {
                "task": run.task,
                "method": run.method,
                "seed": run.seed,
                "subset_seed": run.subset,
                "metric": run.metric,
            },
            "status": "failed" if run.score is None else "ok",
            "reason": run.failure,
            "task": task,
            "results": {} if run.score is None else {run.task: {run.metric: run.score}},
        }
    )
