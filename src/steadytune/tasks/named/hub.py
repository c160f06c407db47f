"""Reads rows from the Hugging Face hub, in the names and classes of the task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..._exceptions import DataError
from .card import HubSplit
from .mirror import Row

if TYPE_CHECKING:
    from datasets import Dataset

_TIMEOUT_SECONDS = 10.0


def read_rows(split: HubSplit, columns: tuple[str, ...], label_names: tuple[str, ...]) -> list[Row]:
    """All rows of one split that are used.

    Args:
        split: Where the hub has them.
        columns: Names of the text columns of the task.
        label_names: Names of the classes of the task.

    Raises:
        DataError: The hub cannot be reached, has no such split, or the split has other columns or
            classes.
    """
    rows = _load(split)
    rows = _renamed(rows, split, columns)
    kept = [row for row in rows if str(row.get("id", "")).startswith(split.id_prefix)]
    return _in_our_classes(kept, rows, split, label_names) if split.labels else kept


def _load(split: HubSplit) -> Dataset:
    from datasets import load_dataset

    _require_answer(split)
    try:
        return load_dataset(split.name, split.config, split=split.split, revision=split.revision)
    except Exception as error:  # the libraries below raise their own errors, and many kinds
        raise DataError(_failure(split, _first_line(error))) from error


def _require_answer(split: HubSplit) -> None:
    """Ask the hub once: without an answer, `load_dataset` tries again for half a minute."""
    if _offline():
        return  # what is cached is read, and nothing else is tried
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(split.name, revision=split.revision, timeout=_TIMEOUT_SECONDS)
    except Exception as error:
        raise DataError(_failure(split, _first_line(error))) from error


def _offline() -> bool:
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
    return any(os.environ.get(name, "0").upper() not in ("", "0", "FALSE", "NO") for name in names)


def _failure(split: HubSplit, why: str) -> str:
    advice = "" if _offline() else "; HF_HUB_OFFLINE=1 reads what is cached"
    return (
        f"the Hugging Face hub does not give {split.address} ({why}): check the network, or name "
        f"the folder of a local copy by `data_root` or STEADYTUNE_DATA{advice}"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _renamed(rows: Dataset, split: HubSplit, columns: tuple[str, ...]) -> Dataset:
    there = split.columns or columns
    if missing := sorted(set(there) - set(rows.column_names)):
        raise DataError(
            f"{split.address} on the Hugging Face hub has no column {missing[0]!r}, but "
            f"{', '.join(rows.column_names)}: it has changed; use a local copy by `data_root`"
        )
    names = {old: new for old, new in zip(there, columns, strict=True) if old != new}
    return rows.rename_columns(names) if names else rows


def _in_our_classes(
    kept: list[Row], rows: Dataset, split: HubSplit, label_names: tuple[str, ...]
) -> list[Row]:
    names = list(getattr(rows.features["label"], "names", None) or ())
    if set(names) != {theirs for theirs, _ in split.labels}:
        expected = ", ".join(theirs for theirs, _ in split.labels)
        raise DataError(
            f"{split.address} on the Hugging Face hub has the classes "
            f"{', '.join(names) or 'without names'}, expected {expected}: it has changed; use a "
            f"local copy by `data_root`"
        )
    ours = {theirs: label_names.index(mapped) for theirs, mapped in split.labels}
    number = {position: ours[name] for position, name in enumerate(names)}
    labelled: list[Any] = [row for row in kept if row["label"] in number]
    return [{**row, "label": number[row["label"]]} for row in labelled]
