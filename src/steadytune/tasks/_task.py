"""A task: what is trained on, what is evaluated on, and how a score is read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._exceptions import ConfigError, DataError
from ._sampling import stratified_sample
from .metrics import CLASSIFICATION_METRICS, best_constant_score

if TYPE_CHECKING:
    from datasets import Dataset

TRAIN = "train"
"""Name under which the training rows are scored, beside the domains."""

# The evaluation rows stay the same whatever subset is trained on, so that studies over subsets
# compare on equal rows.
_EVALUATION_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """Rows to train on, rows to evaluate on by domain, and what they mean.

    Every row has the text columns, `label` (an integer) and `idx` (distinct within its split).

    Args:
        name: What `load_task` knows it by.
        kind: What is predicted.
        columns: The text columns, one for single texts and two for pairs.
        label_names: Names of the classes in the order of their numbers.
        metric: Name of the primary metric, the higher the better.
        domain: The domain trained on.
        train: Training rows.
        test: Domain -> evaluation rows; the domain trained on stands first.
        content_hash: Hash of all rows; left empty, it is computed.
        source: One line for reports: where the rows come from, and their licence.

    Raises:
        DataError: A split is empty, lacks a column, repeats an `idx`, or has a label without a
            name; or the training rows are all of one class.
        ConfigError: The metric is unknown, or `test` does not start with `domain`.
    """

    name: str
    kind: Literal["classification"] = "classification"
    columns: tuple[str, ...]
    label_names: tuple[str, ...]
    metric: str
    domain: str
    train: Dataset = field(repr=False, compare=False)
    test: dict[str, Dataset] = field(repr=False, compare=False)
    content_hash: str = ""
    source: str

    def __post_init__(self) -> None:
        _check_settings(self)
        for split, rows in _splits(self).items():
            _check_rows(self, split, rows)
        if len(set(_values(self.train, "label"))) < 2:
            raise DataError(
                f"all training rows of {self.name} are of one class: expected two or more; "
                f"add rows of another class or draw more rows"
            )
        if not self.content_hash:
            object.__setattr__(self, "content_hash", _content_hash(self))

    def sample(
        self, train_size: int | None = None, subset_seed: int = 0, eval_size: int | None = None
    ) -> Task:
        """The same task on fewer rows, with the class shares kept.

        The draw depends on the rows, the sizes and `subset_seed` alone, and a larger sample holds
        the smaller ones. The evaluation rows do not depend on `subset_seed`.

        Args:
            train_size: Training rows to draw; None takes all.
            subset_seed: Seed of the draw of training rows.
            eval_size: Most rows to draw for each domain; None takes all.

        Raises:
            ConfigError: `train_size` is more than there is or too few for a row of each class, or
                `eval_size` is below 1.
        """
        if train_size is None and eval_size is None:
            return self
        _check_sizes(self, train_size, eval_size)
        return dataclasses.replace(
            self,
            train=_draw(self.train, train_size, TRAIN, subset_seed),
            test={
                domain: _draw(rows, eval_size, domain, _EVALUATION_SEED)
                for domain, rows in self.test.items()
            },
            content_hash="",
        )


def constant_score(task: Task, domain: str) -> float:
    """What the best constant predictor scores on the primary metric.

    It is the best over all classes on the very rows that are scored, not the training rows'
    majority class, so a run that ends at or below it has learned nothing that helps there. Where
    the metric is undefined for a constant prediction (Matthews' correlation), it is 0.

    Args:
        task: The task.
        domain: One of its domains, or `train` for the training rows.

    Raises:
        ConfigError: The task has no such domain.
    """
    splits = _splits(task)
    if domain not in splits:
        known = ", ".join(splits)
        raise ConfigError(f"{task.name} has no domain {domain!r}: expected one of {known}")
    labels = _values(splits[domain], "label")
    return best_constant_score(labels, len(task.label_names), task.metric)


def _splits(task: Task) -> dict[str, Dataset]:
    return {TRAIN: task.train, **task.test}


def _values(rows: Dataset, column: str) -> list[Any]:
    # Without the caller's format, which could make tensors of them.
    return list(rows.with_format(None)[column][:])


def _check_settings(task: Task) -> None:
    if task.metric not in CLASSIFICATION_METRICS:
        known = ", ".join(CLASSIFICATION_METRICS)
        raise ConfigError(f"{task.name} has the unknown metric {task.metric!r}: expected {known}")
    if next(iter(task.test), None) != task.domain or TRAIN in task.test:
        raise ConfigError(
            f"{task.name} evaluates on {', '.join(task.test) or 'nothing'}: expected the domain "
            f"trained on, {task.domain}, to stand first and none to be called {TRAIN}"
        )


def _check_rows(task: Task, split: str, rows: Dataset) -> None:
    missing = {*task.columns, "label", "idx"} - set(rows.column_names)
    if missing:
        raise DataError(f"{split} of {task.name} lacks {', '.join(sorted(missing))}: add it")
    if not len(rows):
        raise DataError(f"{split} of {task.name} is empty: expected one row or more")
    if len(set(_values(rows, "idx"))) < len(rows):
        raise DataError(f"{split} of {task.name} repeats an idx: expected a distinct one a row")
    unnamed = set(_values(rows, "label")) - set(range(len(task.label_names)))
    if unnamed:
        raise DataError(
            f"{split} of {task.name} has the label {min(unnamed, key=str)!r}: "
            f"expected 0 to {len(task.label_names) - 1} ({', '.join(task.label_names)})"
        )


def _check_sizes(task: Task, train_size: int | None, eval_size: int | None) -> None:
    if train_size is not None:
        classes, rows = len(set(_values(task.train, "label"))), len(task.train)
        if not classes <= train_size <= rows:
            raise ConfigError(
                f"train size {train_size} does not fit {task.name}: expected {classes} (a row of "
                f"each class) to {rows} (all there are)"
            )
    if eval_size is not None and eval_size < 1:
        raise ConfigError(f"evaluation size {eval_size} leaves no row: expected 1 or more")


def _draw(rows: Dataset, size: int | None, split: str, seed: int) -> Dataset:
    if size is None or size >= len(rows):
        return rows
    identifiers, labels = _values(rows, "idx"), _values(rows, "label")
    return rows.select(stratified_sample(identifiers, labels, size, seed, split))


def _content_hash(task: Task) -> str:
    digest = hashlib.blake2b(digest_size=16)
    _add_line(digest, [task.columns, task.label_names])
    for split, rows in _splits(task).items():
        columns = [_values(rows, name) for name in ("idx", *task.columns, "label")]
        for row in zip(*columns, strict=True):
            _add_line(digest, [split, *row])
    return digest.hexdigest()


def _add_line(digest: Any, values: Sequence[Any]) -> None:
    # JSON in ASCII has no raw line feed, so different rows cannot give the same bytes.
    digest.update(json.dumps(values).encode("ascii") + b"\n")
