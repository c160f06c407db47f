"""Mixed weights against the formula, by hand and by simulation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune import functional


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pair(*shape: int) -> tuple[Tensor, Tensor]:
    generator = seeded(7)
    weight, start = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return weight, start


class TestMask:
    @pytest.mark.parametrize("p", [0.1, 0.5, 0.7, 0.9])
    def test_share_of_zeros_and_scale(self, p: float) -> None:
        mask = functional.mixing_mask((1000, 999), p, seeded())
        assert mask.unique().tolist() == [0.0, pytest.approx(1 / (1 - p), rel=2e-4)]
        assert (mask == 0).double().mean() == pytest.approx(p, abs=2e-3)
        assert mask.mean() == pytest.approx(1, abs=1e-2)

    @pytest.mark.parametrize("p", [1e-7, 1e-4, 1 / 3, 0.9, 0.999])
    def test_the_mean_is_one_exactly(self, p: float) -> None:
        """The scale is that of the p that 16 bits can draw."""
        mask = functional.mixing_mask((300, 300), p, seeded())
        kept = 2**16 - round(p * 2**16)
        assert mask.max().item() == pytest.approx(2**16 / kept, rel=1e-6)

    def test_extremes(self) -> None:
        assert torch.equal(functional.mixing_mask((3, 5), 0.0, seeded()), torch.ones(3, 5))
        assert (functional.mixing_mask((30, 50), 1 - 1e-9, seeded()) == 0).double().mean() > 0.99

    def test_odd_sizes_and_repeatability(self) -> None:
        for shape in ((1, 1), (1, 7), (5, 3)):
            one, two = (functional.mixing_mask(shape, 0.5, seeded(4)) for _ in range(2))
            assert one.shape == shape and torch.equal(one, two)

    def test_entries_are_independent(self) -> None:
        kept = functional.mixing_mask((400, 400), 0.5, seeded()) > 0
        for other in (kept.roll(1, 1), kept.roll(1, 0), kept.roll(4, 1), kept.T):
            assert (kept == other).double().mean() == pytest.approx(0.5, abs=0.01)


class TestMixedWeight:
    def test_both_forms_of_the_formula(self) -> None:
        weight, start = pair(40, 30)
        p = 0.5
        mask = functional.mixing_mask((40, 30), p, seeded()).double()
        kept = (mask > 0).double()
        expected = ((1 - kept) * start + kept * weight - p * start) / (1 - p)
        torch.testing.assert_close(functional.mixed_weight(weight, start, mask), expected)

    def test_where_the_mask_is_zero_it_is_the_start_bit_for_bit(self) -> None:
        weight, start = pair(20, 20)
        mask = functional.mixing_mask((20, 20), 0.7, seeded())
        mixed = functional.mixed_weight(weight, start, mask)
        assert torch.equal(mixed[mask == 0], start[mask == 0])

    @pytest.mark.parametrize("p", [0.5, 0.9])
    def test_mean_and_variance_over_masks(self, p: float) -> None:
        """E w~ = w and Var w~ = p / (1 - p) (w - u)^2."""
        weight, start = pair(3, 4)
        count = 20000
        generator = seeded()
        total, squares = torch.zeros(3, 4).double(), torch.zeros(3, 4).double()
        for _ in range(count):
            mixed = functional.mixed_weight(
                weight, start, functional.mixing_mask((3, 4), p, generator)
            )
            total += mixed - weight
            squares += (mixed - weight).square()
        variance = p / (1 - p) * (weight - start).square()
        error = (variance / count).sqrt()
        assert ((total / count).abs() < 5 * error).all()
        torch.testing.assert_close(squares / count, variance, rtol=0.15, atol=0)

    def test_gradient_is_the_mask_over_one_minus_p(self) -> None:
        """Not the bare mask, by which public code is too small by 1 - p."""
        weight, start = pair(6, 5)
        mask = functional.mixing_mask((6, 5), 0.9, seeded(2)).double()
        assert mask.max() > 9.9
        weight.requires_grad_()
        functional.mixed_weight(weight, start, mask).sum().backward()
        assert weight.grad is not None and torch.equal(weight.grad, mask)

    @pytest.mark.parametrize("shape", [(6, 5), (1, 5), (6, 1)])
    def test_gradcheck(self, shape: tuple[int, int]) -> None:
        weight, start = pair(6, 5)
        mask = functional.mixing_mask(shape, 0.7, seeded()).double()
        weight.requires_grad_()
        assert torch.autograd.gradcheck(
            lambda w: functional.mixed_weight(w, start, mask), (weight,)
        )

    def test_start_zero_is_dropout_of_weights(self) -> None:
        weight, _ = pair(6, 5)
        mask = functional.mixing_mask((6, 5), 0.5, seeded())
        zero = torch.zeros(1, 1, dtype=torch.float64)
        torch.testing.assert_close(functional.mixed_weight(weight, zero, mask), weight * mask)

    def test_half_precision_is_mixed_in_float32(self) -> None:
        weight, start = (part.bfloat16() for part in pair(20, 20))
        mask = functional.mixing_mask((20, 20), 0.7, seeded())
        exact = torch.lerp(start.float(), weight.float(), mask)
        assert torch.equal(functional.mixed_weight(weight, start, mask), exact.bfloat16())
