"""Sizes, directions and projections of perturbations against their definitions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadytune.functional import (
    ascent_direction,
    on_real_tokens,
    perturbation_norm,
    project_to_ball,
)

DELTA = torch.tensor([[[3.0, -4.0], [0.0, 0.0]], [[1.0, 2.0], [-2.0, 4.0]]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("norm", "extent", "expected"),
    [
        ("linf", "token", [[[4.0], [0.0]], [[2.0], [4.0]]]),
        ("linf", "example", [[[4.0]], [[4.0]]]),
        ("l2", "token", [[[5.0], [0.0]], [[math.sqrt(5)], [math.sqrt(20)]]]),
        ("l2", "example", [[[5.0]], [[5.0]]]),
    ],
)
def test_sizes_by_hand(norm, extent, expected) -> None:
    found = perturbation_norm(DELTA, norm, extent)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("extent", ["token", "example"])
class TestEveryBall:
    def test_direction_has_size_one_and_the_gradients_sense(self, norm, extent) -> None:
        direction = ascent_direction(DELTA, norm, extent)
        size = perturbation_norm(DELTA, norm, extent)
        torch.testing.assert_close(direction * size, DELTA)
        assert torch.equal(perturbation_norm(direction, norm, extent) > 0, size > 0)

    @pytest.mark.parametrize("scale", [1e-36, 1e-20, 1e30])
    def test_direction_survives_tiny_and_huge_gradients(self, norm, extent, scale) -> None:
        gradient = (DELTA * scale).float()
        expected = ascent_direction(DELTA, norm, extent).float()
        torch.testing.assert_close(ascent_direction(gradient, norm, extent), expected)

    def test_projection_leaves_what_is_inside_as_it_is(self, norm, extent) -> None:
        assert torch.equal(project_to_ball(DELTA, 5.0, norm, extent), DELTA)

    def test_projection_is_the_nearest_point_of_the_ball(self, norm, extent) -> None:
        draws = torch.Generator().manual_seed(0)
        nearest = project_to_ball(DELTA, 1.0, norm, extent)
        best = (nearest - DELTA).square().sum((-2, -1))
        for _ in range(200):
            noise = torch.randn(DELTA.shape, generator=draws, dtype=DELTA.dtype)
            other = project_to_ball(nearest + 0.1 * noise, 1.0, norm, extent)
            assert ((other - DELTA).square().sum((-2, -1)) >= best - 1e-12).all()

    def test_radius_zero_leaves_nothing(self, norm, extent) -> None:
        assert torch.equal(project_to_ball(DELTA, 0.0, norm, extent), torch.zeros_like(DELTA))


def test_examples_do_not_touch_each_other() -> None:
    alone = project_to_ball(DELTA[:1], 1.0, "l2", "example")
    assert torch.equal(project_to_ball(DELTA, 1.0, "l2", "example")[:1], alone)


@given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=6, max_size=6),
    # Below 1e-30 the squares of a radius are no float32 any more.
    st.just(0.0) | st.floats(2**-99, 10, width=32),
    st.sampled_from(["token", "example"]),
)
def test_projection_is_inside(values: list[float], radius: float, extent) -> None:
    delta = torch.tensor(values).reshape(1, 2, 3)
    assert (
        perturbation_norm(project_to_ball(delta, radius, "linf", extent), "linf", extent).max()
        <= radius
    )
    size = perturbation_norm(project_to_ball(delta, radius, "l2", extent), "l2", extent)
    assert size.max() <= radius * (1 + 1e-6)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.bool])
def test_pads_are_zero_whatever_stands_there(dtype: torch.dtype) -> None:
    delta = DELTA.clone()
    delta[0, 1] = math.nan
    mask: Tensor = torch.tensor([[1, 0], [1, 1]]).to(dtype)
    found = on_real_tokens(delta, mask)
    assert torch.equal(found[0, 1], torch.zeros(2, dtype=delta.dtype))
    assert torch.equal(found[1], DELTA[1])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_subnormal_numbers_make_no_nan(norm) -> None:
    """Processors may flush them to zero in a division and not in a comparison."""
    delta = torch.zeros(1, 2, 3)
    delta[0, 1, 2] = 2.8e-45
    assert ascent_direction(delta, norm, "token").abs().max() < 1e-30
    assert perturbation_norm(delta, norm, "token").max() < 1e-30
    assert project_to_ball(delta, 0.0, norm, "token").abs().max() < 1e-30
