"""Brings the labels of further rows to the classes that a model is trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..._exceptions import DataError
from ._table import Table, listed, shown
from .labels import (
    ORDINAL,
    REGRESSION,
    SEQ2SEQ,
    class_name,
    grades_of,
    is_number,
    numbers_of,
    require_one_type,
    scalar_labels,
)

_SEPARATORS = re.compile(r"[\s_-]+")
TWO_WAY = {"entailment", "not_entailment"}
"""Classes of entailment where neutral and contradiction are one."""
_THREE_WAY = {"neutral": "not_entailment", "contradiction": "not_entailment"}


@dataclass(frozen=True)
class Target:
    """What further rows have to fit.

    Args:
        kind: One of `PROBLEMS`.
        columns: The text columns of the task; further rows get these names.
        label_names: Names of the classes in the order of their numbers, where there are any.
        numbered: Whether rows may also give a class by its number, from 0, in place of its name;
            never where a class is named by a number.
        renamed: Pairs of what rows call a class, and its name here.
        hint: What to do about labels that do not fit, for the end of an error.
    """

    kind: str
    columns: tuple[str, ...]
    label_names: tuple[str, ...] = ()
    numbered: bool = False
    renamed: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    @property
    def takes_numbers(self) -> bool:
        """Whether a number can stand for the place of a class."""
        return self.numbered and not any(map(is_number, self.label_names))


@dataclass(frozen=True)
class Mapped:
    """Labels as a target has them.

    Args:
        values: One a row: the number of its class, the number itself, or the text to generate.
        remark: What was done that is not plain, if anything.
    """

    values: list[int] | list[float] | list[list[float]] | list[str]
    remark: str | None = None


def map_labels(table: Table, column: str, target: Target) -> Mapped:
    """The label of every row as the target has it.

    A class is found by its name; case, spaces, hyphens and underscores make no difference where
    they part no two classes. Where the classes are entailment and not_entailment, neutral and
    contradiction are not_entailment.

    Args:
        table: The rows.
        column: The column of the labels.
        target: What the labels have to fit.

    Raises:
        DataError: A row has no label, or one that the target does not have; the text names the
            labels of both.
    """
    if target.kind == SEQ2SEQ:
        return Mapped(list(table.columns[column]))
    labels = scalar_labels(table, column)
    if not all(isinstance(label, str) for label in labels):
        require_one_type(table, column, labels)
    if target.kind == REGRESSION:
        return Mapped(numbers_of(table, column, labels))
    if target.kind == ORDINAL:
        return _grades(grades_of(table, column, labels), target)
    given = [class_name(label, table.class_names.get(column)) for label in labels]
    return Mapped(*numbers_of_names(table, column, target, given, range(len(given))))


def _grades(found: list[int], target: Target) -> Mapped:
    known = set(map(int, target.label_names))
    strange = sorted(set(found) - known)
    remark = f"no training example has the grade {listed(strange, between=' or ')}"
    return Mapped(found, f"{remark}, so it is never predicted" if strange else None)


def numbers_of_names(
    table: Table, column: str, target: Target, given: Sequence[str], rows: Sequence[int]
) -> tuple[list[int], str | None]:
    """The numbers of classes by their names, and what was done that is not plain.

    Args:
        table: The rows.
        column: The column of the labels.
        target: What the labels have to fit.
        given: Names of classes.
        rows: The row of each.

    Raises:
        DataError: The target does not have one; the text names the labels of both.
    """
    exact = {name: number for number, name in enumerate(target.label_names)}
    folded = {folded_name(name): number for name, number in exact.items()}
    alike = folded if len(folded) == len(exact) else {}
    renamed = dict(target.renamed)
    names = [renamed.get(name, name) for name in given]
    by_name = {name: _find(name, exact, alike, target) for name in set(names)}
    by_place = {name: _place(name, target) for name in by_name if by_name[name] is None}
    found = [by_place.get(name, by_name[name]) for name in names]
    for row, name, number in zip(rows, names, found, strict=True):
        if number is None:
            raise DataError(
                f"{table.place(row)}, column {shown(column)} has the label {shown(name)}: "
                f"expected {listed(target.label_names)}; the labels there are "
                f"{listed(sorted(set(names)))}{target.hint}"
            )
    values = [number for number in found if number is not None]
    return values, _by_place_remark(by_place, target) if by_place else None


def _find(
    name: str, exact: Mapping[str, int], alike: Mapping[str, int], target: Target
) -> int | None:
    if name in exact:
        return exact[name]
    folded = folded_name(name)
    if set(target.label_names) == TWO_WAY:
        folded = _THREE_WAY.get(folded, folded)
    # Programs that know missing values write whole numbers so: 3.0.
    return alike.get(folded, exact.get(name.removesuffix(".0")) if is_number(name) else None)


def _place(name: str, target: Target) -> int | None:
    is_place = target.takes_numbers and name.isascii() and name.isdigit()
    return int(name) if is_place and int(name) < len(target.label_names) else None


def _by_place_remark(by_place: Mapping[str, int | None], target: Target) -> str:
    places = sorted({place for place in by_place.values() if place is not None})
    each = [f"{place} {target.label_names[place]}" for place in places]
    return f"numbers are positions among the classes: {listed(each)}"


def folded_name(name: str) -> str:
    """A name that is the same however it is written: case, spaces, hyphens and underscores."""
    return _SEPARATORS.sub("_", name.strip().casefold())
