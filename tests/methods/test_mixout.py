"""Mixout against the formula, its masks through every kind of pass, and the contract."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, Every, FreeLB, Mixout, Regularizer, Step, attach
from steadytune import functional as formulas
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    enable_checkpointing,
    gradients,
    tiny_batch,
    tiny_classifier,
)

from ..families import batch, classifier


class TestContract(RegularizerContract):
    method = Mixout(p=0.6)
    neutral = Mixout(p=0.0)
    draws = True


class Line(nn.Module):
    """One linear layer and the sum of what it gives: the gradient is known."""

    def __init__(self) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(0)
        self.layer = nn.Linear(5, 7).double()
        with torch.no_grad():
            self.layer.weight.copy_(torch.randn(7, 5, generator=draws))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"loss": self.layer(x).sum()}


INPUT = {"x": torch.linspace(-1, 2, 20, dtype=torch.float64).reshape(4, 5)}


def seen_masks(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Every mask that is drawn from now on."""
    drawn: list[Tensor] = []
    draw = formulas.mixing_mask

    def keep(*args: Any) -> Tensor:
        drawn.append(draw(*args))
        return drawn[-1]

    monkeypatch.setattr(formulas, "mixing_mask", keep)
    return drawn


class TestFormula:
    @pytest.mark.parametrize("axis", ["weight", "input"])
    def test_a_layer_and_its_gradient(self, axis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The gradient carries 1 / (1 - p), which public code leaves out."""
        drawn = seen_masks(monkeypatch)
        model = Line()
        start = model.layer.weight.detach().clone()
        with attach(model, [Mixout(p=0.7, axis=axis)]) as objective:
            with torch.no_grad():
                model.layer.weight.add_(0.3)
            loss = objective(Step(model, INPUT))
            loss.backward()
        (mask,) = drawn
        assert mask.shape == ((7, 5) if axis == "weight" else (1, 5))
        mixed = start + mask * (model.layer.weight - start)
        expected = F.linear(INPUT["x"], mixed, model.layer.bias).sum()
        torch.testing.assert_close(loss, expected)
        slope = INPUT["x"].sum(0).expand(7, 5)
        assert model.layer.weight.grad is not None and model.layer.bias.grad is not None
        torch.testing.assert_close(model.layer.weight.grad, mask.double() * slope)
        torch.testing.assert_close(model.layer.bias.grad, torch.full((7,), 4.0).double())

    def test_at_the_start_the_model_is_the_plain_one(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [Mixout(p=0.9)]) as objective:
            assert torch.equal(objective(Step(model, tiny_batch())), model(**tiny_batch()).loss)

    def test_the_mean_over_steps_is_the_plain_output(self) -> None:
        model = Line()
        with torch.no_grad(), attach(model, [Mixout(p=0.5)]) as objective:
            model.layer.weight.add_(0.3)
            losses = torch.stack([objective(Step(model, INPUT)) for _ in range(3000)])
            plain = model(**INPUT)["loss"]
        error = losses.std() / 3000**0.5
        assert (losses.mean() - plain).abs() < 4 * error

    def test_gpt2_keeps_its_weights_transposed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from transformers.pytorch_utils import Conv1D

        class Turned(Line):
            def __init__(self) -> None:
                super().__init__()
                turned = Conv1D(7, 5).double()
                with torch.no_grad():
                    turned.weight.copy_(self.layer.weight.T)
                    turned.bias.copy_(self.layer.bias)
                self.layer = turned  # type: ignore[assignment]

        drawn = seen_masks(monkeypatch)
        model = Turned()
        start = model.layer.weight.detach().clone()
        with attach(model, [Mixout(p=0.5, axis="input")]) as objective:
            with torch.no_grad():
                model.layer.weight.add_(0.3)
            loss = objective(Step(model, INPUT))
        (mask,) = drawn
        assert mask.shape == (5, 1)
        mixed = start + mask * (model.layer.weight - start)
        torch.testing.assert_close(loss, (INPUT["x"] @ mixed + model.layer.bias).sum())


def shift(model: nn.Module, by: float = 0.02) -> None:
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            parameter.add_(by * (-1) ** number)


def slopes(
    method: Regularizer | None, *others: Regularizer, checkpointed: bool = False
) -> dict[str, Tensor]:
    model = tiny_classifier()
    if checkpointed:
        enable_checkpointing(model)
    torch.manual_seed(3)
    with attach(model, [m for m in (method, *others) if m]) as objective:
        shift(model)
        objective(Step(model, tiny_batch(), step=1)).backward()
    return gradients(model)


class TestMasks:
    def test_one_draw_a_step_for_all_micro_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = seen_masks(monkeypatch)
        model = Line()
        with attach(model, [Mixout()]) as objective:
            for micro_step in range(3):
                place = {"step": 0, "micro_step": micro_step, "micro_steps": 3, "rank": micro_step}
                objective(Step(model, INPUT, **place))
            assert len(drawn) == 1
            objective(Step(model, INPUT, step=1))
        assert len(drawn) == 2 and not torch.equal(*drawn)

    def test_a_mask_depends_on_seed_step_and_name_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = seen_masks(monkeypatch)
        for seed, steps in ((0, (0, 1)), (0, (1,)), (1, (1,))):
            model = Line()
            with attach(model, [Mixout()], seed=seed) as objective:
                for step in steps:
                    objective(Step(model, INPUT, step=step))
        _, once, again, other = drawn
        assert torch.equal(once, again) and not torch.equal(once, other)

    @pytest.mark.parametrize("others", [(), (LNSR(strength=9.0, std=0.3, layer=1),)])
    def test_what_checkpointing_recomputes_is_what_was_computed(
        self, others: tuple[Regularizer, ...]
    ) -> None:
        """Also behind Mixout in the list, where passes are run after its objective is done."""
        assert_same(slopes(Mixout(), *others), slopes(Mixout(), *others, checkpointed=True))

    def test_losses_may_be_added_before_they_are_sent_back(self) -> None:
        """Each recomputes under the masks of its own step."""
        results = []
        for checkpointed in (False, True):
            model = tiny_classifier(dropout=0.0)
            if checkpointed:
                enable_checkpointing(model)
            with attach(model, [Mixout(p=0.7)]) as objective:
                shift(model)
                losses = [objective(Step(model, tiny_batch(seed=n), step=n)) for n in range(3)]
                torch.stack(losses).sum().backward()
            results.append(gradients(model))
        assert_same(*results)

    def test_in_early_backward_passes(self) -> None:
        """FreeLB sends K - 1 parts back inside the objective."""
        method = FreeLB(steps=3, step_size=0.2, start=0.1)
        for order in ((method, Mixout()), (Mixout(), method)):
            assert_same(slopes(None, *order), slopes(None, *order, checkpointed=True))

    def test_the_noisy_pass_of_lnsr_has_the_masks_of_the_clean_one(self) -> None:
        """Without noise the passes are equal, in either order."""
        for methods in ([Mixout(), LNSR(std=0.0)], [LNSR(std=0.0), Mixout()]):
            model = tiny_classifier()
            with attach(model, methods) as objective:
                shift(model)
                objective(Step(model, tiny_batch()))
                assert objective.pop_logs()["lnsr_penalty"] == 0

    def test_a_step_without_it_is_plain(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [Every(Mixout(p=0.7), n=2)]) as objective:
            shift(model)
            mixed, plain = (objective(Step(model, tiny_batch(), step=n)) for n in range(2))
            expected = model(**tiny_batch()).loss
        assert torch.equal(plain, expected) and not torch.equal(mixed, expected)

    def test_passes_outside_of_the_objective_are_plain(self) -> None:
        model, plain = tiny_classifier(dropout=0.0), tiny_classifier(dropout=0.0)
        shift(plain)
        with attach(model, [Mixout(p=0.7)]) as objective:
            shift(model)
            loss = objective(Step(model, tiny_batch()))
            assert torch.equal(model(**tiny_batch()).loss, plain(**tiny_batch()).loss)
            loss.backward()
            assert torch.equal(model(**tiny_batch()).loss, plain(**tiny_batch()).loss)

    def test_an_exception_takes_them_out_of_force(self) -> None:
        """What fails comes from the task's own loss, after its pass."""
        model = tiny_classifier(dropout=0.0)

        def failing(model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
            model(**inputs)
            raise KeyboardInterrupt

        with attach(model, [Mixout(p=0.7)]) as objective:
            shift(model)
            expected = copy.deepcopy(model)(**tiny_batch()).loss
            with pytest.raises(KeyboardInterrupt):
                objective(Step(model, tiny_batch(), compute_loss=failing))
            assert torch.equal(model(**tiny_batch()).loss, expected)

    def test_passes_without_dropout_are_not_mixed(self) -> None:
        model = tiny_classifier()
        with attach(model, [Mixout(p=0.7)]) as objective:
            shift(model)
            objective(Step(model, tiny_batch()))
            expected = copy.deepcopy(model).eval()(**tiny_batch()).loss
            model.eval()
            assert torch.equal(objective(Step(model, tiny_batch())), expected)


@contextmanager
def watched(model: nn.Module) -> Iterator[set[str]]:
    """Names of the layers whose `forward` is replaced."""
    yield {name for name, module in model.named_modules() if "forward" in vars(module)}


def mixed_layers(model: nn.Module, method: Mixout) -> set[str]:
    with attach(model, [method]), watched(model) as names:
        return names


class TestWhatIsMixed:
    @pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "gpt2", "llama", "albert"])
    def test_every_pretrained_linear_layer_and_not_the_head(self, family: str) -> None:
        model = classifier(family)
        found = mixed_layers(model, Mixout())
        inside = {
            f"{model.base_model_prefix}.{name}"
            for name, module in model.base_model.named_modules()
            if type(module).__name__ in {"Linear", "Conv1D"}
        }
        assert found == inside and len(found) >= 6
        head = mixed_layers(model, Mixout(mix_head=True)) - found
        assert head and all(not name.startswith(model.base_model_prefix) for name in head)

    def test_those_that_a_pattern_finds(self) -> None:
        """BERT without its intermediate layers, as the paper had it by its author's account."""
        every = mixed_layers(classifier("bert"), Mixout())
        found = mixed_layers(classifier("bert"), Mixout(layers="^(?!.*intermediate)"))
        assert found == {name for name in every if "intermediate" not in name} < every
        with pytest.raises(ConfigError, match="or matches layers="):
            mixed_layers(classifier("bert"), Mixout(layers="none of them"))
        with pytest.raises(ConfigError, match="layers="):
            Mixout(layers="(")

    @pytest.mark.parametrize("family", ["roberta", "gpt2", "llama", "albert", "distilbert"])
    def test_it_trains(self, family: str) -> None:
        model = classifier(family)
        torch.manual_seed(0)
        with attach(model, [Mixout(p=0.7)]) as objective:
            shift(model)
            loss = objective(Step(model, batch(), step=0))
            loss.backward()
            torch.manual_seed(0)
            assert not torch.equal(loss, model(**batch()).loss)
        assert all(value.isfinite().all() for value in gradients(model).values())

    def test_the_head_by_name(self) -> None:
        found = mixed_layers(tiny_classifier(), Mixout(head="pooler"))
        assert "bert.pooler.dense" not in found and "classifier" in found

    def test_frozen_layers_are_left_alone(self) -> None:
        model = tiny_classifier()
        model.bert.encoder.layer[0].requires_grad_(False)
        found = mixed_layers(model, Mixout())
        assert found and not any("layer.0" in name for name in found)

    def test_nothing_to_mix(self) -> None:
        model = tiny_classifier()
        model.bert.requires_grad_(False)
        with pytest.raises(ConfigError, match="has no linear layer to mix"):
            attach(model, [Mixout()]).__enter__()

    def test_output_embeddings_tied_or_not_are_left_alone(self) -> None:
        from transformers import GPT2Config, GPT2LMHeadModel

        for tied in (True, False):
            config = GPT2Config(
                n_layer=1,
                n_embd=16,
                n_head=2,
                vocab_size=32,
                bos_token_id=1,
                eos_token_id=1,
                tie_word_embeddings=tied,
            )
            model = GPT2LMHeadModel(config)
            assert "lm_head" not in mixed_layers(model, Mixout(mix_head=True))
            assert (model.lm_head.weight is model.transformer.wte.weight) == tied

    def test_layers_with_one_weight_have_one_mask(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Twice(Line):
            def __init__(self) -> None:
                super().__init__()
                self.again = nn.Linear(5, 7).double()
                self.again.weight = self.layer.weight

            def forward(self, x: Tensor) -> dict[str, Tensor]:
                return {"loss": (self.layer(x) - self.again(x)).square().sum()}

        model = Twice()
        with torch.no_grad():
            model.again.bias.copy_(model.layer.bias)
        with attach(model, [Mixout()]) as objective:
            shift(model.layer)
            model.again.bias.data.copy_(model.layer.bias)
            assert objective(Step(model, INPUT)) == 0


class TestReplacedDropout:
    @pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "gpt2", "llama"])
    def test_only_that_before_the_head_stays(self, family: str) -> None:
        model = classifier(family)
        before = [dict(vars(module)) for module in model.modules()]
        with attach(model, [Mixout(p=0.5, replace_dropout=True)]) as objective:
            rates = {
                name: module.p
                for name, module in model.named_modules()
                if isinstance(module, nn.Dropout)
            }
            inside = [n for n in rates if n.startswith(model.base_model_prefix)]
            assert all(rates[name] == 0 for name in inside)
            assert all(rates[name] > 0 for name in rates if name not in inside)
            hidden = [self._hidden(objective, model) for _ in range(2)]
            assert torch.equal(*hidden)
        assert [dict(vars(module)) for module in model.modules()] == before

    def _hidden(self, objective: Any, model: Any) -> Tensor:
        states: list[Tensor] = []

        def keep(module: nn.Module, args: Any, output: Any) -> None:
            states.append(output[0].detach())

        handle = model.base_model.register_forward_hook(keep)
        objective(Step(model, batch(), step=0))
        handle.remove()
        return states[0]

    def test_dropout_stays_unless_asked(self) -> None:
        model = tiny_classifier(dropout=0.3)
        with attach(model, [Mixout()]):
            assert all(m.p == 0.3 for m in model.modules() if isinstance(m, nn.Dropout))


class TestCopies:
    """A copy of the model runs with its own weights, and needs nothing of steadytune."""

    def test_deepcopy(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [Mixout()]) as objective:
            objective(Step(model, tiny_batch())).backward()
            twin = copy.deepcopy(model)
            shift(twin, 0.5)
            assert not torch.equal(twin(**tiny_batch()).loss, model(**tiny_batch()).loss)
            expected = tiny_classifier(dropout=0.0)
            expected.load_state_dict(twin.state_dict())
            assert torch.equal(twin(**tiny_batch()).loss, expected(**tiny_batch()).loss)

    def test_pickle(self) -> None:
        model = Line()
        with attach(model, [Mixout()]):
            again = pickle.loads(pickle.dumps(model))
        assert again(**INPUT)["loss"] == model(**INPUT)["loss"]
        assert b"steadytune._model.mixing" not in pickle.dumps(model)

    def test_a_forward_that_was_replaced_before_is_put_back(self) -> None:
        model = Line()

        def forward(x: Tensor) -> Tensor:
            return x

        model.layer.forward = forward  # type: ignore[method-assign]
        with attach(model, [Mixout()]):
            pass
        assert model.layer.forward is forward


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"p": 1.0}, "p=1.0 is not possible; expected a share below 1"),
        ({"p": -0.1}, "p=-0.1"),
        ({"p": float("nan")}, "p=nan"),
        ({"axis": "inputs"}, "did you mean 'input'"),
        ({"head": "["}, r"head='\[' is not a regular expression"),
    ],
)
def test_what_is_not_possible(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Mixout(**options)


def test_a_loss_that_runs_the_model_again_when_it_is_sent_back_finds_the_masks() -> None:
    """As losses that cache embeddings do, in a hook of theirs on the loss."""
    model, inputs, seen = tiny_classifier(dropout=0.0), tiny_batch(), list[Tensor]()

    def cached(net: nn.Module, given: dict[str, Any]) -> tuple[Tensor, Any]:
        outputs = net(**given)
        seen.append(outputs.logits.detach())

        def again(gradient: Tensor) -> None:
            with torch.no_grad():
                seen.append(net(**given).logits)

        outputs.loss.register_hook(again)
        return outputs.loss, outputs

    with attach(model, [Mixout(p=0.5)]) as objective:
        shift(model)
        plain = model(**inputs).logits
        objective(Step(model, inputs, compute_loss=cached)).backward()
    assert len(seen) == 2 and not torch.equal(seen[0], plain)
    assert torch.equal(seen[0], seen[1])
