"""The features of a task, made once for each task, model and length in a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ..models import CAREFUL, Trust, load_tokenizer, resolve_model
from ..tasks import Encoded, Encoding, Task

_KEPT = 8


def encode_splits(
    task: Task,
    model: str,
    encoding: Encoding,
    splits: tuple[str, ...],
    trust: Trust = CAREFUL,
) -> Mapping[str, Encoded]:
    """The features of some splits of a task.

    Runs that differ in method or seed share them: a warm process makes them once.

    Args:
        task: The task; its content hash is part of what is remembered.
        model: As for `steadytune.models.resolve_model`.
        encoding: How texts become token numbers.
        splits: The splits that are wanted, in their order.
        trust: What of the model's files may be read.
    """
    return _encode_splits(task, resolve_model(model, trust), encoding, splits, trust)


@lru_cache(maxsize=_KEPT)
def _encode_splits(
    task: Task, folder: Path, encoding: Encoding, splits: tuple[str, ...], trust: Trust
) -> Mapping[str, Encoded]:
    tokenizer = load_tokenizer(str(folder), trust)
    encode = task.problem.encode
    return MappingProxyType(
        {split: encode(task.splits[split], task.columns, tokenizer, encoding) for split in splits}
    )
