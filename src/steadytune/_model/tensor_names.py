"""The names of tensors in checkpoints: transformers may save others than it loads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import PreTrainedModel

from .._exceptions import ModelError
from .unwrapped import unwrap

# What transformers keeps of a file's names while it loads a model, to save it under these again.
_RENAMINGS = "_weight_conversions"


@contextmanager
def saved_by_own_names(model: Any) -> Iterator[None]:
    """Within, a model is saved under the names of its own parameters.

    transformers saves a model under the names that its pretrained file had (`LayerNorm.gamma`),
    which `from_pretrained` reads. A trainer that goes on from a checkpoint, or takes the best one,
    loads it by the parameters' names and passes over all others.
    """
    saved = unwrap(model)
    if not isinstance(saved, PreTrainedModel):
        yield
        return
    before = vars(saved).get(_RENAMINGS)
    setattr(saved, _RENAMINGS, [])
    try:
        yield
    finally:
        if before is None:
            delattr(saved, _RENAMINGS)
        else:
            setattr(saved, _RENAMINGS, before)


def require_known_names(unexpected: list[str]) -> None:
    """Refuse a checkpoint with tensors that were not loaded.

    Args:
        unexpected: Tensors of the checkpoint that the model has no parameter for.

    Raises:
        ModelError: If there are any.
    """
    if unexpected:
        raise ModelError(
            f"{len(unexpected)} tensors of the checkpoint have names that the model does not know, "
            f"such as {unexpected[0]}: it was saved by another version or for another model; "
            "remove the checkpoints to train from the start"
        )
