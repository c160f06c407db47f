"""Makes a task of its card: picks the companions, reads the rows and gives them their types."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._checks import near
from ..._exceptions import ConfigError, DataError
from .._problems import PROBLEMS
from .._task import Task
from . import hub, mirror
from .card import Companion, Rows, TaskCard

if TYPE_CHECKING:
    from datasets import Dataset

ALL = "all"
"""Stands for every companion."""

DATA_VARIABLE = "STEADYTUNE_DATA"
"""Environment variable with the data root that is used where none is given."""

_logger = logging.getLogger(__name__)


def read_task(card: TaskCard, data_root: Path | None, companions: Sequence[str]) -> Task:
    """Read a task from a local copy, or else from the Hugging Face hub.

    Args:
        card: The task.
        data_root: Folder of the local copy; None takes `STEADYTUNE_DATA`, and the hub where that
            is not set.
        companions: Names of companions, or `all`. Where the hub is asked, `all` leaves out what it
            does not have, with a warning.

    Raises:
        ConfigError: There is no such companion; the text names near matches.
        DataError: Rows cannot be found or read.
    """
    root = data_root or _root_from_environment()
    chosen = _present(card, select_companions(card, companions), root, ALL in companions)
    test = {card.own_domain: card.test, **{entry.name: entry.rows for entry in chosen}}
    kept = {card.own_domain, *(entry.name for entry in chosen)}
    return Task(
        name=card.name,
        kind=card.kind,
        columns=card.columns,
        label_names=card.label_names,
        metric=card.metric,
        domain=card.own_domain,
        train=_read(card, card.train, root, "train"),
        test={domain: _read(card, rows, root, domain) for domain, rows in test.items()},
        source=describe_source(card, chosen, root is not None),
        exposed=tuple(domain for domain in card.exposed_domains if domain in kept),
    )


def select_companions(card: TaskCard, names: Sequence[str]) -> tuple[Companion, ...]:
    """The companions of these names, in the order of the card.

    Raises:
        ConfigError: There is no such companion; the text names near matches.
    """
    known = [companion.name for companion in card.companions]
    if unknown := [name for name in names if name not in (*known, ALL)]:
        guess = near(unknown[0], known, end=" ")
        raise ConfigError(
            f"{card.name} has no companion {unknown[0]!r}: {guess}"
            f"expected {ALL} or some of {', '.join(known)}"
        )
    return tuple(entry for entry in card.companions if ALL in names or entry.name in names)


def describe_source(card: TaskCard, companions: Sequence[Companion], local: bool) -> str:
    """Where the rows come from, with their licences, in one line."""
    parts = [_origin(card.train, local)]
    if card.test.note != card.train.note and local:
        parts.append(f"evaluated on {card.test.note}")
    parts += [f"{entry.name}: {_origin(entry.rows, local)}" for entry in companions]
    return "; ".join([*parts, "read from a local copy" if local else "read from the hub"])


def _origin(rows: Rows, local: bool) -> str:
    note = f", {rows.note}" if local and rows.note else ""
    return f"{rows.origin.source}{note} [{rows.origin.licence}]"


def _root_from_environment() -> Path | None:
    folder = os.environ.get(DATA_VARIABLE)
    return Path(folder) if folder else None


def _present(
    card: TaskCard, chosen: tuple[Companion, ...], root: Path | None, all_asked: bool
) -> tuple[Companion, ...]:
    """The companions that can be had; one that was asked for by name is never left out."""
    absent = [entry.name for entry in chosen if root is None and entry.rows.hub is None]
    if not absent:
        return chosen
    names = ", ".join(absent)
    if not all_asked:
        raise DataError(
            f"the Hugging Face hub does not have {names} of {card.name}: name the folder of a "
            f"local copy by `data_root` or {DATA_VARIABLE}"
        )
    _logger.warning("left out of %s, since the Hugging Face hub has none: %s", card.name, names)
    return tuple(entry for entry in chosen if entry.name not in absent)


def _read(card: TaskCard, rows: Rows, root: Path | None, split: str) -> Dataset:
    where = f"{split} of {card.name}"
    if root is not None and rows.file is not None:
        found, selection = mirror.read_rows(root, rows.file), rows.selection
    elif rows.hub is not None:
        found = hub.read_rows(rows.hub, card.columns, card.label_names)
        selection = rows.hub.selection
    else:
        raise DataError(f"{where} is neither a file of a local copy nor on the hub")
    chosen = [
        (position, row)
        for position, row in enumerate(found)
        if selection is None or selection.holds(position, row)
    ]
    return _dataset(card, chosen, where)


def _dataset(card: TaskCard, kept: Sequence[tuple[int, mirror.Row]], where: str) -> Dataset:
    """Rows beside their positions, which become their `idx`."""
    from datasets import Dataset, Features, Value

    problem = PROBLEMS[card.kind]
    types = {**dict.fromkeys(card.columns, Value("string")), **problem.types(card.label_names)}
    columns: dict[str, list[Any]] = {name: [] for name in types}
    for position, row in kept:
        try:
            fields: dict[str, Any] = dict(problem.texts_of(row, card.columns))
            fields |= problem.truth_of(row, card.label_names)
        except ValueError as error:
            place = f"row {position + 1} of {where}"
            raise DataError(f"{place} has {error}; copy the data again") from None
        for name, column in columns.items():
            column.append(fields[name])
    columns["idx"] = [position for position, _ in kept]
    try:
        return Dataset.from_dict(columns, features=Features({**types, "idx": Value("int64")}))
    except (ValueError, TypeError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"{where} has a value of another type ({reason}): copy the data again"
        ) from None
