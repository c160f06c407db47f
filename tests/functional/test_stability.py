"""Distances between hidden states, against closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune.functional import DISTANCES, Distance, squared_displacement

MASK = torch.tensor([[1, 1, 0], [1, 1, 1]])


def states() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    still = torch.randn(2, 3, 5, dtype=torch.float64, generator=generator)
    return still + 0.1 * torch.randn(2, 3, 5, dtype=torch.float64, generator=generator), still


def test_absolute_is_the_mean_square_over_real_tokens_and_width() -> None:
    moved, still = states()
    squares = (moved - still).square()
    expected = torch.stack([squares[0, :2].mean(), squares[1].mean()])
    torch.testing.assert_close(squared_displacement(moved, still, MASK), expected)


def test_relative_is_the_ratio_of_squared_lengths() -> None:
    moved, still = states()
    ratio = (moved - still).square().sum(-1) / still.square().sum(-1)
    expected = torch.stack([ratio[0, :2].mean(), ratio[1].mean()])
    measured = squared_displacement(moved, still, MASK, distance="relative")
    torch.testing.assert_close(measured, expected)


def test_standardised_is_twice_one_minus_the_correlation() -> None:
    """For standardised x and y: mean (x - y)^2 = 2 (1 - correlation)."""
    moved, still = states()
    correlation = torch.corrcoef(torch.stack([moved[1, 2], still[1, 2]]))[0, 1]
    measured = squared_displacement(
        moved[1:, 2:], still[1:, 2:], torch.ones(1, 1), distance="standardised"
    )
    torch.testing.assert_close(measured[0], 2 * (1 - correlation), rtol=1e-9, atol=0)


def test_scatter_is_the_ratio_of_noise_to_signal() -> None:
    moved, still = states()
    real = torch.cat([still[0, :2], still[1]])
    variance = real.var(dim=0, correction=0).mean()
    expected = squared_displacement(moved, still, MASK) / variance
    measured = squared_displacement(moved, still, MASK, distance="scatter")
    torch.testing.assert_close(measured, expected)


def test_only_scatter_is_blind_to_tokens_becoming_alike() -> None:
    """x -> c + x / 100 for every token: less signal and less noise, in proportion."""
    moved, still = states()
    common = torch.linspace(-2.0, 3.0, 5, dtype=torch.float64)

    def change(distance: Distance) -> float:
        before, after = (
            squared_displacement(common + s * moved, common + s * still, MASK, distance=distance)
            for s in (1.0, 0.01)
        )
        return float((after / before).max())

    assert change("scatter") == pytest.approx(1.0, rel=1e-6)
    assert all(change(other) < 1e-3 for other in DISTANCES if other != "scatter")


def test_pads_neither_move_nor_count_in_the_scatter() -> None:
    moved, still = states()
    one = squared_displacement(moved, still, MASK, distance="scatter")
    moved[0, 2], still[0, 2] = 100.0, -100.0
    torch.testing.assert_close(squared_displacement(moved, still, MASK, distance="scatter"), one)


def test_equal_tokens_do_not_blow_the_scatter_distance_up() -> None:
    still = torch.ones(2, 3, 5, requires_grad=True)
    found = squared_displacement(still + 1e-3, still, MASK, distance="scatter")
    torch.testing.assert_close(found, torch.ones(2), rtol=1e-3, atol=0)
    found.sum().backward()
    assert still.grad is not None and still.grad.abs().max() < 1e-3


@pytest.mark.parametrize("distance", ["relative", "standardised", "scatter"])
def test_scaling_both_states_changes_nothing(distance: Distance) -> None:
    moved, still = states()
    one, other = (
        squared_displacement(scale * moved, scale * still, MASK, distance=distance)
        for scale in (1.0, 0.01)
    )
    torch.testing.assert_close(one, other, rtol=1e-6, atol=0)


@pytest.mark.parametrize("distance", DISTANCES)
def test_gradients_are_right_and_finite_where_a_token_is_zero(distance: Distance) -> None:
    moved, still = (x.clone().requires_grad_() for x in states())
    assert torch.autograd.gradcheck(
        lambda m, s: squared_displacement(m, s, MASK, distance=distance), (moved, still)
    )
    zeros = torch.zeros(1, 1, 5, requires_grad=True)
    squared_displacement(zeros, zeros, torch.ones(1, 1), distance=distance).sum().backward()
    assert zeros.grad is not None and zeros.grad.isfinite().all()


def test_a_single_token_has_no_others_to_lie_apart_from() -> None:
    still = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    mask = torch.tensor([[1, 0, 0]])
    value = squared_displacement(still + 0.1, still, mask, distance="scatter").sum()
    (gradient,) = torch.autograd.grad(value, still)
    assert value == 0
    assert not gradient.any()
