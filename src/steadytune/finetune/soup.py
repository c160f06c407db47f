"""Weights averaged over runs, greedily: a run is taken in if the validation rows do not suffer.

Wortsman, Ilharco, Gadre, Roelofs, Gontijo-Lopes, Morcos, Namkoong, Farhadi, Carmon, Kornblith,
Schmidt: Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time, ICML 2022, arXiv 2203.05482.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from .._exceptions import ModelError

Weights = dict[str, Tensor]


def average_weights(models: Sequence[Mapping[str, Tensor]]) -> Weights:
    """The mean of each tensor over models, in its own type; whole numbers are the first model's.

    Raises:
        ModelError: If the models do not have the same tensors.
    """
    first = models[0]
    for other in models[1:]:
        shapes = [{name: tensor.shape for name, tensor in m.items()} for m in (first, other)]
        if shapes[0] != shapes[1]:
            raise ModelError("weights of different models cannot be averaged: shapes differ")
    return {name: _mean([model[name] for model in models]) for name in first}


def greedy_soup(
    members: Sequence[int],
    dev: Mapping[int, float],
    score: Callable[[Sequence[int]], float],
) -> tuple[int, ...]:
    """Which members to average.

    From the best one on, in the order of their own scores, each is added if the average of the
    weights then scores at least as high as without it.

    Args:
        members: Names of the members, in an order that decides between equal scores.
        dev: Member -> its own score on the validation rows.
        score: The score of the average of members.
    """
    ranked = sorted(members, key=lambda member: -dev[member])
    taken: tuple[int, ...] = (ranked[0],)
    best = dev[ranked[0]]
    for member in ranked[1:]:
        found = score((*taken, member))
        if found >= best:
            taken, best = (*taken, member), found
    return taken


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    if not tensors[0].is_floating_point():
        return tensors[0]
    total = torch.zeros_like(tensors[0], dtype=torch.float64)
    for tensor in tensors:
        total += tensor.double()
    return (total / len(tensors)).to(tensors[0].dtype)
