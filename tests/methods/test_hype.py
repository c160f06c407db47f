"""HyPe: where its noise is, what repeats it, what happens to dropout, and the contract."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, FreeLB, HyPe, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    enable_checkpointing,
    gradients,
    tiny_batch,
    tiny_classifier,
)

from ..families import CHECKPOINTABLE, NAMES, ONLY_ROUNDING, batch, classifier
from .block_inputs import Seen

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = HyPe(scale=0.1)
    neutral = HyPe(scale=0.0, dropout="on")
    draws = True


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_every_block_of_every_family_gets_noise_at_real_tokens(family: str, side: str) -> None:
    inputs = batch(side)
    seen = Seen(classifier(family), [HyPe(scale=0.5)], inputs)
    real = inputs["attention_mask"].bool()
    assert len(seen.noises) == 3
    for noise in seen.noises:
        assert noise[real].std().item() == pytest.approx(0.5, rel=0.1)
        assert not noise[~real].any()
    assert not torch.allclose(seen.noises[0], seen.noises[1])
    assert not torch.allclose(seen.noises[1], seen.noises[2])


def test_uniform_noise_is_symmetric() -> None:
    """Not from U(0, scale), whose mean moves every hidden state."""
    inputs = tiny_batch(examples=16, tokens=16)
    seen = Seen(tiny_classifier(), [HyPe(scale=0.5, noise="uniform")], inputs)
    real = inputs["attention_mask"].bool()
    for noise in seen.noises:
        assert noise[real].abs().max() <= 0.5 + 1e-6
        assert noise[real].mean().abs() < 0.02
        assert noise[real].var().item() == pytest.approx(0.5**2 / 3, rel=0.05)


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("rows", [1.0, 0.5])
def test_a_replay_of_blocks_repeats_their_noise(family: str, rows: float) -> None:
    """LNSR inside HyPe is 0 at std 0: the noise is that of the replayed rows."""
    penalty = LNSR(std=0.0, layer=1, rows=rows)
    seen = Seen(classifier(family), [penalty, HyPe(scale=0.3, dropout="on")], batch())
    assert seen.logs["lnsr_penalty"] == ONLY_ROUNDING


def test_replays_without_dropout_repeat_the_noise() -> None:
    penalty = LNSR(std=0.0, dropout="off")
    seen = Seen(tiny_classifier(), [penalty, HyPe(scale=0.3, dropout="on")], tiny_batch())
    assert seen.logs["lnsr_penalty"] == ONLY_ROUNDING


@pytest.mark.parametrize("family", CHECKPOINTABLE)
def test_checkpointed_passes_and_replays_give_the_same_gradients(family: str) -> None:
    results = []
    for checkpointed in (False, True):
        model = classifier(family)
        if checkpointed:
            enable_checkpointing(model)
        Seen(model, [LNSR(std=0.1, rows=0.5), HyPe(scale=0.3, dropout="on")], batch())
        results.append(gradients(model))
    for name, value in results[0].items():
        torch.testing.assert_close(results[1][name], value, rtol=1e-4, atol=1e-6)


def test_clean_pass_of_a_method_after_it_stays_clean() -> None:
    seen = Seen(tiny_classifier(), [HyPe(scale=0.5), LNSR(strength=0.0, layer=2)], tiny_batch())
    noisy = [bool(noise.any()) for noise in seen.noises]
    assert noisy == [True] * 3 + [False] * 3 + [False]  # the task, the clean pass, the replay


def test_methods_before_it_share_the_noisy_pass() -> None:
    seen = Seen(tiny_classifier(), [LNSR(layer=2), HyPe(scale=0.5)], tiny_batch())
    assert len(seen.noises) == 4
    torch.testing.assert_close(seen.noises[2], seen.noises[3])


def test_all_passes_of_an_ascent_inside_have_the_same_noise() -> None:
    seen = Seen(tiny_classifier(), [FreeLB(steps=2), HyPe(scale=0.5)], tiny_batch())
    for first, second in zip(seen.noises[:3], seen.noises[3:], strict=True):
        torch.testing.assert_close(first, second)


def test_noise_is_new_at_every_step() -> None:
    model, inputs = tiny_classifier(dropout=0.0), tiny_batch()
    with attach(model, [HyPe(scale=0.1)]) as objective:
        losses = {objective(Step(model, inputs)).item() for _ in range(3)}
    assert len(losses) == 3


def test_linear_blocks_in_closed_form() -> None:
    """Through identity blocks the noises add up."""

    class Chain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(nn.Identity() for _ in range(4))
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            for block in self.blocks:
                x = block(x)
            return {"loss": (self.weight * x).square().mean()}

    model = Chain().double()
    step = {"x": torch.zeros(50, 20, 10, dtype=torch.float64)}
    with attach(model, [HyPe(scale=0.3)], layers="blocks") as objective:
        loss = objective(Step(model, step)).item()
    assert loss == pytest.approx(4 * 0.3**2, rel=0.05)


@pytest.mark.parametrize("family", NAMES)
def test_dropout_is_off_while_attached_and_as_before_afterwards(family: str) -> None:
    model, inputs = classifier(family), batch()
    calm = classifier(family).eval()(**inputs).loss.item()

    def losses() -> list[float]:
        with isolated_rng(CPU, 0):
            return [model(**inputs).loss.item() for _ in range(3)]

    with attach(model, [HyPe()]):
        assert losses() == pytest.approx([calm] * 3, rel=1e-5)
    assert len(set(losses())) == 3
    with attach(model, [HyPe(dropout="on")]):
        assert len(set(losses())) == 3


def test_half_precision_on_cpu() -> None:
    model = tiny_classifier().bfloat16()
    seen = Seen(model, [HyPe(scale=0.05)], tiny_batch())
    assert all(noise.any() for noise in seen.noises)
    assert all(value.isfinite().all() for value in gradients(model).values())


def test_regression_head_and_a_single_example() -> None:
    model = tiny_classifier(classes=1)
    seen = Seen(model, [HyPe()], {**tiny_batch(examples=1), "labels": torch.tensor([0.5])})
    assert seen.loss.isfinite()


def test_no_gradient_flows_through_the_noise_alone() -> None:
    """Gradients are those of the network with the noise as a constant."""
    model, inputs = tiny_classifier(dropout=0.0), tiny_batch()
    seen = Seen(model, [HyPe(scale=0.3)], inputs)
    found = gradients(model)
    model.zero_grad()
    with ExitStack() as stack:
        for block, noise in zip(model.bert.encoder.layer, seen.noises, strict=True):
            hook = block.register_forward_pre_hook(
                lambda module, args, noise=noise: (args[0] + noise, *args[1:])
            )
            stack.callback(hook.remove)
        model(**inputs).loss.backward()
    for name, value in gradients(model).items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6)


def test_hooks_inside_checkpoints_are_refused() -> None:
    model = tiny_classifier()
    block = type(model.bert.encoder.layer[0])

    class Old(block):  # type: ignore[misc, valid-type]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__call__(*args, **kwargs)

    for layer in model.bert.encoder.layer:
        layer.__class__ = Old
    with attach(model, [HyPe()]):
        pass
    enable_checkpointing(model)
    with (
        attach(model, [HyPe()]) as objective,
        pytest.raises(ConfigError, match="upgrade it, or turn checkpointing off"),
    ):
        objective(Step(model, tiny_batch()))


def test_the_same_seed_gives_the_same_noise() -> None:
    results = []
    for _ in range(2):
        model = tiny_classifier()
        Seen(model, [HyPe(scale=0.2)], tiny_batch())
        results.append(gradients(model))
    assert_same(*results)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": -1e-5}, "scale=-1e-05"),
        ({"noise": "normal"}, "expected one of gaussian, uniform"),
        ({"dropout": "of"}, "did you mean 'off'"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        HyPe(**options)
