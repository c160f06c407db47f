"""R3F and R4F against closed forms, their public code's defects, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import R3F, R4F, ConfigError, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.testing import (
    RegularizerContract,
    gradients,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

from .word_bag import WordBag, bag_batch, waves

CPU = torch.device("cpu")


class TestContractOfR3F(RegularizerContract):
    method = R3F(std=0.1, strength=5.0)
    neutral = R3F(std=0.0)
    draws = True


class TestContractOfR3FWithoutDropout(RegularizerContract):
    method = R3F(std=0.1, strength=5.0, noise="uniform", dropout="off", detach_clean=True)
    neutral = R3F(strength=0.0, noise="uniform", dropout="off")
    draws = True


class TestContractOfR4F(RegularizerContract):
    method = R4F(std=0.1, strength=5.0)
    changes_weights = True
    draws = True
    compiles = False


def measured(model: nn.Module, batch: dict[str, Tensor], method: Regularizer) -> float:
    with isolated_rng(CPU, 3), attach(model, [method]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, batch))
        penalties = [v for k, v in objective.pop_logs().items() if k.endswith("_penalty")]
        (value,) = penalties
        return value


class TestR3F:
    def test_penalty_of_a_linear_regression_by_hand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        noise = waves(3, 4, 3, start=0.2)
        monkeypatch.setattr(Step, "normal_like", lambda *_: noise)
        model, batch = WordBag(outputs=1), bag_batch()
        real = batch["attention_mask"].double()[..., None]
        moved = 0.3 * (noise * real).sum(1) / real.sum(1) @ model.head.weight[0]
        found = measured(model, batch, R3F(std=0.3))
        assert found == pytest.approx(moved.square().mean().item())

    @pytest.mark.parametrize("noise", ["gaussian", "uniform"])
    def test_expectation_of_a_linear_regression(self, noise: Any) -> None:
        """E (w . mean_t e_t)^2 = std^2 ||w||^2 / n, with n real tokens."""
        model = WordBag(outputs=1)
        batch = {name: value.repeat(400, 1) for name, value in bag_batch().items()}
        batch["labels"] = batch["labels"][:, :1].expand(-1, 1)[:, 0]
        batch["labels"] = torch.zeros(len(batch["input_ids"]), dtype=torch.long)
        counts = batch["attention_mask"].sum(1).double()
        expected = (0.25 * model.head.weight.square().sum() / counts).mean().item()
        assert measured(model, batch, R3F(std=0.5, noise=noise)) == pytest.approx(expected, rel=0.1)

    def test_uniform_noise_is_centred_and_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shifts = self._shifts(monkeypatch, R3F(std=0.1, noise="uniform"))
        assert shifts.abs().max() <= 3**0.5 * 0.1
        assert shifts.min() < -0.1 and shifts.max() > 0.1

    def test_pads_get_no_noise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pads = tiny_batch()["attention_mask"] == 0
        shifts = self._shifts(monkeypatch, R3F(std=0.1))
        assert (shifts[pads] == 0).all() and (shifts[~pads] != 0).all()

    def _shifts(self, monkeypatch: pytest.MonkeyPatch, method: R3F) -> Tensor:
        seen: list[Tensor] = []
        forward = Step.forward

        def spy(step: Step, shift: Any = None, **options: Any) -> Any:
            seen.append(shift)
            return forward(step, shift, **options)

        with monkeypatch.context() as patch:
            patch.setattr(Step, "forward", spy)
            measured(tiny_classifier(), tiny_batch(), method)
        return seen[-1]

    def test_dropout_adds_nothing_unless_it_is_asked_to(self) -> None:
        values = [
            measured(tiny_classifier(), tiny_batch(), R3F(std=0.0, dropout=dropout))
            for dropout in ("shared", "off", "fresh")
        ]
        assert values[0] == values[1] == 0.0 < values[2]

    def test_regression_has_a_penalty_example_by_example(self) -> None:
        model = tiny_classifier(classes=1, dropout=0.0)
        batch = {**tiny_batch(), "labels": torch.tensor([0.0, 5.0, -5.0, 9.0])}
        assert 0 < measured(model, batch, R3F(std=1e-4)) < 1e-4

    def test_both_sides_have_a_gradient_unless_the_clean_one_is_detached(self) -> None:
        found = []
        for detach in (False, True):
            model = WordBag(outputs=3, bend=torch.tanh)
            with attach(model, [R3F(std=0.5, detach_clean=detach)]) as objective:
                loss = objective(Step(model, bag_batch()))
                loss.backward()
            found.append((loss.item(), gradients(model)["head.weight"]))
        assert found[0][0] == found[1][0]
        assert not torch.allclose(found[0][1], found[1][1])

    def test_noise_that_half_precision_swallows_is_warned_of(self) -> None:
        model = tiny_classifier().bfloat16()
        with pytest.warns(UserWarning, match="std=1e-05 is lost"):
            measured(model, tiny_batch(), R3F(std=1e-5))

    def test_it_is_warned_of_once_and_where_autocast_is_on_inside_the_model_alone(self) -> None:
        model = tiny_classifier()
        model.forward = torch.autocast("cpu", torch.bfloat16)(model.forward)
        with (
            attach(model, [R3F(std=1e-5)]) as objective,
            pytest.warns(UserWarning, match="std=1e-05 is lost") as found,
        ):
            for seed in range(2):
                objective(Step(model, tiny_batch(seed=seed))).backward()
        assert len(found) == 1


def spectral_norm(weight: Tensor) -> float:
    return torch.linalg.matrix_norm(weight.detach(), 2).item()


class TestR4F:
    def test_head_keeps_the_norm_one(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        with attach(model, [R4F()]) as objective:
            objective.connect(optimizer)
            assert spectral_norm(model.classifier.weight) == pytest.approx(1.0)
            for seed in range(3):
                objective(Step(model, tiny_batch(seed=seed))).backward()
                optimizer.step()
                optimizer.zero_grad()
                assert spectral_norm(model.classifier.weight) == pytest.approx(1.0)
        assert spectral_norm(model.classifier.weight) == pytest.approx(1.0)

    def test_gradient_is_that_of_a_head_that_divides_by_its_norm(self) -> None:
        model, batch = WordBag(outputs=3, bend=torch.tanh), bag_batch()
        method = R4F(strength=0.0, head="^head")
        with attach(model, [method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, batch)).backward()
            found = gradients(model)
        divided = WordBag(outputs=3, bend=torch.tanh)
        divided.load_state_dict(model.state_dict())
        nn.utils.parametrizations.spectral_norm(divided.head, n_power_iterations=50).eval()
        divided(**batch)["loss"].backward()
        weight = divided.head.parametrizations.weight.original.grad
        torch.testing.assert_close(found["head.weight"], weight, rtol=1e-6, atol=1e-9)
        torch.testing.assert_close(found["embedding.weight"], divided.embedding.weight.grad)

    def test_only_the_heads_last_layer_is_normalised(self) -> None:
        from transformers import RobertaConfig, RobertaForSequenceClassification

        small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
        with isolated_rng(CPU, 0):
            model = RobertaForSequenceClassification(
                RobertaConfig(vocab_size=64, intermediate_size=64, **small)
            )
        before = weights(model)
        with attach(model, [R4F()]):
            changed = {n for n, v in weights(model).items() if not torch.equal(v, before[n])}
        assert changed == {"classifier.out_proj.weight"}

    def test_the_head_can_be_named(self) -> None:
        model = tiny_classifier()
        with attach(model, [R4F(head="pooler")]):
            assert spectral_norm(model.bert.pooler.dense.weight) == pytest.approx(1.0)
        with pytest.raises(ConfigError, match="head='poler'"), attach(model, [R4F(head="poler")]):
            pass

    def test_without_a_head_it_is_refused(self) -> None:
        model = tiny_classifier()
        for parameter in model.classifier.parameters():
            parameter.requires_grad_(False)
        with pytest.raises(ConfigError, match="no new linear layer"), attach(model, [R4F()]):
            pass

    def test_penalty_is_that_of_r3f_under_the_normalised_head(self) -> None:
        model, plain = tiny_classifier(), tiny_classifier()
        found = measured(model, tiny_batch(), R4F(std=0.1))
        with torch.no_grad():
            plain.classifier.weight.div_(spectral_norm(plain.classifier.weight))
        assert found == pytest.approx(measured(plain, tiny_batch(), R3F(std=0.1)), rel=1e-4)

    def test_a_head_of_zeros_stays(self) -> None:
        model = tiny_classifier()
        nn.init.zeros_(model.classifier.weight)
        with attach(model, [R4F()]):
            assert torch.equal(model.classifier.weight, torch.zeros(2, 32))

    def test_half_precision_weights(self) -> None:
        model = tiny_classifier().bfloat16()
        losses = train_steps(model, [R4F()], [tiny_batch()])
        assert torch.tensor(losses).isfinite().all()
        assert spectral_norm(model.classifier.weight.float()) == pytest.approx(1.0, rel=2e-2)


@pytest.mark.parametrize("cls", [R3F, R4F])
@pytest.mark.parametrize(
    "options", [{"std": -1.0}, {"strength": float("nan")}, {"noise": "normal"}, {"dropout": "on"}]
)
def test_impossible_options_are_refused_in_one_line(cls: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        cls(**options)
    assert "\n" not in str(caught.value)


def test_a_pattern_for_the_head_must_be_one() -> None:
    with pytest.raises(ConfigError, match="head"):
        R4F(head="(")
