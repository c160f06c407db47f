"""The guard that a replay of unchanged blocks gives what the pass gave."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import BSS, LNSR, ModelError, Step, attach
from steadytune._model.replay_check import check_replay
from steadytune._model.sites import find_layers
from steadytune._model.trace import Recorder, Trace
from steadytune._random import isolated_rng
from steadytune.testing import tiny_batch, tiny_classifier

CPU = torch.device("cpu")


def recorded(model: nn.Module) -> Trace:
    recorder = Recorder(find_layers(model))
    with recorder.installed(), recorder.recording() as traces:
        model(**tiny_batch())
    return traces[0]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [None, torch.tensor([0, 2])])
def test_blocks_that_repeat_themselves_pass(dtype: torch.dtype, rows: Tensor | None) -> None:
    trace = recorded(tiny_classifier().to(dtype))
    check_replay(trace, rows)
    assert trace.checked == {rows is not None}


def test_it_draws_nothing_and_keeps_no_graph() -> None:
    with isolated_rng(CPU, 1):
        trace = recorded(tiny_classifier())
        before = torch.get_rng_state()
        check_replay(trace)
        assert torch.equal(torch.get_rng_state(), before)


def test_autocast_around_it_leaves_the_weights_their_gradients() -> None:
    """A weight that is cast without a gradient must not stay in autocast's memory."""
    model = tiny_classifier(dropout=0.0)
    with torch.autocast("cpu", torch.bfloat16):
        trace = recorded(model)
        torch.clear_autocast_cache()
        check_replay(trace)
        model(**tiny_batch()).loss.backward()
    assert all(p.grad is not None for p in model.bert.encoder.parameters())


@pytest.mark.parametrize("method", [LNSR(), BSS()])
def test_blocks_that_are_a_part_of_the_real_ones_are_refused(method: Any) -> None:
    """The lists of attention modules, for one, leave the rest of each block out."""
    model = tiny_classifier()
    parts = nn.ModuleList([block.attention for block in model.bert.encoder.layer])
    model.parts = parts
    with (
        attach(model, [method], layers="parts") as objective,
        pytest.raises(ModelError, match="run again unchanged, do not give what they gave before"),
    ):
        objective(Step(model, tiny_batch()))


def test_blocks_with_chance_of_their_own_are_refused() -> None:
    model: Any = tiny_classifier()
    draws = torch.Generator().manual_seed(0)

    def restless(module: nn.Module, args: Any, output: Any) -> Any:
        state = output[0] if isinstance(output, tuple) else output
        moved = state + 0.1 * torch.randn(state.shape, generator=draws)
        return (moved, *output[1:]) if isinstance(output, tuple) else moved

    model.bert.encoder.layer[1].output.dense.register_forward_hook(restless)
    with (
        attach(model, [LNSR()]) as objective,
        pytest.raises(ModelError, match=r"hidden state 2 is off by 0\.\d+ of its length"),
    ):
        objective(Step(model, tiny_batch()))


def test_rows_of_blocks_that_mix_examples_are_refused_by_themselves() -> None:
    model: Any = tiny_classifier()
    block = model.bert.encoder.layer[0]
    block.output.dense.register_forward_hook(
        lambda module, args, output: output - output.mean(0, keepdim=True)
    )
    inputs = tiny_batch()
    with attach(model, [LNSR()]) as objective:
        objective(Step(model, inputs)).backward()
    with (
        attach(model, [LNSR(rows=0.5)]) as objective,
        pytest.raises(ModelError, match="use rows=1"),
    ):
        objective(Step(model, inputs))


def test_it_looks_once() -> None:
    model = tiny_classifier()
    calls: list[bool] = []
    with attach(model, [LNSR(strength=0.0, rows=0.5)]) as objective:
        model.bert.encoder.layer[2].register_forward_hook(
            lambda module, args, output: calls.append(torch.is_grad_enabled())
        )
        for number in range(3):
            objective(Step(model, tiny_batch(), step=number)).backward()
    assert calls.count(False) == 2  # once on all rows, once on some
    assert calls.count(True) == 6
