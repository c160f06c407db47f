"""Texts without labels that a run's method measures on beside the training examples."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._exceptions import DataError
from .._untrusted import read_regular
from ..records.spec import RunSpec
from ..tasks.files import SENTENCES, Table, holds_tags, read_texts, unlabelled_rows
from .encoded import encoding_of_run

if TYPE_CHECKING:
    from ..tasks import Task

_LINES = ".txt"
_LARGEST = 2**30


def hash_of(where: str) -> str:
    """Content hash of a file of texts, sixteen hexadecimal digits.

    Raises:
        DataError: If it cannot be read.
    """
    digest = hashlib.blake2b(_content(where), digest_size=8)
    return digest.hexdigest()


def unlabelled_texts(spec: RunSpec, task: Task, tokenizer: Any) -> Any:
    """The encoded texts of a run; None where it has none.

    Raises:
        DataError: If the file cannot be read, or is not the one that the run was planned with.
    """
    if spec.unlabelled is None:
        return None
    if spec.unlabelled_hash and hash_of(spec.unlabelled) != spec.unlabelled_hash:
        raise DataError(f"{spec.unlabelled} has changed since the run was planned; plan it again")
    rows = texts_of(spec.unlabelled, task.columns)
    encoding = encoding_of_run(spec, task)
    return task.problem.encode(rows, task.columns, tokenizer, encoding).dataset


def texts_of(where: str, columns: tuple[str, ...]) -> Any:
    """The texts of a file as rows: one per line of a `.txt` file, else as labelled rows are read.

    Args:
        where: The file.
        columns: The text columns of the task.

    Raises:
        DataError: If it cannot be read, has no text, or has lines where pairs are needed.
    """
    if Path(where).suffix.lower() != _LINES or (
        columns == SENTENCES and holds_tags(io.BytesIO(_content(where)))
    ):
        return read_texts(where, columns).dataset
    if len(columns) > 1:
        raise DataError(
            f"{where} has one text per line, and this task has {len(columns)} texts per row "
            f"({', '.join(columns)}); give a file of rows, such as CSV or JSON lines"
        )
    try:
        # Other characters that `splitlines` takes for the end of a line stand within texts.
        lines = re.split(r"\r?\n", _content(where).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} is not UTF-8 (byte {error.start + 1}); save it as UTF-8"
        ) from None
    kept = {number: line for number, line in enumerate(lines, 1) if line.strip()}
    if not kept:
        raise DataError(f"{where} has no text; expected one per line")
    table = Table(where, {columns[0]: list(kept.values())}, list(kept), "line")
    return unlabelled_rows(table, columns, columns).dataset


def _content(where: str) -> bytes:
    try:
        return read_regular(where, _LARGEST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{where} cannot be read ({reason}); give `unlabelled` a file of texts"
        ) from None
