"""Where a task's rows come from: a name, or the user's own files."""

from __future__ import annotations

import dataclasses
import glob
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .._checks import near
from .._exceptions import ConfigError
from .._inputs import as_text, as_texts
from ._catalogue import TASKS, FileTask, find_entry
from ._problems import PROBLEMS
from ._task import DEV, TRAIN, Task
from .files._table import Reading
from .files.assembly import Loaded, named_task, own_task
from .files.columns import Columns
from .files.splits import asks_hub, require_there
from .look import Look, found_in, leaks, look_at
from .named.reading import DATA_VARIABLE

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ALL = "all"
"""Stands for every companion of a named task."""

_DOMAIN = re.compile(r"[\w.-]+")
_ONLY_OF_OWN_ROWS = ("test", "kind", "name", "positive")


@dataclass(frozen=True)
class Domain:
    """One more domain to evaluate on.

    Args:
        name: What it is called, or `all`.
        file: Where its rows are; None for companions of the named task.
    """

    name: str
    file: str | None = None


@dataclass(frozen=True)
class DataSource:
    """Where rows come from, as plain values that can be sent to another process.

    Exactly one of `task` and `train` is given. What stands for rows below is a file, a folder that
    `save_to_disk` of `datasets` has written, a folder of files named after their splits, or a name
    on the Hugging Face hub, `owner/name` or `owner/name:config`. Paths are kept as text, lists as
    tuples, and a text alone counts as one.

    Args:
        task: Name of a task of the catalogue.
        train: Training rows.
        test: Test rows, scored once at the end. By default those of the folder or data set that
            `train` names, else a fifth of the training rows, drawn by their content.
        validation: Validation rows, to select and stop early by; together with `test`. By default
            they are drawn from training rows that are not used.
        dev: The name that `validation` had before.
        ood: Further domains to evaluate on: `all` companions of the named task, the name of one of
            them, or NAME=ROWS.
        text: The text columns, one or two; guessed if not given.
        label: The column of the truth; guessed if not given. Of several labels per text also the
            columns of zeros and ones, as a list or with commas between.
        kind: `classification`, `multilabel`, `tagging`, `ordinal`, `regression`, `qa`,
            `qa_no_answer` or `seq2seq`; guessed if not given, but for `ordinal` and `seq2seq`.
        metric: The primary metric; by default the kind's first, or the named task's own.
        data_root: Folder of a local copy of the named tasks' rows.
        name: What the task is called; by default what the training file is called.
        positive: The class of two that F1 is of; by default the last, by name or by number.
        encoding: Encoding of files of text; by default UTF-8.
        delimiter: What parts the fields of CSV and TSV files; by default found out.
        skip_bad: Whether bad rows are left out and counted; else they are refused.

    Raises:
        ConfigError: Both or neither of `task` and `train` are given, a setting cannot be, or
            `validation` is given without `test`, whose meaning it had before.
    """

    task: str | None = None
    train: str | None = None
    test: str | None = None
    validation: str | None = None
    dev: str | None = None
    ood: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    label: str | None = None
    kind: str | None = None
    metric: str | None = None
    data_root: str | None = None
    name: str | None = None
    positive: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        for field in ("train", "test", "validation", "dev", "data_root"):
            object.__setattr__(self, field, as_text(getattr(self, field)))
        for field in ("ood", "text"):
            object.__setattr__(self, field, as_texts(getattr(self, field)))
        if self.label is not None:
            object.__setattr__(self, "label", ",".join(as_texts(self.label)))
        _check_task_or_train(self)
        _check_validation(self)
        object.__setattr__(self, "validation", self.validation or self.dev)
        _check_own_settings(self)
        _check_kind(self.kind)
        _ = self.reading  # refuses what it cannot be
        _check_domains(self)

    @property
    def domains(self) -> tuple[Domain, ...]:
        """What `ood` names, in its order."""
        return tuple(_domain(text) for text in self.ood)

    def require_there(self) -> None:
        """Refuse an unknown task, and a file that is not there; nothing is read.

        Raises:
            ConfigError: There is no such task.
            DataError: There is no such file.
        """
        if self.task is not None:
            find_entry(self.task)
        for file in self._files:
            require_there(file)

    @property
    def reading(self) -> Reading:
        """How files are read."""
        return Reading(self.encoding, self.delimiter, self.skip_bad)

    @property
    def asks_hub(self) -> bool:
        """Whether some of the rows come from the Hugging Face hub, as far as names tell."""
        named = self.task in TASKS and isinstance(TASKS[self.task], FileTask)
        if named and not (self.data_root or os.environ.get(DATA_VARIABLE)):
            return True
        return any(asks_hub(file) for file in self._files)

    def load(self) -> Task:
        """Read the task; the same value is read once a process, unless its files have changed.

        Raises:
            ConfigError: A name, column or setting cannot be.
            DataError: Rows cannot be found or read.
        """
        return _load(self, _state(self)).task

    def notes(self) -> tuple[str, ...]:
        """What was guessed, a line each, to be shown before a run.

        Raises:
            ConfigError: As `load`.
            DataError: As `load`.
        """
        return _load(self, _state(self)).notes

    def columns(self) -> Columns:
        """What the texts and the label are called in the training file, or in the named task.

        Raises:
            ConfigError: As `load`.
            DataError: As `load`.
        """
        return _load(self, _state(self)).columns

    def look(
        self, tokenizer: PreTrainedTokenizerBase | None = None, max_length: int | None = None
    ) -> Look:
        """Look at the examples before anything is trained: counts, lengths, what looks wrong.

        Args:
            tokenizer: The model's tokenizer, for lengths in tokens.
            max_length: Most tokens an example; None takes what is usual for the kind of task.

        Raises:
            ConfigError: As `load`.
            DataError: As `load`.
        """
        loaded = _load(self, _state(self))
        found = {"notes": loaded.notes, "warnings": loaded.warnings}
        return look_at(loaded.task, tokenizer, max_length, **found)

    def remarks(self) -> tuple[str, ...]:
        """What was guessed and what looks wrong, a line each, to be shown before a run.

        Of a named task only the user's own further rows are looked at.

        Raises:
            ConfigError: As `load`.
            DataError: As `load`.
        """
        loaded = _load(self, _state(self))
        if self.task is None:
            found = found_in(loaded.task)
        else:
            own = [domain.name for domain in self.domains if domain.file is not None]
            found = tuple(leaks(loaded.task, own + [DEV] * (self.validation is not None)))
        return (*loaded.notes, *(f"warning: {line}" for line in (*loaded.warnings, *found)))

    @property
    def _files(self) -> list[str]:
        """What of it names a file, a folder or a data set."""
        domains = (domain.file for domain in self.domains)
        named = [self.train, self.test, self.validation, *domains]
        return [file for file in named if file is not None]


def _state(source: DataSource) -> tuple[object, ...]:
    """What the rows depend on beside the value: the folder it is read from, and its files."""
    paths = [path for where in source._files for path in _paths_read(where)]
    stamps = [(path, os.stat(path)) for path in paths]
    files = tuple((path, stamp.st_mtime_ns, stamp.st_size) for path, stamp in stamps)
    return os.getcwd(), os.environ.get(DATA_VARIABLE), files


def _paths_read(where: str) -> list[str]:
    """What is there of a file or a folder: itself, and in a folder its files and its splits'."""
    path = os.path.expanduser(where)
    paths = [path]
    # os.path's `isdir` and `exists`, unlike Path's, say no to names that no file can have.
    if os.path.isdir(path):
        folder = glob.escape(path)
        paths += sorted(glob.glob(f"{folder}/*") + glob.glob(f"{folder}/*/*"))
    return [found for found in paths if os.path.exists(found)]


@lru_cache(maxsize=16)
def _load(source: DataSource, state: tuple[object, ...]) -> Loaded:
    loaded = own_task(source) if source.task is None else named_task(source)
    if source.metric is None:
        return loaded
    task = dataclasses.replace(loaded.task, metric=source.metric)
    return dataclasses.replace(loaded, task=task)


def _domain(text: str) -> Domain:
    name, given, file = text.partition("=")
    return Domain(name.strip(), file.strip() if given else None)


def _check_task_or_train(source: DataSource) -> None:
    if (source.task is None) == (source.train is None):
        given = "neither a task nor" if source.task is None else "both a task and"
        raise ConfigError(f"{given} training rows given; give either `task=NAME` or `train=FILE`")


def _check_validation(source: DataSource) -> None:
    """A swap of meanings must not pass in silence: before, `validation` meant the test rows."""
    if source.dev is not None and source.validation not in (None, source.dev):
        raise ConfigError(
            "validation and dev were both given: dev is the old name of validation; give one"
        )
    if source.validation is None or source.dev is not None or source.task is not None:
        return
    if source.test is None:
        raise ConfigError(
            f"validation={source.validation} was given without test: validation examples select a "
            f"model, test examples are scored once at the end (before 0.2, validation named "
            f"these); give `test=FILE`, alone or with `validation=FILE`"
        )


def _check_own_settings(source: DataSource) -> None:
    """A named task says itself what its rows are; columns can be named for further files."""
    if source.task is None:
        return
    given = [name for name in _ONLY_OF_OWN_ROWS if getattr(source, name) is not None]
    reads_files = source.validation is not None or any(domain.file for domain in source.domains)
    if not reads_files:
        given += [name for name in ("text", "label") if getattr(source, name)]
    if given:
        raise ConfigError(
            f"task {source.task!r} has its own rows, and {given[0]} is for `train=FILE` only; "
            f"leave `{given[0]}` out"
        )


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in PROBLEMS:
        guess = near(kind, PROBLEMS, 1, end=" ")
        raise ConfigError(f"unknown kind {kind!r}: {guess}expected {', '.join(PROBLEMS)}")


def _check_domains(source: DataSource) -> None:
    names = [domain.name for domain in source.domains]
    for domain in source.domains:
        if domain.file is None and source.task is None:
            raise ConfigError(
                f"ood {domain.name!r} names no file: expected NAME=FILE, since only a named task "
                f"has companions; give a name, such as tweets=tweets.csv"
            )
        if domain.file == "" or not _DOMAIN.fullmatch(domain.name):
            raise ConfigError(
                f"ood {domain.name + ('=' if domain.file == '' else '')!r} is not a domain: "
                f"expected NAME=FILE with a name of letters, digits, '.', '_' and '-', "
                f"or a companion"
            )
        if domain.name in (TRAIN, DEV) or names.count(domain.name) > 1:
            taken = "reserved" if domain.name in (TRAIN, DEV) else "given twice"
            raise ConfigError(f"ood {domain.name!r} is {taken}: expected another name; rename it")
