"""A loss that runs the model several times, as on the two columns of a bi-encoder."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import (
    BSS,
    LNSR,
    REPINA,
    ConfigError,
    HyPe,
    InputNoise,
    LfU,
    ModelError,
    Penalty,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import generator, isolated_rng
from steadytune.testing import gradients, noise_by_example, tiny_batch, tiny_classifier

from ..families import ONLY_ROUNDING

CPU = torch.device("cpu")
LEFT = {k: v for k, v in tiny_batch(examples=4).items() if k != "labels"}
RIGHT = {k: v for k, v in tiny_batch(examples=2, tokens=7, seed=3).items() if k != "labels"}
PAIR = {"left": LEFT, "right": RIGHT}


class Towers(nn.Module):
    """One encoder for the texts on the left and those on the right."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = tiny_classifier(dropout=dropout).bert.double()
        self.cached = False

    def forward(self, left: dict[str, Tensor], right: dict[str, Tensor]) -> dict[str, Tensor]:
        with torch.set_grad_enabled(not self.cached):
            one, other = (self.encoder(**side).pooler_output for side in (left, right))
        return {"loss": (one.mean(0) - other.mean(0)).square().sum(), "left": one, "right": other}


def noise(model: Towers, batch: dict[str, Tensor], site: str) -> Tensor:
    """What `noise_by_example` draws for the words of a batch, 0 at pads."""
    draws = [
        torch.randn(
            len(row), 32, generator=generator(CPU, site, *row.tolist()), dtype=torch.float32
        ).double()
        for row in batch["input_ids"]
    ]
    return torch.stack(draws) * batch["attention_mask"][..., None]


def states(model: Towers, batch: dict[str, Tensor], shift: Tensor | float = 0.0) -> list[Tensor]:
    """All hidden states of a whole pass whose embeddings are shifted."""
    handle = model.encoder.embeddings.register_forward_hook(lambda m, a, out: out + shift)
    found = model.encoder(**batch, output_hidden_states=True).hidden_states
    handle.remove()
    return list(found)


def moved(model: Towers, batch: dict[str, Tensor], std: float) -> Tensor:
    """LNSR's penalty by two whole passes: the mean over layers, examples and real tokens."""
    clean, noisy = states(model, batch), states(model, batch, std * noise(model, batch, "noise"))
    real = batch["attention_mask"]
    layers = [
        (((b - a).square().mean(-1) * real).sum(1) / real.sum(1)).mean()
        for a, b in zip(clean[1:], noisy[1:], strict=True)
    ]
    return torch.stack(layers).mean()


def test_a_penalty_is_the_mean_over_the_texts_of_both_towers() -> None:
    model, by_hand = Towers(), Towers()
    with noise_by_example(), attach(model, [LNSR(strength=3.0, std=0.1)]) as objective:
        loss = objective(Step(model, PAIR))
        loss.backward()
    penalty = (4 * moved(by_hand, LEFT, 0.1) + 2 * moved(by_hand, RIGHT, 0.1)) / 6
    expected = by_hand(**PAIR)["loss"] + 3 * penalty
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-6, atol=1e-12)
    left, right = gradients(model), gradients(by_hand)
    assert left.keys() == right.keys()
    for name, value in right.items():
        torch.testing.assert_close(left[name], value, rtol=1e-6, atol=1e-9)


def test_noise_in_the_pass_itself_is_each_towers_own() -> None:
    model = Towers()
    with noise_by_example(), attach(model, [InputNoise(std=0.1)]) as objective:
        loss = objective(Step(model, PAIR))
    one, other = (
        model.encoder.pooler(states(model, side, 0.1 * noise(model, side, "noise"))[-1])
        for side in (LEFT, RIGHT)
    )
    torch.testing.assert_close(loss, (one.mean(0) - other.mean(0)).square().sum())


@pytest.mark.parametrize(
    "method", [InputNoise(std=0.5), HyPe(scale=0.5)], ids=lambda m: type(m).__name__
)
def test_equal_texts_get_different_noise_in_the_two_towers(method: Regularizer) -> None:
    model = Towers()
    with attach(model, [method]) as objective:
        values = [objective(Step(model, {"left": LEFT, "right": LEFT}, step=0)) for _ in range(2)]
        outputs: Any = objective.outputs
    assert not torch.allclose(outputs["left"], outputs["right"])
    assert values[0] == values[1] > 0


def test_without_noise_a_tower_repeats_its_own_dropout() -> None:
    model = Towers(dropout=0.3)
    with isolated_rng(CPU, 1), attach(model, [LNSR(std=0.0, rows=0.5)]) as objective:
        objective(Step(model, PAIR)).backward()
        assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING


@pytest.mark.parametrize(
    "method", [LNSR(std=0.1), LfU(), BSS(), REPINA(tokens="all")], ids=lambda m: type(m).__name__
)
def test_penalties_on_hidden_states_reach_both_towers(method: Penalty) -> None:
    """What it is on both is the mean, by examples, of what it is on one text of each."""
    found = []
    sides = [PAIR, {"left": LEFT, "right": LEFT}, {"left": RIGHT, "right": RIGHT}]
    for batch in sides:
        model = Towers()
        with noise_by_example(), attach(model, [method]) as objective:
            if isinstance(method, REPINA):
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter.mul_(1.01)
            objective(Step(model, batch)).backward()
            logs = objective.pop_logs()
        found.append(logs[f"{type(method).__name__.lower()}_penalty"])
    if not isinstance(method, LfU):  # which climbs along the loss of both
        assert found[0] == pytest.approx((4 * found[1] + 2 * found[2]) / 6, rel=1e-6)
    assert found[0] > 0


def test_a_loss_that_runs_the_model_without_gradients_is_refused() -> None:
    model = Towers()
    model.cached = True
    with (
        attach(model, [LNSR()]) as objective,
        pytest.raises(ModelError, match="runs the model without gradients"),
    ):
        objective(Step(model, PAIR))


def test_a_run_without_gradients_beside_the_loss_is_left_out() -> None:
    """As of a trainer that takes metrics from a second run of the model."""

    class Watched(Towers):
        def forward(self, **given: Any) -> dict[str, Tensor]:  # type: ignore[override]
            found = super().forward(**given)
            with torch.no_grad():
                self.encoder(**given["left"])
            return found

    found = []
    for model in (Towers(), Watched()):
        with attach(model, [LNSR(std=0.1)]) as objective:
            objective(Step(model, PAIR)).backward()
        found.append(gradients(model))
    for name, value in found[0].items():
        assert torch.equal(found[1][name], value)


def test_masks_by_other_names_are_refused_where_the_model_was_given_none() -> None:
    class OnlyBlocks(Towers):
        def forward(self, **given: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
            out = self.encoder.encoder(self.encoder.embeddings(given["left_input_ids"]))
            return {"loss": out.last_hidden_state.square().mean()}

    model = OnlyBlocks()
    batch = {f"left_{name}": value for name, value in LEFT.items()}
    with (
        attach(model, [LNSR()]) as objective,
        pytest.raises(ConfigError, match="left_attention_mask and the model was called without"),
    ):
        objective(Step(model, batch))
