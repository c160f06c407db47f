"""Finds the rows that a text names: a file, a folder, or a data set of the hub; by split."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..._checks import near
from ..._exceptions import DataError
from ..._folders import decoded
from ..._untrusted import NOT_REGULAR
from ._bytes import is_empty, opened
from ._table import AS_USUAL, Reading, Table, first_line, listed, plain, shown
from .arrow import dataset_table, read_parquet
from .conll import holds_tags, read_conll
from .delimited import read_csv, read_tsv
from .hub import is_hub_name, read_hub
from .json_rows import read_json, read_json_lines

TRAIN, VALIDATION, TEST = "train", "validation", "test"

READERS: Mapping[str, Callable[[BinaryIO, str, Reading], Table]] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".parquet": read_parquet,
    **dict.fromkeys((".conll", ".bio", ".iob"), read_conll),
}
"""Suffix -> reader. A `.gz` may follow the suffix."""

_TEXT = ".txt"
_SPREADSHEETS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"})
_USUAL_NAMES = {
    **{name: name for name in (TRAIN, VALIDATION, TEST)},
    "training": TRAIN,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
}
_SHARD = re.compile(r"-\d+-of-\d+$")


def read_splits(where: str, how: Reading = AS_USUAL) -> dict[str, Table]:
    """All rows that `where` names, by split.

    Args:
        where: A file; a folder that `save_to_disk` of `datasets` has written; a folder of files
            named after their splits (`train.csv`, `validation.csv`, `test.csv`); or a name on the
            Hugging Face hub.
        how: How files are read.

    Returns:
        Split -> rows; one split named `train` where there are no splits. The usual other names of
        `train`, `validation` and `test` are brought to these.

    Raises:
        DataError: There is no such thing, or it cannot be read.
    """
    path = Path(os.path.expanduser(where))
    name = where if where.isprintable() else shown(where)
    if os.path.isfile(path):  # unlike Path's, it says no to names that no file can have
        return {TRAIN: read_file(path, name, how)}
    if where and os.path.isdir(path):
        found = _read_folder(path, name, how)
    elif asks_hub(where):
        found = _with_usual_names(read_hub(where), where)
    else:
        raise DataError(_not_there(path, name))
    return {split: replace(table, reading=how) for split, table in found.items()}


def require_there(where: str) -> None:
    """Refuse what is neither here nor a name that the hub could know.

    Raises:
        DataError: It is neither.
    """
    path = Path(os.path.expanduser(where))
    is_there = where and (os.path.isfile(path) or os.path.isdir(path))
    if not is_there and not asks_hub(where):
        raise DataError(_not_there(path, where if where.isprintable() else shown(where)))


def asks_hub(where: str) -> bool:
    """Whether `read_splits` asks the Hugging Face hub for these rows: they are no file here."""
    there = bool(where) and os.path.exists(os.path.expanduser(where))
    return not there and not _looks_like_a_path(where) and is_hub_name(where)


def preferred_split(splits: Mapping[str, Table], preferred: Sequence[str], where: str) -> Table:
    """The first of the preferred splits that there is, or else the only split.

    Args:
        splits: Split -> rows.
        preferred: Names of splits.
        where: What messages call all of them.

    Raises:
        DataError: There are several splits, and none is preferred.
    """
    for split in preferred:
        if split in splits:
            return splits[split]
    if len(splits) > 1:
        raise DataError(
            f"{where} has the splits {listed(list(splits))}: expected {' or '.join(preferred)}, or "
            f"one split only; name a file"
        )
    return next(iter(splits.values()))


def read_file(path: Path, name: str, how: Reading = AS_USUAL) -> Table:
    """The rows of one file, by the reader of its suffix.

    Args:
        path: The file.
        name: What messages call it.
        how: How it is read; a file of any suffix can be read whose delimiter is known.

    Raises:
        DataError: Its suffix is unknown, or it cannot be read.
    """
    reader = READERS.get(_suffix(path))
    if reader is None and how.delimiter is not None:
        reader = read_csv
    if reader is None and path.suffix.lower() == _TEXT:
        reader = read_conll
    if reader is None:
        raise DataError(_unknown_kind(path, name))
    with opened(path, name) as file:
        if is_empty(file):
            raise DataError(f"{name} is empty: expected one row or more")
        if path.suffix.lower() == _TEXT and reader is read_conll and not holds_tags(file, how):
            raise DataError(_unknown_kind(path, name))
        return replace(reader(file, name, how), reading=how)


def _unknown_kind(path: Path, name: str) -> str:
    if path.suffix.lower() in _SPREADSHEETS:
        return (
            f"{name} is a spreadsheet: expected a file of rows such as CSV; save it from there as "
            f"CSV UTF-8 (.csv)"
        )
    return (
        f"{name} has an unknown format: expected a name that ends in {', '.join(READERS)}, or in "
        f"one of these and .gz; rename the file, or name its field separator with `delimiter`"
    )


def stem(where: str) -> str:
    """What the rows that `where` names are called: `reviews` for `/data/reviews.csv.gz`."""
    path = Path(where.split(":")[0] if not os.path.exists(where) else where)
    return decoded(path.name.removesuffix("".join(_suffixes(path))) or path.resolve().name)


def _suffix(path: Path) -> str:
    return next(iter(_suffixes(path)), "").lower()


def _suffixes(path: Path) -> list[str]:
    compressed = path.suffix.lower() == ".gz"
    kept = path.suffixes[-2:] if compressed else path.suffixes[-1:]
    return kept if kept and kept[0].lower() in READERS else []


def _read_folder(path: Path, where: str, how: Reading) -> dict[str, Table]:
    if (path / "dataset_dict.json").is_file() or (path / "state.json").is_file():
        return _with_usual_names(_read_saved(path, where), where)
    files = _files_of_rows(path)
    if not files:
        raise DataError(
            f"folder {where} has no rows: expected what save_to_disk writes, or files such as "
            f"train.csv; give another folder or a file"
        )
    return _with_usual_names(_read_files(files, how), where)


def _files_of_rows(folder: Path) -> list[Path]:
    """By their names; where there are no others, text files that are named after splits."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    texts = (f for f in files if f.suffix.lower() == _TEXT and f.stem.lower() in _USUAL_NAMES)
    return [file for file in files if _suffix(file) in READERS] or list(texts)


def _read_saved(path: Path, where: str) -> dict[str, Table]:
    from datasets import DatasetDict, load_from_disk

    try:
        saved = load_from_disk(str(path))
        splits = saved if isinstance(saved, DatasetDict) else {TRAIN: saved}
        return {split: dataset_table(rows, f"{where}, {split}") for split, rows in splits.items()}
    except DataError:
        raise
    except Exception as error:  # A damaged folder fails in ways that nothing lists
        raise DataError(
            f"folder {where} cannot be read ({first_line(error)}): expected what save_to_disk of "
            f"datasets writes; save it again"
        ) from None


def _read_files(files: list[Path], how: Reading) -> dict[str, Table]:
    tables = {}
    for file in files:
        split = _SHARD.sub("", stem(str(file)).removesuffix(_TEXT))
        if split in tables:
            raise DataError(
                f"{file} is one of several files of the split {split}: expected one; "
                f"join them, or name one file"
            )
        tables[split] = read_file(file, str(file), how)
    return tables


def _with_usual_names(tables: dict[str, Table], where: str) -> dict[str, Table]:
    named: dict[str, Table] = {}
    for split, table in tables.items():
        usual = _USUAL_NAMES.get(split.lower(), split)
        if usual in named:
            raise DataError(
                f"{where} has several splits that mean {usual} ({listed(list(tables))}): "
                f"expected one; name a file"
            )
        named[usual] = table
    return named


def _looks_like_a_path(where: str) -> bool:
    return bool(_suffixes(Path(where))) or where.startswith((".", "~", "/")) or "\\" in where


def _not_there(path: Path, where: str) -> str:
    if where and os.path.exists(path):  # a pipe or a device, say
        return (
            f"{where} is {NOT_REGULAR}: expected a file of rows, or a folder; save the rows in one"
        )
    names = os.listdir(path.parent) if os.path.isdir(path.parent) else []
    guess = near(path.name, names, show=plain, end=" ")
    return (
        f"no such file or folder: {where}; {guess}expected a file, a folder or a name on the "
        f"Hugging Face hub"
    )
