"""Makes a task of the user's own rows, and adds rows of the user's to a task."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..._counted import counted
from ..._exceptions import ConfigError, DataError
from .._catalogue import TASKS, load_task
from .._problem import values
from .._problems import PROBLEMS
from .._task import DEV, TRAIN, Task
from ._table import Reading, Table, listed
from .columns import NO_COLUMNS, Columns
from .held_out import grouped_keys, held_out_rows, text_groups, text_key
from .label_mapping import Target
from .labels import REGRESSION
from .rows import QUESTIONS, further_rows, training_rows
from .secret_labels import is_learned, labelled_splits, to_choose_from
from .splits import TEST, VALIDATION, preferred_split, read_splits, stem

if TYPE_CHECKING:
    from datasets import Dataset

    from ..source import DataSource

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Loaded:
    """A task as it was read.

    Args:
        task: The task.
        notes: What was guessed in reading it, a line each.
        warnings: What looks wrong in its files, a line each.
        columns: What its columns are called in the training file, or in the named task.
    """

    task: Task
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    columns: Columns = NO_COLUMNS


def named_task(source: DataSource) -> Loaded:
    """A task of the catalogue with the companions that are asked for, and further rows.

    Raises:
        ConfigError: There is no such task or companion, or a domain has the name of another.
        DataError: Rows cannot be found or read, or do not fit the task.
    """
    assert source.task is not None
    companions = [domain.name for domain in source.domains if domain.file is None]
    task = load_task(source.task, source.data_root, companions)
    target = Target(task.kind, task.columns, task.label_names, numbered=True)
    columns = Columns(source.text, source.label)
    given = source.label is not None
    reader = _Reader(target, columns, task.train, source.reading, given)
    dev = _dev(source, reader) or task.dev
    return _with_domains(dataclasses.replace(task, dev=dev), source, reader)


def own_task(source: DataSource) -> Loaded:
    """The task of the user's training rows, with held-out rows, and further rows if there are any.

    Raises:
        ConfigError: The metric does not go with the kind, or a name cannot be.
        DataError: Rows cannot be found or read, do not fit, or are too few.
    """
    assert source.train is not None
    _refuse_task_name(source.train)
    splits = read_splits(source.train, source.reading)
    training = preferred_split(splits, (TRAIN,), source.train)
    rows = training_rows(training, source.text, source.label, source.kind, positive=source.positive)
    notes, warnings = list(rows.notes), list(rows.warnings)
    given = source.label is not None
    reader = _Reader(
        rows.target, rows.columns, rows.dataset, source.reading, given, notes, warnings
    )
    others = {name: table for name, table in splits.items() if table is not training}
    train, held_out, dev = _three_uses(source, others, reader)
    name = _task_name(source)
    domain = TEST if name.partition(".")[0] in (TRAIN, DEV) else name
    task = Task(
        name=name,
        kind=rows.target.kind,
        columns=rows.target.columns,
        label_names=rows.target.label_names,
        metric=source.metric or PROBLEMS[rows.target.kind].metrics[0],
        domain=domain,
        train=train,
        dev=dev,
        test={domain: held_out},
        source=f"own rows: {len(train)} to train on, {len(held_out)} held out",
    )
    return _with_domains(task, source, reader)


def _refuse_task_name(where: str) -> None:
    if where in TASKS and not os.path.exists(where):
        raise ConfigError(
            f"{where} is a named task: expected a file, a folder or a name on the hub; "
            f"give `task={where}`"
        )


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads rows that have to fit the training rows, and notes what it does.

    Args:
        target: What they have to fit.
        columns: The columns of the training rows.
        train: The training rows.
        reading: How files are read.
        label_given: Whether the user named the column of the label.
        notes: Grows by a line a reading.
        warnings: What looks wrong in the files.
    """

    target: Target
    columns: Columns
    train: Dataset
    reading: Reading
    label_given: bool
    notes: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)

    def read(
        self, where: str, preferred: Sequence[str], use: str, *, elsewhere: bool = False
    ) -> Dataset:
        """The rows that `where` names, of the first of the preferred splits that there is.

        Those from elsewhere may have other columns, whatever the user named in training rows.
        """
        splits = read_splits(where, self.reading)
        labelled = self.with_labels(splits) if len(splits) > 1 else {}
        choice = to_choose_from(splits, labelled, preferred)
        table = preferred_split(choice, preferred, where)
        return self.rows_of(table, use, elsewhere=elsewhere)

    def with_labels(self, splits: Mapping[str, Table]) -> dict[str, Table]:
        """All splits but those without labels, or whose labels are kept secret."""
        numbers = values(self.train, "label") if self.target.kind == REGRESSION else ()
        learned = is_learned(self.target.label_names or numbers)
        kept, notes = labelled_splits(splits, self.columns, self.target.kind, learned=learned)
        self.notes.extend(notes)
        return kept

    def rows_of(self, table: Table, use: str, *, elsewhere: bool = False) -> Dataset:
        required = (False, self.label_given and not elsewhere)
        texts, truth = self.columns.texts, self.columns.truth
        rows = further_rows(table, self.target, texts, truth, required=required)
        self.notes.extend(f"{use}: {note}" for note in rows.notes)
        self.warnings.extend(rows.warnings)
        return rows.dataset


def _three_uses(
    source: DataSource, splits: Mapping[str, Table], reader: _Reader
) -> tuple[Dataset, Dataset, Dataset | None]:
    """Rows to train on, held-out rows, and validation rows if any are set apart for it."""
    assert source.train is not None
    train, held_out, dev = reader.train, None, None
    tables = reader.with_labels(splits)
    if source.test is not None:
        held_out = reader.read(source.test, (TEST, VALIDATION), "held out")
    elif TEST in tables or VALIDATION in tables:
        split = TEST if TEST in tables else VALIDATION
        held_out = reader.rows_of(tables.pop(split), "held out")
    else:
        train, held_out = _hold_out(reader, source.train)
    if source.validation is not None:
        dev = _dev(source, reader)
    elif VALIDATION in tables:
        dev = reader.rows_of(tables.pop(VALIDATION), DEV)
    if tables:
        reader.notes.append(f"not used: {listed(list(tables))}")
    return train, held_out, dev


def _dev(source: DataSource, reader: _Reader) -> Dataset | None:
    """The validation rows that are named, if there are."""
    if source.validation is None:
        return None
    if source.dev is not None:
        reader.notes.append("dev is now called validation: rows to select and stop early by")
    return reader.read(source.validation, (VALIDATION,), DEV)


def _hold_out(reader: _Reader, where: str) -> tuple[Dataset, Dataset]:
    rows, target = reader.train, reader.target
    # Questions on one context share its words, so that a context is on one side as a whole.
    columns = target.columns[1:] if target.columns == QUESTIONS else target.columns
    problem = PROBLEMS[target.kind]
    strata = problem.strata(rows)
    keys = _keys(rows, columns)
    if len(columns) > 1 and len(rows):
        groups = text_groups([values(rows, column) for column in columns])
        together = grouped_keys(keys, groups.tolist())
        if together is None:
            reader.warnings.append(
                "more than a fifth of the pairs hang together by shared texts, so that held-out "
                "pairs have texts that are trained on too, and the score may be too high; give "
                "test rows with `test`"
            )
        keys = together or keys
    held_out = held_out_rows(
        keys, strata, classes=bool(problem.class_counts(rows, target.label_names))
    )
    if not held_out:
        raise DataError(
            f"{where} has too few rows to hold some out ({len(rows)}): expected two different "
            f"texts or more of some class; give test rows with `test`"
        )
    reader.notes.append(
        f"held out: {len(held_out)} of the {len(rows)} rows, drawn by their content; "
        f"`test` names others"
    )
    taken = set(held_out)
    kept = [row for row in range(len(rows)) if row not in taken]
    return rows.select(kept), rows.select(held_out)


def _with_domains(task: Task, source: DataSource, reader: _Reader) -> Loaded:
    test = dict(task.test)
    for domain in source.domains:
        if domain.file is None:
            continue
        if domain.name in test:
            raise ConfigError(
                f"ood {domain.name!r} is already a domain of {task.name}: expected another name; "
                f"rename it"
            )
        preferred = (TEST, VALIDATION)
        test[domain.name] = reader.read(domain.file, preferred, domain.name, elsewhere=True)
    if len(test) > len(task.test) or task.dev is not None:
        dev = _unseen_by_tests(task.dev, test.values(), reader)
        task = dataclasses.replace(task, dev=dev, test=test, content_hash="")
    columns = reader.columns
    if source.task is not None:
        columns = Columns(task.columns, task.problem.answer)
    return Loaded(task, tuple(reader.notes), tuple(reader.warnings), columns)


def _unseen_by_tests(
    dev: Dataset | None, tests: Iterable[Dataset], reader: _Reader
) -> Dataset | None:
    """The validation rows without those that are evaluated on: no choice may see these."""
    if dev is None:
        return None
    columns = reader.target.columns
    tested = {key for rows in tests for key in _keys(rows, columns)}
    kept = [row for row, key in enumerate(_keys(dev, columns)) if key not in tested]
    if not kept:
        raise DataError(
            "all validation examples are test examples too: expected others, since selection must "
            "not see test examples; give another `validation`"
        )
    if len(kept) < len(dev):
        left_out = counted(len(dev) - len(kept), "row")
        reader.notes.append(f"{DEV}: {left_out} left out, test examples too")
    return dev.select(kept)


def _keys(rows: Dataset, columns: Sequence[str]) -> list[str]:
    texts = zip(*(values(rows, column) for column in columns), strict=True)
    return [text_key(*row) for row in texts]


def _task_name(source: DataSource) -> str:
    """A name of the source's own, or else of its file, whole where it is that of a split."""
    assert source.train is not None
    if source.name in (TRAIN, DEV):
        raise ConfigError(f"name {source.name!r} is reserved: expected another; rename the task")
    name = source.name or stem(source.train)
    if name in (TRAIN, DEV):
        name = Path(source.train).name
    name = _NOT_IN_NAMES.sub("-", name).strip("-")
    return "own-rows" if name in ("", TRAIN, DEV) else name
