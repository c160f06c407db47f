"""Runs that another tool made, as records: a table of scores, or folders of a Trainer."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._checks import near
from ..._exceptions import ConfigError, DataError
from ...records.schema import Record, clean_text

LARGEST_FILE = 64 * 2**20
LARGEST_STATE = 16 * 2**20
LARGEST_SEED = 2**63 - 1
STATE_FILE = "trainer_state.json"

NEEDED = ("method", "seed", "score")
OPTIONAL = ("task", "subset", "metric", "majority")

# `lnsr/seed-3`, `lnsr_seed3`, `lnsr-3`: the method, then the seed.
_METHOD_AND_SEED = re.compile(r"(?P<method>.+?)[-_./ ]*(?:seed)?[-_=]?(?P<seed>\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Elsewhere:
    """Where runs of another tool lie, and how to read them.

    Args:
        path: A CSV or TSV file with one row a run, or a folder in which every run has a folder of
            its own, named for method and seed (`lnsr/seed-3`, `lnsr-3`), with the Trainer's
            `trainer_state.json` in it.
        metric: What the scores are, such as `accuracy`; a column `metric` goes before. In folders
            it says which number of the last evaluation is read.
        columns: The file's names for `method`, `seed`, `score`, `task`, `subset`, `metric` and
            `majority` (what the majority-class baseline scores), where they differ.
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


@dataclass(frozen=True)
class _Run:
    """One run as its file tells it; `where` says which line or folder that is."""

    where: str
    method: str
    seed: int
    score: float | None
    task: str
    subset: int
    metric: str
    majority: float | None

    @property
    def key(self) -> tuple[str, int, str, str, int]:
        return self.task, self.subset, self.metric, self.method, self.seed


def parse_elsewhere(source: Elsewhere) -> list[Record]:
    """One record a run. A run without a score counts as failed.

    Raises:
        DataError: If the file or folder cannot be read, lacks a column, or has a value that does
            not fit, or two rows for one run.
        ConfigError: If `columns` names something else than what a run has.
    """
    name = source.name
    runs = list(_from_folders(source) if source.place.is_dir() else _from_table(source))
    if not runs:
        raise DataError(f"{name} holds no run; expected one row a run")
    seen: dict[tuple[Any, ...], str] = {}
    for run in runs:
        if first := seen.get(run.key):
            raise DataError(
                f"{name}: {first} and {run.where} both have method {run.method!r} and seed "
                f"{run.seed}; expected one row a run (tell runs apart by task or subset)"
            )
        seen[run.key] = run.where
    return [_record(run, source.place) for run in runs]


def _from_table(source: Elsewhere) -> Iterator[_Run]:
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
            raise DataError(f"{name} is not a file; expected a CSV file with one row a run")
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{name} is larger than {LARGEST_FILE // 2**20} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text: byte {error.start} does not fit") from error
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
        if column in names:
            places[what] = names.index(column)
        elif what in NEEDED or what in source.columns:
            raise DataError(
                f"{source.name} has no column {column!r}; "
                f"{near(column, names, end=' ')}it has {', '.join(names[:12]) or 'none'}. Name "
                f"yours with `columns`, for example {what}=NAME"
            )
    return places


def _from_folders(source: Elsewhere) -> Iterator[_Run]:
    states = sorted(source.place.rglob(STATE_FILE))
    # A checkpoint's state is an earlier one of the same run.
    runs = [p for p in states if not p.parent.name.startswith("checkpoint-")] or states
    root = source.name
    if not runs:
        raise DataError(f"{root} holds no {STATE_FILE}; expected a folder for every run")
    for path in runs:
        folder = path.parent
        if folder.name.startswith("checkpoint-"):
            folder = folder.parent
        told = folder.relative_to(source.place).as_posix()
        found = _METHOD_AND_SEED.fullmatch(told)
        if not found:
            raise DataError(
                f"{root}: the folder {told!r} does not say method and seed; expected a name such "
                "as lnsr/seed-3, or a CSV file with the columns method, seed and score"
            )
        values = {**found.groupdict(), "score": _last_evaluation(path, source.metric)}
        yield _checked(values, source, f"folder {clean_text(told)}")


def _last_evaluation(path: Path, metric: str) -> str:
    """The metric where it was logged last, as text; empty if the run never got there."""
    name = clean_text(str(path))
    key = f"eval_{metric.removeprefix('eval_')}"
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_STATE:
            raise ValueError("not a file of a Trainer")
        logged = json.loads(path.read_bytes())["log_history"]
        evaluations = [entry for entry in logged if "eval_loss" in entry or key in entry]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{name} cannot be read: {clean_text(str(error))}") from error
    if not evaluations:
        return ""
    if key not in evaluations[-1]:
        names = [k.removeprefix("eval_") for k in evaluations[-1] if k.startswith("eval_")]
        raise DataError(
            f"{name}: its last evaluation has no {key!r}; expected a metric "
            f"that it has: {', '.join(map(clean_text, names)) or 'none'}"
        )
    return str(evaluations[-1][key])


def _checked(values: Mapping[str, str], source: Elsewhere, where: str) -> _Run:
    name = f"{source.name}: {where}"
    metric = values.get("metric") or source.metric
    run = _Run(
        where=where,
        method=clean_text(values["method"]),
        seed=_whole(values["seed"], "seed", name),
        score=_score(values["score"], name),
        task=clean_text(values.get("task") or source.place.resolve().stem),
        subset=_whole(values.get("subset") or "0", "subset", name),
        metric=clean_text(metric.removeprefix("eval_")),
        majority=_score(values.get("majority", ""), name),
    )
    if not run.method:
        raise DataError(f"{name} has no method")
    return run


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


def _record(run: _Run, path: Path) -> Record:
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
            },
            "status": "failed" if run.score is None else "ok",
            "reason": "its file has no score" if run.score is None else None,
            "task": task,
            "results": {} if run.score is None else {run.task: {run.metric: run.score}},
        }
    )
