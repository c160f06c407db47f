"""InputNoise: where its noise is, what it adds in closed form, and what repeats it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, HyPe, InputNoise, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier

from ..families import NAMES, ONLY_ROUNDING, batch, classifier
from .block_inputs import Seen


class TestContract(RegularizerContract):
    method = InputNoise(std=0.3, layer=1)
    neutral = InputNoise(std=0.0)
    draws = True


class Square(nn.Module):
    """Blocks on vectors, and the squared error of their sum."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Any]:
        for block in self.blocks:
            x = block(x)
        return {"loss": (x.sum(-1) - labels).square().mean(), "logits": x}


@pytest.mark.parametrize("layer", [0, 1])
def test_shared_blocks_have_it_where_it_was_when_they_run_again(layer: int) -> None:
    """ALBERT's one block acts as several: LNSR repeats it, at std 0 without any movement."""
    model, inputs = classifier("albert").train(), batch("albert")
    with attach(model, [LNSR(std=0.0), InputNoise(std=0.3, layer=layer)]) as objective:
        for _ in range(2):
            objective(Step(model, inputs))
            assert objective.pop_logs()["lnsr_penalty"] == pytest.approx(0.0, abs=1e-8)


def mean_loss(method: InputNoise, model: Square, inputs: Any, draws: int = 400) -> float:
    with torch.no_grad(), attach(model, [method], layers="blocks") as objective:
        losses = [objective(Step(model, inputs)) for _ in range(draws)]
    return torch.stack(losses).mean().item()


@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_a_linear_model_gets_the_squared_jacobian(noise: Any) -> None:
    """E (w(x + e) - y)^2 = (wx - y)^2 + std^2 ||w||^2, whatever the distribution."""
    with isolated_rng(torch.device("cpu"), 0):
        model = Square(nn.Linear(4, 6), nn.Linear(6, 3)).double()
    inputs = {"x": torch.ones(2, 50, 4, dtype=torch.float64), "labels": torch.zeros(2, 50)}
    w = (model.blocks[1].weight @ model.blocks[0].weight).sum(0)
    clean = model(**inputs)["loss"].item()
    added = mean_loss(InputNoise(std=0.5, noise=noise), model, inputs) - clean
    assert added == pytest.approx(0.25 * w.square().sum().item(), rel=0.03)


def test_the_rest_depends_on_the_label() -> None:
    """f = x^2 / 2: E (f(x + e) - y)^2 - (f - y)^2 = s^2 (x^2 + f - y) + 3 s^4 / 4."""

    class Half(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.square() / 2

    model = Square(Half())
    model.anchor = nn.Parameter(torch.zeros(()))  # type: ignore[assignment]
    x = torch.full((1, 2000, 1), 1.0, dtype=torch.float64)
    for label in (-5.0, 5.0):
        inputs = {"x": x, "labels": torch.full((1, 2000), label, dtype=torch.float64)}
        added = mean_loss(InputNoise(std=0.4), model, inputs, 200) - (0.5 - label) ** 2
        expected = 0.16 * (1 + 0.5 - label) + 3 * 0.4**4 / 4
        assert added == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_block_of_every_family_gets_noise_at_real_tokens(family: str, side: str) -> None:
    inputs = batch(side)
    seen = Seen(classifier(family), [InputNoise(std=0.5, layer=1)], inputs)
    real = inputs["attention_mask"].bool()
    assert [bool(noise.any()) for noise in seen.noises] == [False, True, False]
    assert seen.noises[1][real].std().item() == pytest.approx(0.5, rel=0.1)
    assert not seen.noises[1][~real].any()


def test_uniform_noise_has_a_bound() -> None:
    inputs = tiny_batch(examples=16, tokens=16)
    seen = Seen(tiny_classifier(), [InputNoise(std=0.5, noise="uniform")], inputs)
    noise = seen.noises[0][inputs["attention_mask"].bool()]
    assert 0.85 < noise.abs().max() <= 0.5 * 3**0.5 + 1e-6


@pytest.mark.parametrize("rows", [1.0, 0.5])
def test_a_replay_of_blocks_repeats_the_noise(rows: float) -> None:
    penalty = LNSR(std=0.0, rows=rows)
    seen = Seen(tiny_classifier(), [penalty, InputNoise(std=0.3, layer=2)], tiny_batch())
    assert seen.logs["lnsr_penalty"] == ONLY_ROUNDING


def test_a_clean_pass_of_a_method_after_it_stays_clean() -> None:
    seen = Seen(tiny_classifier(), [InputNoise(std=0.5), LNSR(std=0.0)], tiny_batch())
    assert [bool(noise.any()) for noise in seen.noises[:6]] == [True] + [False] * 5


@pytest.mark.parametrize("first", [InputNoise(std=0.5), HyPe(scale=0.5, dropout="on")])
def test_two_methods_with_noise_in_blocks_both_act(first: Regularizer) -> None:
    """Variances add up where both put noise."""
    inputs = tiny_batch(examples=16, tokens=16)
    second = InputNoise(std=0.5, noise="uniform")
    seen = Seen(tiny_classifier(), [first, second], inputs)
    real = inputs["attention_mask"].bool()
    assert seen.noises[0][real].std().item() == pytest.approx(0.5 * 2**0.5, rel=0.05)


def test_a_layer_out_of_range_is_refused() -> None:
    with (
        pytest.raises(ConfigError, match="layer=3 is out of range; this model has 3 layers"),
        attach(tiny_classifier(), [InputNoise(layer=3)]),
    ):
        pass


def test_small_noise_in_half_precision_is_told() -> None:
    model = tiny_classifier().bfloat16()
    with (
        pytest.warns(UserWarning, match="is lost in the rounding"),
        attach(model, [InputNoise(std=1e-4)]) as objective,
    ):
        objective(Step(model, tiny_batch()))


@pytest.mark.parametrize(
    "options", [{"std": -1.0}, {"layer": -1}, {"noise": "pink"}, {"rank": 0}], ids=str
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(options))}="):
        InputNoise(**options)
