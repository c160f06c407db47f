"""Whatever is measured, and however it ends, the model is afterwards as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadytune.diagnostics import (
    jacobian_norms,
    noise_profile,
    output_sensitivity,
    representations,
)
from steadytune.diagnostics._injection import injected
from steadytune.diagnostics._observer import observing
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, weights

from .scaling import WithHead

MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "noise_profile": noise_profile,
    "output_sensitivity": output_sensitivity,
    "jacobian_norms": jacobian_norms,
    "representations": representations,
}


def hooks(model: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


class Failing(WithHead):
    """Fails at a given pass."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def forward(  # type: ignore[override]
        self, x: Tensor, attention_mask: Tensor | None = None
    ) -> dict[str, Tensor]:
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("no memory")
        return super().forward(x, attention_mask)


@pytest.mark.parametrize("name", MEASUREMENTS)
@pytest.mark.parametrize("at", [1, 2])
def test_an_exception_in_a_pass(name: str, at: int) -> None:
    model = Failing(at).train()
    batches = [{"x": torch.ones(1, 2, 4)}] * 2
    settings = {"target": "logits"} if name == "jacobian_norms" else {}
    with pytest.raises(RuntimeError, match="no memory"):
        MEASUREMENTS[name](model, batches, layers="blocks", **settings)
    assert hooks(model) == 0 and model.training and model.blocks[0].training
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_weights_modes_and_half_precision_stay(name: str) -> None:
    model = tiny_classifier(dropout=0.3).to(torch.bfloat16)
    model.bert.encoder.eval()
    before, modes = weights(model), [m.training for m in model.modules()]
    found = MEASUREMENTS[name](model, [tiny_batch()])
    assert_same(weights(model), before)
    assert [m.training for m in model.modules()] == modes and hooks(model) == 0
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    arrays = [value for value in vars(found).values() if isinstance(value, np.ndarray)]
    assert all(np.isfinite(array).all() for array in arrays)


def test_an_injected_state_reaches_one_call_only() -> None:
    """The second block is the one module in a model that shares it between layers."""
    model = WithHead()
    model.blocks[2] = model.blocks[1]
    x, other = torch.ones(1, 1, 4), torch.full((1, 1, 4), 8.0)
    with observing(model, "blocks") as observer, injected(observer.layers, 2, other):
        first = model(x)["logits"]
        second = model(x)["logits"]
    np.testing.assert_allclose(first.detach(), [[2.0, 2.0]])  # 8 / 4
    np.testing.assert_allclose(second.detach(), [[0.125, 0.125]])  # 2 / 4 / 4
    assert hooks(model) == 0
