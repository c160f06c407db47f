"""Draws of 16 bits: the probability they give, and what both kinds of masks share."""

from __future__ import annotations

import pytest
import torch

from steadytune.functional import bernoulli_mask, mixing_mask
from steadytune.functional._bernoulli import drawn_share


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, 1.0), (0.5, 0.5), (1e-4, 7 / 2**16), (1e-9, 2**-16)]
)
def test_share_by_hand(share: float, expected: float) -> None:
    assert drawn_share(share) == expected


@pytest.mark.parametrize("p", [0.0, 0.3, 0.7, 0.999])
def test_both_kinds_of_masks_are_the_same_draws(p: float) -> None:
    mixing = mixing_mask((31, 7), p, torch.Generator().manual_seed(3))
    drawn = bernoulli_mask(torch.empty(31, 7), 1 - p, torch.Generator().manual_seed(3))
    assert torch.equal(mixing, drawn / drawn_share(1 - p))
