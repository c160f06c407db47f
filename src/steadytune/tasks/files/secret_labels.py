"""Splits without labels: benchmarks keep them secret, and give -1 or nothing in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._table import Table
from .columns import Columns
from .rows import lacks_label

_HIDDEN_LABEL = -1
_USUAL_COLUMN = "label"


def labelled_splits(
    splits: Mapping[str, Table], columns: Columns, kind: str, *, learned: bool
) -> tuple[dict[str, Table], list[str]]:
    """The splits that have labels, and a line on each of the others.

    Args:
        splits: Split -> rows.
        columns: The columns of the training rows, as far as they are known.
        kind: The kind of the training rows.
        learned: Whether -1 is a label like any other, since training rows have it.
    """
    reasons = {
        split: "no column is a label"
        if lacks_label(table, kind, columns)
        else _secret(table, columns.truth, learned)
        for split, table in splits.items()
    }
    kept = {split: splits[split] for split, reason in reasons.items() if reason is None}
    return kept, [f"not used: {split}, where {why}" for split, why in reasons.items() if why]


def to_choose_from(
    splits: Mapping[str, Table], labelled: Mapping[str, Table], preferred: Sequence[str]
) -> Mapping[str, Table]:
    """The splits that have labels, unless that leaves none of the preferred ones.

    Training rows must not stand in for test rows without labels: these are then refused.
    """
    left = [split for split in preferred if split in labelled]
    asked = [split for split in preferred if split in splits]
    return labelled if labelled and (left or not asked) else splits


def is_learned(labels: Sequence[object]) -> bool:
    """Whether -1 stands among the names of classes, or among the numbers trained on."""
    return any(map(_is_hidden, labels))


def _secret(table: Table, column: str | None, learned: bool) -> str | None:
    there = column if column in table.columns else _USUAL_COLUMN
    labels = table.columns.get(there, [])
    if labels and all(label is None or label == "" for label in labels):
        return "no row has a label"
    if labels and not learned and all(map(_is_hidden, labels)):
        return f"every label is {_HIDDEN_LABEL}"
    return None


def _is_hidden(label: object) -> bool:
    return label in (_HIDDEN_LABEL, str(_HIDDEN_LABEL), str(float(_HIDDEN_LABEL)))
