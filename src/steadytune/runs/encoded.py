"""The features of a task, made once for each task, model and length in a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from ..pretrained import Pretrained
from ..records.spec import RunSpec
from ..tasks import Encoded, Encoding, Task

_KEPT = 8


def encoding_of_run(spec: RunSpec, task: Task) -> Encoding:
    """How a run encodes its texts."""
    own = {} if spec.max_new_tokens is None else {"max_new_tokens": spec.max_new_tokens}
    return Encoding(spec.max_length, spec.stride, label_names=task.label_names, **own)


@lru_cache(maxsize=_KEPT)
def encode_splits(
    task: Task,
    model: Pretrained,
    encoding: Encoding,
    splits: tuple[str, ...],
) -> Mapping[str, Encoded]:
    """The features of some splits of a task.

    Runs that differ in method or seed share them: a warm process makes them once.

    Args:
        task: The task; its content hash is part of what is remembered.
        model: The model whose tokenizer is used.
        encoding: How texts become token numbers.
        splits: The splits that are wanted, in their order.
    """
    tokenizer = model.tokenizer()
    encode = task.problem.encode
    return MappingProxyType(
        {split: encode(task.splits[split], task.columns, tokenizer, encoding) for split in splits}
    )
