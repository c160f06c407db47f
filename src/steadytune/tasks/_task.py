"""A task: what is trained on, what is evaluated on, and how a score is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from .._checks import near
from .._exceptions import ConfigError, DataError
from ._content import hash_content
from ._problem import Encoding, Problem, values
from ._problems import PROBLEMS
from ._sampling import stratified_sample
from .encoding import usual_new_tokens
from .files.held_out import spelled_key, text_key

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

TRAIN = "train"
"""Name under which the training rows are scored, beside the domains."""

DEV = "dev"
"""Name of the rows that choices are made on, beside the domains."""

# The evaluation rows stay the same whatever subset is trained on, so that studies over subsets
# compare on equal rows.
_EVALUATION_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """Rows to train on, validation rows, rows to evaluate on by domain, and what they mean.

    The three have three uses: a run trains on `train`, stops early or chooses among runs by `dev`,
    and reads `test` once at its end.

    Every row has the text columns, the truth (`label`, or `answers` for question answering) and
    `idx` (distinct within its split).

    Args:
        name: What `load_task` knows it by.
        kind: What is predicted: One of `PROBLEMS`.
        columns: The text columns: one for single texts, two for pairs, question and context.
        label_names: Names of the classes in the order of their numbers, or the grades, ascending;
            none where what is predicted has no names.
        metric: Name of the primary metric, the higher the better.
        domain: The domain trained on.
        train: Training rows.
        dev: Validation rows; None where choices are made on rows drawn from `train`.
        test: Domain -> evaluation rows; the domain trained on stands first.
        content_hash: Hash of all rows; left empty, it is computed.
        source: One line for reports: where the rows come from, and their licence.
        exposed: The domains that the embedded model `minilm` has seen in its own training.

    Raises:
        DataError: A split is empty, lacks a column, repeats an `idx`, or has a truth that does not
            fit the kind; or nothing can be learned from the training rows.
        ConfigError: The kind or the metric is unknown, or `test` does not start with `domain`.
    """

    name: str
    kind: str = "classification"
    columns: tuple[str, ...]
    label_names: tuple[str, ...] = ()
    metric: str
    domain: str
    train: Dataset = field(repr=False, compare=False)
    dev: Dataset | None = field(default=None, repr=False, compare=False)
    test: dict[str, Dataset] = field(repr=False, compare=False)
    content_hash: str = ""
    source: str
    exposed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_settings(self)
        for split, rows in self.splits.items():
            _check_rows(self, split, rows)
        self.problem.check_training_rows(self.train, self.name)
        if not self.content_hash:
            object.__setattr__(self, "content_hash", hash_content(self))

    @property
    def problem(self) -> Problem:
        """What tasks of this kind need."""
        return PROBLEMS[self.kind]

    @property
    def splits(self) -> dict[str, Dataset]:
        """Every split by its name: `train`, `dev` if there are such rows, and the domains."""
        dev = {} if self.dev is None else {DEV: self.dev}
        return {TRAIN: self.train, **dev, **self.test}

    def encode(
        self, split: str, tokenizer: PreTrainedTokenizerBase, max_length: int | None = None
    ) -> Dataset:
        """The features of one split with their targets, as a trainer takes them; not padded.

        For question answering a row gives a feature for each window over its context.

        Args:
            split: One of `splits`.
            tokenizer: The model's tokenizer.
            max_length: Most tokens a feature, special ones included; None takes what is usual for
                the kind of task, and no more than the tokenizer says the model takes.

        Raises:
            ConfigError: The task has no such split, or the length leaves no room for text or is
                more than the model takes.
        """
        if split not in self.splits:
            raise ConfigError(_unknown(self, split, "split"))
        if max_length is None:
            max_length = min(self.problem.usual_length, tokenizer.model_max_length)
        rows = self.splits[split]
        most = usual_new_tokens(tokenizer.model_max_length)
        encoding = Encoding(max_length, label_names=self.label_names, max_new_tokens=most)
        return self.problem.encode(rows, self.columns, tokenizer, encoding).dataset

    def sample(
        self,
        train_size: int | None = None,
        subset_seed: int = 0,
        eval_size: int | None = None,
        dev_size: int | None = None,
    ) -> Task:
        """The same task on fewer rows, with the class shares kept.

        The draw depends on the rows, the sizes and `subset_seed` alone, and a larger sample holds
        the smaller ones that have a row of each class. The evaluation rows do not depend on
        `subset_seed`.

        Args:
            train_size: Training rows to draw; None takes all, or all but the validation rows.
            subset_seed: Seed of the draws of training rows and of validation rows.
            eval_size: Most rows to draw for each domain; None takes all.
            dev_size: Validation rows: of `dev` where the task has such rows (at most all of
                them), else of the training rows that are not trained on, those left out whose
                text (for question answering, whose context) is trained on or scored in a domain:
                no choice sees what is scored. None leaves them out.

        Raises:
            ConfigError: There are not so many rows, or too few for a row of each class, or
                a size is below 1.
        """
        if train_size is None and eval_size is None and dev_size is None and self.dev is None:
            return self
        _check_sizes(self, train_size, eval_size, dev_size)
        train, dev = self.train, None
        if dev_size is not None and self.dev is not None:
            dev = _draw(self, self.dev, dev_size, DEV, subset_seed)
        elif dev_size is not None and train_size is None:
            dev = _draw_dev(self, None, dev_size, subset_seed)
            train = _apart(self, train, [dev])
        train = _draw(self, train, train_size, TRAIN, subset_seed)
        if dev_size is not None and dev is None:
            dev = _draw_dev(self, train, dev_size, subset_seed)
        test = {
            domain: _draw(self, rows, eval_size, domain, _EVALUATION_SEED)
            for domain, rows in self.test.items()
        }
        return dataclasses.replace(self, train=train, dev=dev, test=test, content_hash="")

    def keep_domains(self, names: Iterable[str]) -> Task:
        """The same task, evaluated on the domain trained on and on these others only.

        Raises:
            ConfigError: There is no such domain; the text names near matches.
        """
        wanted = {self.domain, *names}
        if unknown := sorted(wanted - set(self.test)):
            raise ConfigError(_unknown(self, unknown[0], "domain"))
        test = {domain: rows for domain, rows in self.test.items() if domain in wanted}
        return dataclasses.replace(self, test=test, content_hash="")


def constant_score(task: Task, domain: str) -> float:
    """What the majority-class baseline scores on the primary metric.

    It is the best over all constants on the very rows that are scored, not the training rows'
    majority class, so a run that ends at or below it has learned nothing that helps there. Of
    generated texts, it is the score of the most frequent target. Where the metric is undefined for
    a constant prediction (a correlation), it is 0.

    Args:
        task: The task.
        domain: One of its domains, or `train` or `dev`.

    Raises:
        ConfigError: The task has no such domain.
    """
    if domain not in task.splits:
        raise ConfigError(_unknown(task, domain, "domain"))
    rows, classes = task.splits[domain], len(task.label_names)
    return task.problem.constant_score(rows, classes, task.metric)


def _unknown(task: Task, name: str, what: str) -> str:
    guess, known = near(name, task.splits, end=" "), ", ".join(task.splits)
    return f"{task.name} has no {what} {name!r}: {guess}expected one of {known}"


def _check_settings(task: Task) -> None:
    if task.kind not in PROBLEMS:
        known = ", ".join(PROBLEMS)
        raise ConfigError(f"{task.name} is of the unknown kind {task.kind!r}: expected {known}")
    if task.metric not in task.problem.metrics:
        known = ", ".join(task.problem.metrics)
        raise ConfigError(f"{task.name} has the unknown metric {task.metric!r}: expected {known}")
    if task.problem.columns not in ((), task.columns):
        raise ConfigError(
            f"{task.name} has the text columns {', '.join(task.columns)}: expected "
            f"{', '.join(task.problem.columns)}, as every task of {task.kind}"
        )
    if next(iter(task.test), None) != task.domain or {TRAIN, DEV} & set(task.test):
        raise ConfigError(
            f"{task.name} evaluates on {', '.join(task.test) or 'nothing'}: expected the domain "
            f"trained on, {task.domain}, first and none called {TRAIN} or {DEV}"
        )


def _check_rows(task: Task, split: str, rows: Dataset) -> None:
    missing = {*task.columns, task.problem.answer, "idx"} - set(rows.column_names)
    if missing:
        raise DataError(f"{split} of {task.name} lacks {', '.join(sorted(missing))}: add it")
    if not len(rows):
        raise DataError(f"{split} of {task.name} is empty: expected one row or more")
    if len(set(values(rows, "idx"))) < len(rows):
        raise DataError(f"{split} of {task.name} repeats an idx: expected a distinct one per row")
    task.problem.check_rows(rows, task.label_names, f"{split} of {task.name}")


def _check_sizes(
    task: Task, train_size: int | None, eval_size: int | None, dev_size: int | None
) -> None:
    fewest, most = task.problem.fewest_rows(task.train), len(task.train)
    if train_size is not None and not fewest <= train_size <= most:
        raise ConfigError(
            f"train size {train_size} does not fit {task.name}: expected {fewest} (a row of "
            f"each class) to {most} (all there are)"
        )
    for use, size in (("evaluation", eval_size), ("dev", dev_size)):
        if size is not None and size < 1:
            raise ConfigError(f"{use} size {size} leaves no row: expected 1 or more")
    left = most - (fewest if train_size is None else train_size)
    if dev_size is not None and task.dev is None and dev_size > left:
        raise ConfigError(
            f"dev size {dev_size} does not fit {task.name}: training leaves {left} of its {most} "
            f"rows; give a smaller train size or dev size"
        )


def _draw(task: Task, rows: Dataset, size: int | None, split: str, seed: int) -> Dataset:
    if size is None or size >= len(rows):
        return rows
    identifiers, strata = values(rows, "idx"), task.problem.strata(rows)
    return rows.select(stratified_sample(identifiers, strata, size, seed, split))


def _draw_dev(task: Task, trained_on: Dataset | None, size: int, seed: int) -> Dataset:
    """Validation rows, of the training rows that share no text with what is trained on."""
    others = [*task.test.values(), *([] if trained_on is None else [trained_on])]
    pool = _apart(task, task.train, others)
    if not len(pool):
        raise ConfigError(
            f"{task.name} has no validation rows: all {len(task.train)} training rows share a text "
            "with those that are trained or tested on; give `validation=FILE`"
        )
    if task.problem.sources(task.columns) != task.columns:
        pool = _whole_sources(task, pool, size, seed)
    return _draw(task, pool, size, DEV, seed)


def _whole_sources(task: Task, pool: Dataset, size: int, seed: int) -> Dataset:
    """The rows of so few sources as hold enough: rows of one source are not torn apart."""
    keys = _source_keys(task, pool, spelled_key)
    distinct = list(dict.fromkeys(keys))
    wanted = min(len(distinct), ceil(size * len(distinct) / len(keys)))
    drawn = stratified_sample(distinct, [None] * len(distinct), wanted, seed, DEV)
    kept = {distinct[place] for place in drawn}
    return pool.select([row for row, key in enumerate(keys) if key in kept])


def _apart(task: Task, rows: Dataset, others: Iterable[Dataset]) -> Dataset:
    """The rows whose source is that of none of the others."""
    taken = {key for split in others for key in _source_keys(task, split)}
    return rows.select([i for i, key in enumerate(_source_keys(task, rows)) if key not in taken])


def _source_keys(task: Task, rows: Dataset, key: Callable[..., str] = text_key) -> list[str]:
    columns = (values(rows, name) for name in task.problem.sources(task.columns))
    return [key(*texts) for texts in zip(*columns, strict=True)]
