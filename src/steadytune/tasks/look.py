"""A look at a task before anything is trained: its examples, and what could spoil the result."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from .._counted import counted
from ._problem import values
from ._problems import PROBLEMS
from ._task import TRAIN, Task
from .files._table import listed, plain
from .files.held_out import text_key
from .files.labels import MISSING_WORDS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

FEWEST_EXAMPLES = 30
"""With fewer training examples a score says little."""

FEWEST_OF_A_CLASS = 5
"""With fewer training examples a class is hardly learned, and cross-validation lacks it."""

_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class Lengths:
    """Lengths of examples: pairs of texts, and question and context, count as one.

    Args:
        median: The middle one.
        longest: The longest.
    """

    median: int
    longest: int


@dataclass(frozen=True)
class Look:
    """What stands in a task.

    Args:
        name: The task.
        kind: One of `PROBLEMS`.
        sizes: Split -> number of examples: `train`, `dev` if there are such, and the test sets.
        classes: Class -> number of training examples; empty but for classification.
        range: The smallest and the largest training number; None but for regression.
        words: Lengths of the training examples in words.
        tokens: The same in tokens, special ones included; None without a tokenizer.
        share_cut: Share of the training examples that is longer than `max_length`, and will be cut
            (question answering: read in several windows); None without a tokenizer.
        max_length: Most tokens an example; None without a tokenizer.
        notes: What was guessed in reading the files, a line each.
        warnings: What could spoil the result, a line each.
    """

    name: str
    kind: str
    sizes: Mapping[str, int]
    classes: Mapping[str, int]
    range: tuple[float, float] | None
    words: Lengths
    tokens: Lengths | None = None
    share_cut: float | None = None
    max_length: int | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def table(self) -> list[tuple[str, str]]:
        """Headings and values, a row each, for people to read."""
        tests = [f"{size} in {name}" for name, size in self.sizes.items() if name != TRAIN]
        rows = [("examples", ", ".join([f"{self.sizes[TRAIN]} to train on", *tests]))]
        if self.classes:
            each = [f"{plain(name)} {count}" for name, count in self.classes.items()]
            rows.append(("classes", f"{len(each)}: {listed(each)}"))
        if self.range is not None:
            rows.append(("numbers", f"{self.range[0]:g} to {self.range[1]:g}"))
        rows.append(("words", _range_text(self.words)))
        if self.tokens is not None and self.max_length is not None:
            what = "read in several windows" if PROBLEMS[self.kind].windows else "cut"
            rows.append(("tokens", _range_text(self.tokens)))
            rows.append((f"over {self.max_length} tokens", f"{self.share_cut:.1%}, {what}"))
        return rows


def look_at(
    task: Task,
    tokenizer: PreTrainedTokenizerBase | None = None,
    max_length: int | None = None,
    *,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Look:
    """Look at the examples of a task; nothing is changed, drawn or trained.

    Args:
        task: The task.
        tokenizer: The model's tokenizer, for lengths in tokens.
        max_length: Most tokens an example; None takes what is usual for the kind of task, and no
            more than the tokenizer says the model takes.
        notes: What is known from reading the files, a line each.
        warnings: What reading the files found to warn of; it comes first.
    """
    train = task.train
    look = Look(
        name=task.name,
        kind=task.kind,
        sizes={split: len(rows) for split, rows in task.splits.items()},
        classes=_class_counts(task),
        range=_number_range(task),
        words=_lengths(_word_counts(task, train)),
        notes=tuple(notes),
        warnings=(*warnings, *found_in(task)),
    )
    return look if tokenizer is None else _with_tokens(look, task, tokenizer, max_length)


def found_in(task: Task) -> tuple[str, ...]:
    """What in the rows of a task could spoil its result, a line each."""
    checks: tuple[Callable[[Task], Iterable[str]], ...] = (
        _few_examples,
        _rare_classes,
        _alike_classes,
        _missing_words,
        _contradictions,
        _leaks,
        _empty_texts,
    )
    return tuple(line for check in checks for line in check(task))


def leaks(task: Task, splits: Sequence[str]) -> Iterable[str]:
    """A line for each of some splits that holds texts of the training examples."""
    known = set(_keys(task, task.train)) if splits else set()
    for split in splits:
        rows = task.splits[split]
        if copies := sum(key in known for key in _keys(task, rows)):
            yield (
                f"{copies} of the {len(rows)} examples of {split} {_are(copies)} among the "
                f"training examples too, so its score is too high"
            )


def alike(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Names that differ in no more than case, blanks, encoding or leading zeros, in groups."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[_folded(name)].append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _few_examples(task: Task) -> Iterable[str]:
    if len(task.train) < FEWEST_EXAMPLES:
        yield (
            f"{counted(len(task.train), 'example')} to train on: with fewer than "
            f"{FEWEST_EXAMPLES}, scores are mostly chance"
        )


def _rare_classes(task: Task) -> Iterable[str]:
    rare = [
        f"{plain(name)} ({count})"
        for name, count in _class_counts(task).items()
        if count < FEWEST_OF_A_CLASS
    ]
    if rare:
        what = "a class has" if len(rare) == 1 else f"{len(rare)} classes have"
        yield f"{what} fewer than {FEWEST_OF_A_CLASS} examples to train on: {listed(rare)}"


def _alike_classes(task: Task) -> Iterable[str]:
    for group in alike(task.label_names):
        shown = " and ".join(ascii(name) if _only_encoded(group) else repr(name) for name in group)
        yield f"classes that look alike count as different ones: {shown}"


def _only_encoded(names: Sequence[str]) -> bool:
    """Whether some of the names look the same on a screen."""
    return len({text_key(name) for name in names}) < len({name.casefold() for name in names})


def _missing_words(task: Task) -> Iterable[str]:
    counts = _class_counts(task)
    for name in task.label_names:
        if name.casefold() in MISSING_WORDS:
            number = counted(counts.get(name, 0), "example")
            yield f"{name!r} is a class of its own ({number}): does it stand for a missing label?"
    for column in task.columns:
        texts = [text.strip() for text in values(task.train, column)]
        found = [text for text in texts if text.casefold() in MISSING_WORDS]
        if found:
            number = counted(len(found), "text")
            yield f"{number} in {column} only say {found[0]!r}: do they stand for missing texts?"


def _contradictions(task: Task) -> Iterable[str]:
    if task.problem.answer != "label" or task.problem.generates:
        return
    labels: dict[str, set[Any]] = defaultdict(set)
    for rows in (task.train, task.test[task.domain]):
        for key, label in zip(_keys(task, rows), values(rows, "label"), strict=True):
            labels[key].add(tuple(label) if isinstance(label, list) else label)
    if twice := sum(len(found) > 1 for found in labels.values()):
        what = counted(twice, "pair" if len(task.columns) == 2 else "text")
        each = "number" if task.kind == "regression" else "label"
        have = "has" if twice == 1 else "have"
        yield f"{what} {have} more than one {each}: no model can learn both"


def _leaks(task: Task) -> Iterable[str]:
    yield from leaks(task, [split for split in task.splits if split != TRAIN])


def _empty_texts(task: Task) -> Iterable[str]:
    for column in task.columns:
        if empty := sum(not text.strip() for text in values(task.train, column)):
            yield f"{counted(empty, 'text')} of {column} to train on {_are(empty)} empty"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _keys(task: Task, rows: Dataset) -> list[str]:
    columns = (values(rows, column) for column in task.columns)
    return [text_key(*texts) for texts in zip(*columns, strict=True)]


def _folded(name: str) -> str:
    folded = _SEPARATORS.sub("_", text_key(name)).removeprefix("+")
    return str(int(folded)) if folded.isascii() and folded.isdigit() else folded


def _class_counts(task: Task) -> dict[str, int]:
    return task.problem.class_counts(task.train, task.label_names)


def _number_range(task: Task) -> tuple[float, float] | None:
    if task.kind != "regression":
        return None
    numbers = values(task.train, "label")
    return float(min(numbers)), float(max(numbers))


def _word_counts(task: Task, rows: Dataset) -> list[int]:
    columns = (values(rows, column) for column in task.columns)
    return [sum(len(text.split()) for text in texts) for texts in zip(*columns, strict=True)]


def _with_tokens(
    look: Look, task: Task, tokenizer: PreTrainedTokenizerBase, max_length: int | None
) -> Look:
    if max_length is None:
        max_length = min(task.problem.usual_length, tokenizer.model_max_length)
    texts = [values(task.train, column) for column in task.columns]
    ids = tokenizer(*texts, truncation=False, verbose=False)["input_ids"]
    lengths = [len(row) for row in ids]
    share = float(np.mean([length > max_length for length in lengths]))
    return replace(look, tokens=_lengths(lengths), share_cut=share, max_length=max_length)


def _lengths(each: Sequence[int]) -> Lengths:
    return Lengths(round(median(each)), max(each))


def _range_text(lengths: Lengths) -> str:
    return f"median {lengths.median}, at most {lengths.longest}"
