"""Distances from the start, and noise on weights, against their definitions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune import functional
from steadytune.functional._weights import _squares


def draws(
    *shapes: tuple[int, ...], seed: int = 0, dtype: torch.dtype = torch.float64
) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]


SHAPES = [(7, 5), (3,), (2, 3, 4), ()]


class TestHalfSquaredDistance:
    def test_value(self) -> None:
        weights, starts = draws(*SHAPES), draws(*SHAPES, seed=1)
        expected = sum((w - s).square().sum() for w, s in zip(weights, starts, strict=True)) / 2
        torch.testing.assert_close(functional.half_squared_distance(weights, starts), expected)

    def test_gradcheck(self) -> None:
        weights, starts = draws(*SHAPES), draws(*SHAPES, seed=1)
        leaves = [weight.requires_grad_() for weight in weights]
        assert torch.autograd.gradcheck(
            lambda *w: 3 * functional.half_squared_distance(w, starts), leaves
        )

    def test_at_the_start_value_and_gradient_are_zero(self) -> None:
        (weight,) = draws((4, 3))
        weight.requires_grad_()
        distance = functional.half_squared_distance([weight], [weight.detach().clone()])
        distance.backward()
        assert distance == 0
        assert weight.grad is not None and torch.equal(weight.grad, torch.zeros(4, 3).double())

    def test_more_entries_than_one_block(self) -> None:
        weights, starts = draws((700, 601), dtype=torch.float32), draws((700, 601), seed=1)
        start = starts[0].float()
        expected = (weights[0].double() - start.double()).square().sum() / 2
        found = functional.half_squared_distance(weights, [start])
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=0)

    def test_transposed_memory(self) -> None:
        weight, start = draws((6, 4), (6, 4))
        found = functional.half_squared_distance([weight.T], [start.T])
        torch.testing.assert_close(found, (weight - start).square().sum() / 2)

    def test_half_precision_is_summed_in_float32(self) -> None:
        weight = torch.ones(300, 300, dtype=torch.bfloat16)
        found = functional.half_squared_distance([weight], [torch.zeros_like(weight)])
        assert found == 45000 and found.dtype == torch.float32

    def test_the_way_of_accelerators_gives_the_same(self) -> None:
        weights, starts = draws(*SHAPES), draws(*SHAPES, seed=1)
        weights[1], starts[1] = weights[1].float(), starts[1].float()
        expected = [(w - s).square().sum().double() for w, s in zip(weights, starts, strict=True)]
        torch.testing.assert_close(_squares(weights, starts), expected)

    def test_none_is_zero(self) -> None:
        assert functional.half_squared_distance([], []) == 0

    @pytest.mark.parametrize("moved", [(), (3,), (0, 17, 39), tuple(range(40))])
    def test_a_table_has_the_gradient_of_any_other_weight(self, moved: tuple[int, ...]) -> None:
        (start,) = draws((40, 6))
        weight = start.clone()
        weight[list(moved)] += 0.3
        weight.requires_grad_()
        distance = functional.half_squared_distance([weight], [start], tables=[0])
        torch.testing.assert_close(distance, (weight - start).square().sum() / 2)
        (task,) = draws((40, 6), seed=2)
        (distance * 0.7 + (weight * task).sum()).backward()
        assert weight.grad is not None and not weight.grad.is_sparse
        torch.testing.assert_close(weight.grad, 0.7 * (weight.detach() - start) + task)

    def test_few_moved_rows_of_a_table_make_a_sparse_gradient(self) -> None:
        (start,) = draws((40, 6))
        weight = start.clone()
        weight[[2, 5]] += 1.0
        weight.requires_grad_()
        functional.half_squared_distance([weight], [start], tables=[0]).backward()
        assert weight.grad is not None and weight.grad.is_sparse
        assert weight.grad.coalesce().indices().tolist() == [[2, 5]]


class TestLowRankDistance:
    def test_is_the_distance_of_the_products(self) -> None:
        up, down = draws((9, 2), (2, 7))
        start_up, start_down = draws((9, 2), (2, 7), seed=1)
        found = functional.half_squared_low_rank_distance(up, down, start_up, start_down)
        expected = (up @ down - start_up @ start_down).square().sum() / 2
        torch.testing.assert_close(found, expected)

    def test_a_small_move_is_not_lost_in_rounding(self) -> None:
        """The difference of two Gram sums would be rounding noise here."""
        start_up, start_down = draws((64, 4), (4, 64), dtype=torch.float32)
        up = start_up + 1e-4
        found = functional.half_squared_low_rank_distance(up, start_down, start_up, start_down)
        exact = ((up - start_up).double() @ start_down.double()).square().sum() / 2
        torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=0)

    def test_autocast_does_not_round_it(self) -> None:
        up, down, *starts = draws((9, 2), (2, 7), (9, 2), (2, 7), dtype=torch.float32)
        expected = functional.half_squared_low_rank_distance(up, down, *starts)
        with torch.autocast("cpu", torch.bfloat16):
            assert functional.half_squared_low_rank_distance(up, down, *starts) == expected

    def test_gradcheck(self) -> None:
        leaves = [leaf.requires_grad_() for leaf in draws((5, 2), (2, 4))]
        starts = draws((5, 2), (2, 4), seed=1)
        assert torch.autograd.gradcheck(
            lambda up, down: functional.half_squared_low_rank_distance(up, down, *starts), leaves
        )


class TestNoisyWeight:
    def test_formula(self) -> None:
        (weight,) = draws((6, 4))
        uniform = torch.rand(6, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
        found = functional.noisy_weight(weight, uniform, 0.2)
        torch.testing.assert_close(found, weight + 0.2 * weight.std() * (uniform - 0.5))

    def test_of_any_draws(self) -> None:
        weight, noise = draws((6, 4), (6, 4))
        found = functional.relatively_noisy_weight(weight, noise, 0.2)
        torch.testing.assert_close(found, weight + 0.2 * weight.std() * noise)

    def test_no_spread_no_noise(self) -> None:
        ones, single = torch.ones(5), torch.full((1,), 2.0)
        assert torch.equal(functional.noisy_weight(ones, torch.rand(5), 0.5), ones)
        assert torch.equal(functional.noisy_weight(single, torch.rand(1), 0.5), single)

    def test_half_precision_is_rounded_once(self) -> None:
        weight = draws((50, 50), dtype=torch.float32)[0].bfloat16()
        uniform = torch.rand(50, 50, generator=torch.Generator().manual_seed(3))
        exact = weight.float() + 0.1 * weight.float().std() * (uniform - 0.5)
        assert torch.equal(functional.noisy_weight(weight, uniform, 0.1), exact.bfloat16())
