"""Dropout rates are set to 0 and put back."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadytune._model.without_dropout import without_dropout


class Attention(nn.Module):
    """Keeps rates of its own, beside numbers that are none."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_dropout = 0.3
        self.resid_pdrop = 0.2
        self.scale = 0.5
        self.p = 0.7
        self.dropout_rounds = 2

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * F.dropout(x, self.attention_dropout, self.training)


def test_rates_are_zero_inside_and_as_before_afterwards() -> None:
    model = nn.Sequential(nn.Dropout(0.4), Attention(), nn.Dropout1d(0.1))
    before = [dict(vars(module)) for module in model]
    ones = torch.ones(4, 100)
    with without_dropout(model):
        assert torch.equal(model(ones), 0.5 * ones)
        attention = model[1]
        assert (attention.scale, attention.p, attention.dropout_rounds) == (0.5, 0.7, 2)
    assert [dict(vars(module)) for module in model] == before
    assert not torch.equal(model(ones), 0.5 * ones)


def test_rates_are_put_back_after_an_interrupt() -> None:
    model = nn.Sequential(nn.Dropout(0.4))
    with pytest.raises(KeyboardInterrupt), without_dropout(model):
        raise KeyboardInterrupt
    assert model[0].p == 0.4
