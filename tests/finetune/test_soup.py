"""Averages of weights, and the greedy choice among them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from steadytune import ModelError
from steadytune.finetune.soup import average_weights, greedy_soup


def test_the_average_is_the_mean_in_the_type_of_the_weights() -> None:
    one = {"w": torch.tensor([1.0, 3.0], dtype=torch.bfloat16), "ids": torch.tensor([0, 1])}
    other = {"w": torch.tensor([2.0, 5.0], dtype=torch.bfloat16), "ids": torch.tensor([0, 1])}
    found = average_weights([one, other])
    assert torch.equal(found["w"], torch.tensor([1.5, 4.0], dtype=torch.bfloat16))
    assert torch.equal(found["ids"], torch.tensor([0, 1]))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ModelError, match="cannot be averaged"):
        average_weights([{"w": torch.zeros(2)}, {"w": torch.zeros(3)}])


def test_a_member_is_added_if_dev_does_not_fall() -> None:
    asked: list[tuple[int, ...]] = []
    scores = {(2, 1): 0.7, (2, 3): 0.9, (2, 3, 4): 0.9}

    def score(seeds: Sequence[int]) -> float:
        asked.append(tuple(seeds))
        return scores[tuple(seeds)]

    assert greedy_soup([1, 2, 3, 4], {1: 0.75, 2: 0.8, 3: 0.7, 4: 0.6}, score) == (2, 3, 4)
    assert asked == [(2, 1), (2, 3), (2, 3, 4)]


def test_equal_members_are_tried_in_the_order_that_is_given() -> None:
    assert greedy_soup([3, 1], {1: 0.5, 3: 0.5}, lambda seeds: 0.4) == (3,)
