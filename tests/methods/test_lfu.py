"""LfU against whole passes steered by hooks, and the contract."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from torch import Tensor

from steadytune import ConfigError, LfU, Step, attach
from steadytune.testing import RegularizerContract, gradients, tiny_batch, tiny_classifier


class TestContract(RegularizerContract):
    method = LfU(strength=3.0, radius=1.0)
    neutral = LfU(strength=0.0)
    per_example = False


class TestContractOfTheSteeredBranch(RegularizerContract):
    method = LfU(strength=3.0, radius=1.0, constant="steered")
    per_example = False
    compiles = False


def steered(model: Any, batch: Any, vectors: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The loss, and the blocks' outputs, with a vector added to each."""
    kept: list[Tensor] = []

    def add(vector: Tensor) -> Any:
        def hook(module: Any, args: Any, output: Any) -> Any:
            first = output[0] if isinstance(output, tuple) else output
            kept.append(first + vector)
            return (kept[-1], *output[1:]) if isinstance(output, tuple) else kept[-1]

        return hook

    with ExitStack() as stack:
        for block, vector in zip(model.bert.encoder.layer, vectors, strict=True):
            stack.callback(block.register_forward_hook(add(vector)).remove)
        return model(**batch).loss, kept


def expected(model: Any, batch: Any, radius: float, constant: str) -> Tensor:
    """The penalty by whole passes, with the vectors as leaves."""
    depth, width = model.config.num_hidden_layers, model.config.hidden_size
    zeros = [torch.zeros(width, dtype=torch.float64, requires_grad=True) for _ in range(depth)]
    loss, _ = steered(model, batch, zeros)
    slopes = torch.autograd.grad(loss, zeros)
    length = torch.cat(slopes).norm()
    _, moved = steered(model, batch, [radius * slope / length for slope in slopes])
    clean = list(model(**batch, output_hidden_states=True).hidden_states[1:])
    if constant == "clean":
        clean = [state.detach() for state in clean]
    if constant == "steered":
        moved = [state.detach() for state in moved]
    real = batch["attention_mask"].double()
    parts = [
        (((m - c).square().mean(-1) * real).sum(1) / real.sum(1)).mean()
        for m, c in zip(moved, clean, strict=True)
    ]
    return torch.stack(parts).mean()


@pytest.mark.parametrize("constant", ["clean", "steered", "none"])
def test_value_and_gradient_are_those_of_whole_passes(constant: Any) -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch(examples=4, tokens=9)
    method = LfU(strength=0.7, radius=0.5, constant=constant)
    penalty = expected(model, batch, 0.5, constant)
    (model(**batch).loss + 0.7 * penalty).backward()
    wanted = gradients(model)
    model.zero_grad()
    with attach(model, [method]) as objective:
        objective(Step(model, batch)).backward()
        assert objective.pop_logs()["lfu_penalty"] == pytest.approx(penalty.item(), rel=1e-6)
    for name, value in gradients(model).items():
        torch.testing.assert_close(value, wanted[name], rtol=1e-5, atol=1e-9)


def test_the_step_is_one_of_ascent() -> None:
    model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch()
    zeros = [torch.zeros(32, dtype=torch.float64) for _ in range(model.config.num_hidden_layers)]
    before, _ = steered(model, batch, zeros)
    with attach(model, [method := LfU(radius=0.1)]) as objective:

        def look(model: Any, inputs: Any) -> tuple[Tensor, Any]:
            outputs = model(**inputs)
            return outputs.loss, outputs

        found: list[list[Tensor]] = []
        ascent = LfU._ascent

        def spy(self: LfU, step: Step, hidden: Sequence[Tensor]) -> list[Tensor]:
            found.append(ascent(self, step, hidden))
            return found[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(method), "_ascent", spy)
            objective(Step(model, batch, compute_loss=look))
    after, _ = steered(model, batch, found[0])
    assert torch.cat(found[0]).norm().item() == pytest.approx(0.1)
    assert after > before


def test_frozen_blocks_below_are_not_steered() -> None:
    model = tiny_classifier()
    for part in (model.bert.embeddings, model.bert.encoder.layer[0]):
        part.requires_grad_(False)
    with attach(model, [LfU(radius=1.0)]) as objective:
        objective(Step(model, tiny_batch())).backward()
        assert objective.pop_logs()["lfu_penalty"] > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype: torch.dtype) -> None:
    model = tiny_classifier(dropout=0.0)
    with torch.autocast("cpu", dtype), attach(model, [LfU(radius=1.0)]) as objective:
        objective(Step(model, tiny_batch())).backward()
        assert objective.pop_logs()["lfu_penalty"] > 0
    assert all(value.isfinite().all() for value in gradients(model).values())


@pytest.mark.parametrize(
    "options", [{"strength": -1.0}, {"radius": float("nan")}, {"constant": "both"}]
)
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        LfU(**options)
    assert "\n" not in str(caught.value)
