"""Recording a pass and replaying its upper blocks, on every family."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, ModelError, Step, attach
from steadytune._model.sites import Layers, find_layers
from steadytune._model.trace import Recorder, Trace
from steadytune._random import RngState, isolated_rng
from steadytune.testing import enable_checkpointing, tiny_batch, tiny_classifier
from tests.families import CHECKPOINTABLE, NAMES, ONLY_ROUNDING, batch, classifier

CPU = torch.device("cpu")


def record(model: nn.Module, inputs: dict[str, Tensor]) -> tuple[Trace, RngState, Recorder]:
    recorder = Recorder(find_layers(model))
    rng = RngState.capture(CPU)
    with recorder.installed(), recorder.recording() as traces:
        model(**inputs)
    return traces[0], rng, recorder


def second_pass(
    model: Any, inputs: dict[str, Tensor], rng: RngState, layer: int, shift: Tensor
) -> Trace:
    """A whole second forward pass under the same masks, `shift` added to hidden state `layer`."""
    recorder = Recorder(find_layers(model))
    with ExitStack() as stack:
        stack.enter_context(isolated_rng(CPU))
        rng.restore()
        stack.enter_context(recorder.installed())
        stack.callback(_injection(model, recorder, layer, shift).remove)
        with recorder.recording() as traces:
            model(**inputs)
    return traces[0]


def _injection(model: Any, recorder: Recorder, layer: int, shift: Tensor) -> Any:
    if layer == 0 and model.config.model_type == "deberta-v2":
        # Its convolution reads the embeddings' output beside the first block's.
        return model.deberta.embeddings.register_forward_hook(lambda m, a, out: out + shift)
    layers = find_layers(model)
    module = layers.modules[layer] if len(layers.modules) == layers.depth else layers.modules[0]
    calls = iter(range(layers.depth))
    shared = len(layers.modules) < layers.depth

    def add(module: nn.Module, args: Any, kwargs: Any) -> Any:
        if shared and next(calls) != layer:
            return None
        return (args[0] + shift, *args[1:]), kwargs

    return module.register_forward_pre_hook(add, with_kwargs=True, prepend=True)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", NAMES)
def test_replay_equals_a_second_forward_pass_in_training_mode(family: str, side: str) -> None:
    model, inputs = classifier(family), batch(side)
    with isolated_rng(CPU, 3):
        trace, rng, _ = record(model, inputs)
        for layer in range(3):
            shift = 0.1 * torch.randn(trace.hidden[layer].shape)
            expected = second_pass(model, inputs, rng, layer, shift)
            replayed = trace.replay(layer, trace.hidden[layer] + shift)
            assert len(replayed) == 3 - layer
            for left, right in zip(replayed, expected.hidden[layer + 1 :], strict=True):
                torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-6)
                assert not torch.equal(left, trace.hidden[3])


@pytest.mark.parametrize("family", NAMES)
def test_replay_of_some_rows_equals_those_rows(family: str) -> None:
    model, inputs = classifier(family), batch()
    rows = torch.tensor([1, 2, 5])
    with isolated_rng(CPU, 3):
        trace, _, _ = record(model, inputs)
        for layer in range(3):
            start = trace.hidden[layer] + 0.1 * torch.randn(trace.hidden[layer].shape)
            whole = trace.replay(layer, start)
            some = trace.replay(layer, start[rows], rows=rows)
            for left, right in zip(some, whole, strict=True):
                torch.testing.assert_close(left, right[rows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", NAMES)
def test_zero_noise_is_zero_but_for_rounding(family: str, side: str) -> None:
    model = classifier(family)
    for options in ({}, {"rows": 0.5}, {"dropout": "off"}, {"dropout": "off", "rows": 0.5}):
        for layer in (0, 1, 2):
            with attach(model, [LNSR(std=0.0, layer=layer, **options)]) as objective:
                objective(Step(model, batch(side)))
                assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING, (options, layer)


@pytest.mark.parametrize("family", CHECKPOINTABLE)
def test_checkpointing_gives_the_same_gradients(family: str) -> None:
    results = []
    for checkpointed in (False, True):
        model = classifier(family)
        if checkpointed:
            enable_checkpointing(model)
        with (
            isolated_rng(CPU, 3),
            attach(model, [LNSR(strength=5.0, layer=1, rows=0.5)]) as objective,
        ):
            objective(Step(model, batch())).backward()
        results.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    for left, right in zip(*results, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_both_attentions(implementation: str) -> None:
    model = classifier("bert", attn_implementation=implementation)
    assert model.config._attn_implementation == implementation
    with attach(model, [LNSR(std=0.0, rows=0.5)]) as objective:
        objective(Step(model, batch()))
        assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING


def test_hidden_states_are_those_of_the_model() -> None:
    model = tiny_classifier(dropout=0.0)
    trace, _, _ = record(model, tiny_batch())
    expected = model(**tiny_batch(), output_hidden_states=True).hidden_states
    assert len(trace.hidden) == len(expected) == 4
    for left, right in zip(trace.hidden, expected, strict=True):
        assert torch.equal(left, right)


def test_autocast_is_repeated() -> None:
    model = tiny_classifier(dropout=0.0)
    recorder = Recorder(find_layers(model))
    autocast = torch.autocast("cpu", torch.bfloat16)
    with recorder.installed(), recorder.recording() as traces, autocast:
        model(**tiny_batch())
    (trace,) = traces
    replayed = trace.replay(0, trace.hidden[0])
    for left, right in zip(replayed, trace.hidden[1:], strict=True):
        assert left.dtype == right.dtype
        assert torch.equal(left, right)


def test_the_mode_of_every_module_comes_back() -> None:
    model = tiny_classifier()
    model.bert.encoder.layer[1].attention.eval()
    modes = [module.training for module in model.modules()]
    with attach(model, [LNSR(dropout="off")]) as objective:
        objective(Step(model, tiny_batch())).backward()
    assert [module.training for module in model.modules()] == modes


def test_reentrant_checkpointing_is_refused_with_the_remedy() -> None:
    model = tiny_classifier()
    enable_checkpointing(model, reentrant=True)
    with pytest.raises(ConfigError, match="'use_reentrant': False"), attach(model, [LNSR()]):
        pass


def test_a_pass_that_skips_blocks_is_refused() -> None:
    model = tiny_classifier()
    layers = find_layers(model)
    recorder = Recorder(Layers(layers.modules, depth=5))
    with (
        recorder.installed(),
        pytest.raises(ModelError, match="called the blocks 3 times, not 5"),
        recorder.recording(),
    ):
        model(**tiny_batch())


def test_a_mask_of_another_shape_is_refused() -> None:
    step = Step(tiny_classifier(), {"attention_mask": torch.ones(4, 1, 1, 9)})
    with pytest.raises(ConfigError, match=r"shape \(4, 1, 1, 9\), expected .* \(4, 9\)"):
        step.mask(torch.ones(4, 9, 32))


def decoder(name: str, **changes: Any) -> Any:
    """A classifier whose blocks flatten the batch, or take arguments for each head."""
    small = {"vocab_size": 64, "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 3}
    config = transformers.AutoConfig.for_model(name, pad_token_id=0, **small, **changes)
    with isolated_rng(CPU, 0):
        return transformers.AutoModelForSequenceClassification.from_config(config).train()


FLATTENING: dict[str, dict[str, Any]] = {
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.2},
    "longformer": {"intermediate_size": 64, "attention_window": 4, "initializer_range": 0.2},
    "bloom": {"hidden_dropout": 0.1, "attention_dropout": 0.1},
    "mpt": {"max_seq_len": 32},
}


@pytest.mark.parametrize("name", FLATTENING)
@pytest.mark.parametrize("examples", [1, 3, 6])
def test_rows_of_blocks_that_flatten_the_batch_or_take_arguments_by_head(
    name: str, examples: int
) -> None:
    model = decoder(name, **FLATTENING[name])
    inputs = batch(tokens=8)
    rows = torch.tensor([0, 2, 3, 5, 1, 4])[:examples].sort().values
    with isolated_rng(CPU, 3):
        trace, _, _ = record(model, inputs)
        start = trace.hidden[0] + 0.1 * torch.randn(trace.hidden[0].shape)
        whole = trace.replay(0, start)
        some = trace.replay(0, start[rows], rows=rows)
    for left, right in zip(some, whole, strict=True):
        torch.testing.assert_close(left, right[rows], rtol=1e-4, atol=1e-5)
