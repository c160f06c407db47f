"""Lanczos' iteration on matrices whose eigenvalues are known."""

from __future__ import annotations

import torch

from steadytune.diagnostics._krylov import KrylovSpace


def iterated(matrices: torch.Tensor, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(0)
    space = KrylovSpace(torch.randn(matrices.shape[:2], generator=draws, dtype=torch.float64))
    for _ in range(steps):
        space.extend((matrices @ space.last[..., None])[..., 0])
    return space.largest()


def test_as_many_steps_as_dimensions_are_exact() -> None:
    draws = torch.Generator().manual_seed(1)
    root = torch.randn(3, 6, 6, generator=draws, dtype=torch.float64)
    matrices = root @ root.transpose(1, 2)
    value, residual = iterated(matrices, 6)
    torch.testing.assert_close(value, torch.linalg.eigvalsh(matrices)[:, -1])
    assert (residual < 1e-6 * value).all()


def test_it_comes_from_below_and_says_how_far_it_may_be() -> None:
    draws = torch.Generator().manual_seed(2)
    root = torch.randn(4, 40, 40, generator=draws, dtype=torch.float64)
    matrices = root @ root.transpose(1, 2)
    exact, last = torch.linalg.eigvalsh(matrices), torch.zeros(4)
    for steps in (2, 4, 8, 16):
        value, residual = iterated(matrices, steps)
        assert (last <= value).all() and (value <= exact[:, -1] + 1e-9).all()
        assert ((exact - value[:, None]).abs().amin(1) <= residual + 1e-9).all()
        last = value
    torch.testing.assert_close(last, exact[:, -1], rtol=1e-3, atol=0)


def test_a_space_that_is_not_left() -> None:
    """A multiple of the identity, and zero: one step is all there is."""
    matrices = torch.stack([3 * torch.eye(5), torch.zeros(5, 5)]).double()
    value, residual = iterated(matrices, 4)
    torch.testing.assert_close(value, torch.tensor([3.0, 0.0]).double())
    assert not residual.any()
