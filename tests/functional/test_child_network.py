"""The largest share of scores over several tensors."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadytune.functional import largest_share


def test_scores_compete_over_all_tensors() -> None:
    masks = largest_share([torch.tensor([[5.0, 1.0], [2.0, 0.5]]), torch.tensor([3.0, 4.0])], 0.5)
    assert masks[0].tolist() == [[True, False], [False, False]]
    assert masks[1].tolist() == [True, True]


@given(
    st.lists(st.integers(1, 1000).map(float), min_size=1, max_size=30, unique=True),
    st.floats(0.01, 1.0),
)
def test_as_sorting_gives(scores: list[float], share: float) -> None:
    (mask,) = largest_share([torch.tensor(scores)], share)
    kept = sorted(score for score, keep in zip(scores, mask.tolist(), strict=True) if keep)
    assert kept == sorted(scores)[-max(1, round(share * len(scores))) :]


def test_equal_scores_at_the_threshold_are_all_kept() -> None:
    (mask,) = largest_share([torch.tensor([1.0, 2.0, 2.0, 3.0])], 0.5)
    assert mask.tolist() == [False, True, True, True]


def test_scores_of_zero_are_never_among_the_largest() -> None:
    (mask,) = largest_share([torch.tensor([0.0, 0.0, 0.0, 1.0])], 0.75)
    assert mask.tolist() == [False, False, False, True]


def test_the_whole_share_keeps_everything() -> None:
    (mask,) = largest_share([torch.zeros(3)], 1.0)
    assert mask.all()


@pytest.mark.parametrize("share", [1e-6, 0.1])
def test_at_least_one_is_kept(share: float) -> None:
    (mask,) = largest_share([torch.tensor([1.0, 3.0, 2.0])], share)
    assert mask.tolist() == [False, True, False]
