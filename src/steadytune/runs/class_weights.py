"""Classes that weigh alike however many rows they have: the loss is recomputed from the logits.

It stands on the model itself, so that it holds for every pass of every method.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .._model.unwrapped import unwrap


def balanced_weights(labels: Sequence[int], classes: int) -> Tensor:
    """Weights inverse to the share of each class, with mean 1 over the rows, (classes,).

    Class c with n_c of n rows gets n / (k n_c), k being the number of classes that occur; a class
    that does not occur gets 1. These are scikit-learn's `class_weight="balanced"`.

    Args:
        labels: The class of every training row.
        classes: Number of classes.
    """
    counts = Counter(labels)
    return torch.tensor(
        [len(labels) / (len(counts) * counts[c]) if counts[c] else 1.0 for c in range(classes)]
    )


@contextmanager
def weighted_loss(model: nn.Module, weights: Tensor) -> Iterator[None]:
    """Weigh each row's cross-entropy by its class, for as long as the block lasts.

    The loss of a batch is the sum of weight times cross-entropy over its rows, divided by the
    number of its rows, so that it does not depend on how a batch is cut into micro-batches.
    Weights that are all 1 leave the model's own loss as it is.

    Args:
        model: A classifier that returns `loss` and `logits` for `labels`.
        weights: One a class.
    """
    if bool((weights == 1).all()):
        yield
        return

    def recompute(module: nn.Module, args: Any, given: Mapping[str, Any], outputs: Any) -> Any:
        labels = given.get("labels")
        if labels is None:
            return outputs
        logits = outputs["logits"].float()
        each = nn.functional.cross_entropy(logits, labels.view(-1), reduction="none")
        outputs["loss"] = (weights.to(logits.device)[labels.view(-1)] * each).mean()
        return outputs

    handle = unwrap(model).register_forward_hook(recompute, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
