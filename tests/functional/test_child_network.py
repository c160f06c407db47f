"""Masks of child networks: drawn, chosen by score, and applied."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadytune import ConfigError
from steadytune.functional import bernoulli_mask, held_in_place, largest_share


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


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_scores_without_a_place_in_the_order_are_refused(odd: float, share: float) -> None:
    with pytest.raises(ConfigError, match="1 of 3 scores are infinite or not a number"):
        largest_share([torch.tensor([1.0, odd]), torch.tensor([2.0])], share)


@pytest.mark.parametrize("share", [1e-3, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_drawn_masks_have_the_share(share: float, dtype: torch.dtype) -> None:
    like = torch.zeros(401, 503, dtype=dtype)
    mask = bernoulli_mask(like, share, torch.Generator().manual_seed(0))
    assert (mask.dtype, mask.shape) == (like.dtype, like.shape)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    spread = (share * (1 - share) / like.numel()) ** 0.5
    assert mask.double().mean().item() == pytest.approx(share, abs=5 * spread + 2**-16)


def test_drawn_masks_are_independent_in_every_direction() -> None:
    mask = bernoulli_mask(torch.zeros(400, 400), 0.5, torch.Generator().manual_seed(0)) - 0.5
    for shift in (1, 2, 3, 4, 8):
        for axis in (0, 1):
            assert (mask * mask.roll(shift, axis)).mean().abs() < 0.25 * 5 / 400


def test_the_whole_share_is_all_ones() -> None:
    assert bernoulli_mask(torch.zeros(1000), 1.0, torch.Generator()).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_what_is_held_and_what_is_not_are_exact(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    before = torch.randn(10_000, generator=generator).exp().to(dtype)
    moved = (torch.randn(10_000, generator=generator) * 10).to(dtype)
    mask = bernoulli_mask(before, 0.5, generator)
    expected = torch.where(mask.bool(), moved, before)
    assert torch.equal(held_in_place(moved, before, mask), expected)
