"""Noise for word embeddings: its size, its mean, and where it is zero."""

from __future__ import annotations

import pytest
import torch

from steadytune.functional import length_scaled_noise, uniform_of_unit_variance


def draws(examples: int = 3, tokens: int = 5, width: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(examples, tokens, width, generator=generator, dtype=torch.float64)


def test_uniform_noise_of_unit_variance_in_closed_form() -> None:
    ends = uniform_of_unit_variance(torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64))
    torch.testing.assert_close(ends.square(), torch.tensor([3.0, 0.0, 3.0]).double())
    many = uniform_of_unit_variance(draws(100, 20, 10))
    assert many.var().item() == pytest.approx(1.0, rel=0.02)
    assert abs(many.mean().item()) < 0.02


def test_in_closed_form() -> None:
    mask = torch.tensor([[1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]])
    unit = draws()
    noise = length_scaled_noise(unit, mask, 6.0)
    for example, length in enumerate((3, 1, 5)):
        expected = (2 * unit[example] - 1) * 6.0 / (length * 4) ** 0.5
        real = mask[example].bool()
        torch.testing.assert_close(noise[example][real], expected[real])
        assert not noise[example][~real].any()


@pytest.mark.parametrize("length", [1, 7, 64])
def test_expected_squared_norm_does_not_depend_on_the_length(length: int) -> None:
    mask = torch.zeros(400, 64)
    mask[:, :length] = 1
    noise = length_scaled_noise(draws(400, 64, 16), mask, 3.0)
    assert noise.square().sum((1, 2)).mean().item() == pytest.approx(3.0, rel=0.1)
    assert noise[mask.bool()].mean().abs().item() < 0.05


def test_the_largest_draws_have_the_magnitude_as_norm() -> None:
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    noise = length_scaled_noise(torch.zeros(2, 3, 8), mask, 2.5)
    torch.testing.assert_close(noise.flatten(1).norm(dim=1), torch.tensor([2.5, 2.5]))


def test_an_example_of_pads_alone_gets_no_noise() -> None:
    noise = length_scaled_noise(torch.zeros(1, 3, 2), torch.zeros(1, 3), 1.0)
    assert torch.equal(noise, torch.zeros(1, 3, 2))
