"""What the labels of a column mean: classes in an order, or numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from ..._exceptions import DataError
from ..ordinal import is_grade
from ._table import Table, listed, shown

CLASSIFICATION, REGRESSION, ORDINAL = "classification", "regression", "ordinal"
SEQ2SEQ = "seq2seq"

Label = str | bool | int | float

MISSING_WORDS = frozenset({"nan", "na", "n/a", "null", "none", "nil", "#n/a", "<na>", "nat"})
"""What programs write where a value is missing, without regard to case."""

_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[-+]?\d+,\d+", re.ASCII)
_LIST = re.compile(r"""\[\s*(['"\d-].*)?\]""", re.ASCII | re.DOTALL)
_LONGEST_LABEL = 200
_LARGEST_CLASS = 2**63 - 1
# More classes than this that are as many as half the rows are numbers or texts, and no classes.
_FEW_CLASSES = 10
_MANY_CLASSES = 1000


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of training rows.

    Args:
        kind: `classification`, `multilabel`, `ordinal`, `regression` or `seq2seq`.
        values: One a row: the number of its class, the number itself, a 0 or 1 for each label, or
            the text to generate.
        names: Names of the classes in the order of their numbers, or the grades; none for
            regression.
        numbered: Whether the file gives classes by number and their names beside.
        remark: What was guessed, if anything.
    """

    kind: str
    values: list[int] | list[float] | list[list[float]] | list[str]
    names: tuple[str, ...] = ()
    numbered: bool = False
    remark: str | None = None

    def with_positive(self, name: str) -> Labels:
        """The same with this class of two as the second one.

        Raises:
            DataError: There are not two classes, or none has this name.
        """
        if self.kind == "multilabel":
            raise DataError(
                f"positive {shown(name)} was given for several labels per text, whose F1 is over "
                f"all labels: expected none; leave `positive` out"
            )
        if self.kind in (ORDINAL, SEQ2SEQ):
            what = "grades" if self.kind == ORDINAL else "texts to generate"
            raise DataError(
                f"positive {shown(name)} was given for {what}, which have no F1: expected none; "
                "leave `positive` out"
            )
        if len(self.names) != 2 or name not in self.names:
            found = listed(self.names) if self.names else "numbers"
            raise DataError(
                f"positive {shown(name)} is not one of two classes: the labels are {found}; name "
                f"one of two, and with more classes give `metric=f1_macro` or `metric=f1_weighted`"
            )
        if self.names[1] == name:
            return self
        turned = [1 - int(value) for value in self.values if isinstance(value, int)]
        return replace(self, values=turned, names=self.names[::-1], numbered=False)


def read_labels(table: Table, column: str, kind: str | None = None) -> Labels:
    """The labels of training rows, and what they are.

    Text and truth values are classes, in the order of their names. Whole numbers are classes in
    their order, named as they are written (`01` and `1` are two), or as the file names them. Other
    numbers are for regression. Of a kind that is said to be classification, all text is names.

    Args:
        table: The rows.
        column: The column of the labels.
        kind: `classification`, `ordinal`, `regression` or `seq2seq`; None to guess.

    Raises:
        DataError: A row has no label, a label is a list or no finite number, or labels are of
            several types; or there are so many classes that the kind has to be said.
    """
    if kind == SEQ2SEQ:
        return Labels(SEQ2SEQ, list(table.columns[column]))
    labels = scalar_labels(table, column)
    if kind == REGRESSION:
        return Labels(REGRESSION, numbers_of(table, column, labels))
    if kind == ORDINAL:
        grades = grades_of(table, column, labels)
        return Labels(ORDINAL, grades, tuple(map(str, sorted(set(grades)))))
    texts = all(isinstance(label, str) for label in labels)
    if texts and kind == CLASSIFICATION:
        return _named(table, column, labels)
    require_one_type(table, column, labels)
    if any(map(_has_fraction, labels)):
        if kind is None:
            how = "a decimal comma" if any(map(_has_comma, labels)) else "a fraction"
            remark = f"numbers with {how}, so this is regression; `kind` overrides"
            return Labels(REGRESSION, numbers_of(table, column, labels), remark=remark)
        labels = [_whole(table, row, column, label) for row, label in enumerate(labels)]
    if any(isinstance(label, str) for label in labels):  # JSON can mix "1" and 1
        labels = [label_text(label) for label in labels]
    if column in table.class_names and all(type(label) is int for label in labels):
        return _numbered(table, column, labels)
    if kind is None:
        _refuse_many_classes(table, column, labels)
    return _named(table, column, labels)


def scalar_labels(table: Table, column: str) -> list[Label]:
    """Every label as the file has it: text without the spaces around it, truth value or number.

    Raises:
        DataError: A row has no label, or it is a list or no finite number.
    """
    return [scalar_label(table, row, column) for row in range(len(table))]


def require_one_type(table: Table, column: str, labels: Sequence[Label]) -> None:
    """Labels are all text, all numbers (in text or not) or all truth values.

    Raises:
        DataError: They are not.
    """
    first: dict[str, int] = {}
    for row, label in enumerate(labels):
        if first.setdefault(_type_name(label), row) == row and len(first) > 1:
            raise _of_two_types(table, row, column, labels, first)


def numbers_of(table: Table, column: str, labels: Sequence[Label]) -> list[float]:
    """Labels for regression.

    Raises:
        DataError: One is not a number, or too large.
    """
    _refuse_thousands(table, column, labels)
    return [number_of(table, row, column, label) for row, label in enumerate(labels)]


def number_of(table: Table, row: int, column: str, label: Label) -> float:
    """The label of a row for regression.

    Raises:
        DataError: It is not a number, or too large.
    """
    if isinstance(label, str) and is_number(label):
        label = float(label.replace(",", "."))
    try:
        number = math.nan if isinstance(label, str | bool) else float(label)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        found = f"has the label {shown(label)}"
        if isinstance(label, str) and label.casefold() in MISSING_WORDS:
            found += ", which stands for a missing value"
        raise table.error(row, column, found, "a finite number")
    return number


def grades_of(table: Table, column: str, labels: Sequence[Label]) -> list[int]:
    """Labels that are grades, which are whole numbers.

    Raises:
        DataError: One is not.
    """
    return [grade_of(table, row, column, label) for row, label in enumerate(labels)]


def grade_of(table: Table, row: int, column: str, label: Label) -> int:
    """The grade of a row; raises as `grades_of`."""
    number = number_of(table, row, column, label)
    if not is_grade(number):
        expected = "a grade, which is a whole number (`kind=regression` takes others)"
        raise table.error(row, column, f"has the label {shown(label)}", expected)
    return int(number)


def label_text(label: Label) -> str:
    """The name of a class that is given by its label alone."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def class_order(names: Collection[str]) -> list[str]:
    """Classes in the order in which training numbers them: numbers by size, others by name."""
    if all(map(is_number, names)):
        with suppress(InvalidOperation):  # an exponent beyond what is a number to Python
            return sorted(names, key=lambda name: (Decimal(name.replace(",", ".")), name))
    return sorted(names)


def is_number(value: Any) -> bool:
    """Whether a text is a number in decimal digits, with a decimal point or comma."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return _DECIMAL.fullmatch(text) is not None or _COMMA.fullmatch(text) is not None


def class_name(label: Label, class_names: Sequence[str] | None) -> str:
    """The name of a class by its label, which may be its number in a file that names them."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if class_names and type(label) is int and 0 <= label < len(class_names):
        return class_names[label]
    return label_text(label)


def scalar_label(table: Table, row: int, column: str) -> Label:
    """The label of a row as the file has it; raises as `scalar_labels`."""
    return scalar(table, row, column, table.columns[column][row])


def scalar(table: Table, row: int, column: str, value: Any) -> Label:
    """One label, of the column and row that it stands in; raises as `scalar_labels`."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        raise table.error(row, column, "has no label", "one per row")
    if isinstance(value, list | tuple | dict | set) or is_list_in_text(value):
        raise DataError(
            f"{table.place(row)}, column {shown(column)} has the label {shown(value)}: expected "
            f"one label per row; for several labels per row give `kind=multilabel`"
        )
    if isinstance(value, Decimal):
        value = float(value)
    if not isinstance(value, str | bool | int | float):
        raise table.error(row, column, f"has the label {shown(value)}", "text or a number")
    _check_scalar(table, row, column, value)
    return value


def _check_scalar(table: Table, row: int, column: str, value: Label) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise table.error(row, column, f"has the label {value}", "text or a finite number")
    if isinstance(value, str) and len(value) > _LONGEST_LABEL:
        found = f"has a label of {len(value):,} characters"
        raise table.error(row, column, found, "a class or a number (`label` names the column)")
    if isinstance(value, str) and not is_unicode(value):
        raise table.error(row, column, "has a label that is half of a surrogate pair", "text")


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: JSON can give halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_list_in_text(value: Any) -> bool:
    """Whether a text is a list as programs print it."""
    return isinstance(value, str) and _LIST.fullmatch(value) is not None


def _has_fraction(label: Label) -> bool:
    if isinstance(label, str):
        return is_number(label) and _WHOLE.fullmatch(label) is None
    return isinstance(label, float)


def _has_comma(label: Label) -> bool:
    return isinstance(label, str) and _COMMA.fullmatch(label) is not None


def _refuse_thousands(table: Table, column: str, labels: Sequence[Label]) -> None:
    """`1,234` alone can be either; `1,5` beside it says that the comma is the decimal one."""
    commas = {row: str(label) for row, label in enumerate(labels) if _has_comma(label)}
    if commas and all(len(label.partition(",")[2]) == 3 for label in commas.values()):
        row, label = next(iter(commas.items()))
        found = f"has the label {shown(label)}, whose comma may separate thousands"
        raise table.error(row, column, found, "a decimal point, or no comma")


def _type_name(label: Label) -> str:
    if isinstance(label, str):
        return "number" if is_number(label) else "text"
    return "truth value" if isinstance(label, bool) else "number"


def _type_and_value(label: Label) -> str:
    return f"{_type_name(label)} {label if is_number(label) else shown(label)}"


def _of_two_types(
    table: Table, row: int, column: str, labels: Sequence[Label], first: Mapping[str, int]
) -> DataError:
    earlier = next(iter(first.values()))
    found = (
        f"has the {_type_and_value(labels[row])}, but {table.unit} "
        f"{table.numbers[earlier]} has the {_type_and_value(labels[earlier])}"
    )
    if missing := [str(part) for part in (labels[row], labels[earlier]) if _is_missing(part)]:
        found += f"; {shown(missing[0])} may stand for a missing label"
    all_text = all(isinstance(label, str) for label in table.columns[column])
    hint = " (`kind=classification` takes all as text)" if all_text else ""
    return table.error(row, column, found, f"labels of one type{hint}")


def _is_missing(label: Label) -> bool:
    return isinstance(label, str) and label.casefold() in MISSING_WORDS


def _whole(table: Table, row: int, column: str, label: Label) -> Label:
    if isinstance(label, float):
        if not label.is_integer():
            raise table.error(row, column, f"has the label {label}", "a class, not a fraction")
        return int(label)
    return label


def _numbered(table: Table, column: str, labels: Sequence[Label]) -> Labels:
    names = table.class_names[column]
    for row, label in enumerate(labels):
        if not 0 <= int(label) < len(names):
            expected = f"0 to {len(names) - 1} ({listed(names)})"
            raise table.error(row, column, f"has the label {label}", expected)
    return Labels(CLASSIFICATION, [int(label) for label in labels], names, numbered=True)


def _named(table: Table, column: str, labels: Sequence[Label]) -> Labels:
    for row, label in enumerate(labels):
        if isinstance(label, int) and abs(label) > _LARGEST_CLASS:
            raise table.error(row, column, f"has the label {shown(label)}", "a number of 64 bits")
    texts = all(isinstance(label, str) for label in labels)
    distinct: list[Any] = class_order(set(map(str, labels))) if texts else sorted(set(labels))
    place = {label: number for number, label in enumerate(distinct)}
    names = tuple(label_text(label) for label in distinct)
    return Labels(CLASSIFICATION, [place[label] for label in labels], names)


def _refuse_many_classes(table: Table, column: str, labels: Sequence[Label]) -> None:
    classes = len(set(labels))
    if classes > _MANY_CLASSES or (classes > _FEW_CLASSES and 2 * classes > len(labels)):
        raise DataError(
            f"{table.name}, column {shown(column)} has {classes} different labels in "
            f"{len(labels)} rows: expected classes; give `kind=classification`, `kind=regression` "
            f"or, for texts to generate, `kind=seq2seq`; or another column with `label`"
        )
