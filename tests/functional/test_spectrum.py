"""Singular values, and the gradient under spectral normalisation, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune.functional import (
    largest_singular_value,
    normalised_weight_gradient,
    spectral_shrinkage,
)


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_largest_singular_value_and_its_vectors() -> None:
    weight = draws(3, 5)
    norm, left, right = largest_singular_value(weight)
    torch.testing.assert_close(norm, torch.linalg.matrix_norm(weight, 2))
    torch.testing.assert_close(weight @ right, norm * left)
    torch.testing.assert_close(weight.T @ left, norm * right)


def test_gradient_is_that_of_a_layer_that_divides_by_its_norm() -> None:
    weight = draws(3, 5)
    weight = (weight / torch.linalg.matrix_norm(weight, 2)).requires_grad_()
    inputs = draws(7, 5, seed=1)

    def loss(matrix: Tensor) -> Tensor:
        return (inputs @ matrix.T).sin().sum()

    (plain,) = torch.autograd.grad(loss(weight), weight)
    (divided,) = torch.autograd.grad(loss(weight / torch.linalg.matrix_norm(weight, 2)), weight)
    found = normalised_weight_gradient(plain, weight.detach())
    torch.testing.assert_close(found, divided)
    assert (found - plain).abs().max() > 0.1
    assert (found * weight).sum().abs() < 1e-12  # the weight's length does not matter


def test_a_weight_of_zeros_leaves_the_gradient_as_it_is() -> None:
    assert torch.equal(normalised_weight_gradient(draws(3, 5), torch.zeros(3, 5)), draws(3, 5))


def test_half_precision_is_decomposed_in_single() -> None:
    weight = draws(3, 5).bfloat16()
    assert largest_singular_value(weight)[0].dtype == torch.float32
    assert normalised_weight_gradient(weight, weight).dtype == torch.bfloat16


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (4, 4)])
@pytest.mark.parametrize("smallest", [1, 2, 3])
def test_shrinkage_is_the_sum_of_the_smallest_squares(
    shape: tuple[int, int], smallest: int
) -> None:
    features = draws(*shape)
    expected = torch.linalg.svdvals(features)[-smallest:].square().sum()
    torch.testing.assert_close(spectral_shrinkage(features, smallest), expected)


def test_shrinkage_by_hand() -> None:
    features = torch.diag(torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64))
    assert spectral_shrinkage(features, 2).item() == pytest.approx(1.0 + 4.0)


def test_shrinkage_gradient() -> None:
    features = draws(4, 6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: spectral_shrinkage(x, 2), features)


@pytest.mark.parametrize("features", [torch.eye(4), torch.ones(4, 6), torch.zeros(4, 6)])
def test_shrinkage_has_a_finite_gradient_where_singular_values_are_equal(features: Tensor) -> None:
    features = features.clone().requires_grad_()
    spectral_shrinkage(features, 2).backward()
    assert features.grad is not None and features.grad.isfinite().all()


@pytest.mark.parametrize("examples", [1, 2])
def test_a_batch_with_none_to_spare_counts_zero(examples: int) -> None:
    features = draws(examples, 6).requires_grad_()
    value = spectral_shrinkage(features, 2)
    value.backward()
    assert value.item() == 0.0 and torch.equal(features.grad, torch.zeros_like(features))
