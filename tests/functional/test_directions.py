"""Directions that follow the batch: their covariance, and what is drawn for it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune import functional


def correlated(count: int, rank: int, dim: int = 4) -> Tensor:
    """Tokens of one example, (1, count, dim), that vary in `rank` directions."""
    draws = torch.Generator().manual_seed(0)
    factor = torch.randn(rank, dim, generator=draws, dtype=torch.float64)
    return (torch.randn(1, count, rank, generator=draws, dtype=torch.float64) @ factor) + 5.0


@pytest.mark.parametrize(("count", "rank"), [(3, 2), (4, 4), (40, 4), (40, 2)])
def test_covariance_is_that_of_the_tokens(count: int, rank: int) -> None:
    hidden = correlated(count, rank)
    real = torch.ones(1, count, dtype=torch.bool)
    draws = torch.Generator().manual_seed(1)
    drawn = torch.cat(
        [functional.covariance_directions(hidden, real, draws)[0] for _ in range(24_000 // count)]
    )
    expected = torch.cov(hidden[0].T)
    scale = expected.abs().max()
    torch.testing.assert_close(torch.cov(drawn.T), expected, rtol=0, atol=0.05 * scale.item())
    assert drawn.mean(0).abs().max() < 0.05 * scale.sqrt()


def test_no_square_of_the_tokens_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    randn = torch.randn

    def counted(*shape: int, **options: object) -> Tensor:
        drawn: Tensor = randn(*shape, **options)  # type: ignore[call-overload]
        sizes.append(drawn.numel())
        return drawn

    hidden = correlated(300, 4)
    monkeypatch.setattr(torch, "randn", counted)
    real = torch.ones(1, 300, dtype=torch.bool)
    functional.covariance_directions(hidden, real, torch.Generator().manual_seed(0))
    assert sizes == [300 * 4]


def test_equal_tokens_have_no_direction() -> None:
    for count in (1, 3, 9):
        hidden = torch.ones(1, count, 4)
        real = torch.ones(1, count, dtype=torch.bool)
        found = functional.covariance_directions(hidden, real, torch.Generator().manual_seed(0))
        assert (found == 0).all()
