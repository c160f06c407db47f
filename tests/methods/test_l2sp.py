"""L2-SP against closed forms, and the contract."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import L2SP, ConfigError, Scheduled, Step, attach
from steadytune.testing import (
    RegularizerContract,
    gradients,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)


class TestContract(RegularizerContract):
    method = L2SP(strength=0.5, head_decay=0.2)
    neutral = L2SP(strength=0.0, head_decay=0.0)


class TestContractOfTheDecoupledForm(RegularizerContract):
    method = L2SP(strength=0.5, head_decay=0.2, form="decoupled")
    neutral = L2SP(strength=0.0, head_decay=0.0, form="decoupled")
    compiles = False


def moved(model: nn.Module, by: float = 0.01) -> dict[str, Tensor]:
    """Add `by` to every trainable weight; what they were before."""
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(by)
    return before


def slopes(model: nn.Module, method: L2SP | None, move: Callable[[nn.Module], Any]) -> Any:
    """The gradients of a model that is attached, then moved."""
    with attach(model, [method] if method else []) as objective:
        start = move(model)
        model.zero_grad()
        objective(Step(model, tiny_batch())).backward()
    return gradients(model), start


class TestCoupled:
    def test_gradient_is_that_of_the_formula(self) -> None:
        plain, _ = slopes(tiny_classifier(dropout=0.0).double(), None, moved)
        model = tiny_classifier(dropout=0.0).double()
        found, start = slopes(model, L2SP(strength=0.3, head_decay=0.7), moved)
        for name, weight in model.named_parameters():
            pull = 0.7 * weight if name.startswith("classifier") else 0.3 * (weight - start[name])
            torch.testing.assert_close(found[name], plain[name] + pull)

    def test_value_is_that_of_the_formula(self) -> None:
        model = tiny_classifier(dropout=0.0).double()
        with attach(model, [L2SP(strength=0.3, head_decay=0.7)]) as objective:
            start = moved(model)
            loss = objective(Step(model, tiny_batch()))
            logged = objective.pop_logs()["l2sp_penalty"]
        squares = [
            (p - start[name]).square().sum()
            for name, p in model.named_parameters()
            if not name.startswith("classifier")
        ]
        distance = torch.stack(squares).sum()
        size = sum(p.square().sum() for p in model.classifier.parameters())
        task = model(**tiny_batch()).loss
        torch.testing.assert_close(loss, task + 0.15 * distance + 0.35 * size)
        assert logged == pytest.approx(distance.item() / 2)

    def test_at_the_start_the_gradient_is_plain_and_finite(self) -> None:
        plain, _ = slopes(tiny_classifier(dropout=0.0), None, lambda model: None)
        found, _ = slopes(
            tiny_classifier(dropout=0.0), L2SP(strength=5.0, head_decay=0.0), lambda model: None
        )
        for name, value in plain.items():
            assert torch.equal(found[name], value), name

    def test_the_rows_of_a_large_embedding_that_did_not_move(self) -> None:
        """Their gradient is left out, and the sum with the task's is the same and dense."""

        class Bag(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.words = nn.Embedding(4096, 256)

            def forward(self, ids: Tensor) -> dict[str, Tensor]:
                return {"loss": self.words(ids).square().sum()}

        model = Bag()
        with attach(model, [L2SP(strength=0.5)]) as objective:
            start = model.words.weight.detach().clone()
            with torch.no_grad():
                model.words.weight[[5, 9]] += 1.0
            objective(Step(model, {"ids": torch.tensor([9, 11])})).backward()
        slope = model.words.weight.grad
        assert slope is not None and not slope.is_sparse
        expected = torch.zeros_like(start)
        expected[[9, 11]] = 2 * model.words.weight.detach()[[9, 11]]
        expected += 0.5 * (model.words.weight.detach() - start)
        torch.testing.assert_close(slope, expected)

    def test_it_can_be_warmed_up(self) -> None:
        """A schedule multiplies it, as it does penalties."""
        results = []
        for method in (L2SP(strength=0.25, head_decay=0.1), L2SP(strength=0.5, head_decay=0.2)):
            model = tiny_classifier(dropout=0.0)
            chosen = method if method.strength == 0.25 else Scheduled(method, warmup=2)
            with attach(model, [chosen]) as objective:
                moved(model)
                objective(Step(model, tiny_batch(), step=1)).backward()
            results.append(gradients(model))
        for name, value in results[0].items():
            torch.testing.assert_close(results[1][name], value)


class TestDecoupled:
    def test_one_step_is_that_of_the_formula(self) -> None:
        model = tiny_classifier(dropout=0.0)
        rates = {"classifier": 0.2, "bert": 0.1}
        groups = [
            {"params": getattr(model, part).parameters(), "lr": rate}
            for part, rate in rates.items()
        ]
        optimizer = torch.optim.SGD(groups)
        method = L2SP(strength=0.3, head_decay=0.7, form="decoupled")
        with attach(model, [method]) as objective:
            objective.connect(optimizer)
            start = moved(model)
            before = weights(model)
            objective(Step(model, tiny_batch())).backward()
            optimizer.step()
        for name, weight in model.named_parameters():
            rate = rates[name.partition(".")[0]]
            pulled = (
                before[name] * (1 - rate * 0.7)
                if name.startswith("classifier")
                else before[name] - rate * 0.3 * (before[name] - start[name])
            )
            assert weight.grad is not None
            torch.testing.assert_close(weight, pulled - rate * weight.grad, rtol=1e-5, atol=1e-6)

    def test_under_sgd_the_forms_are_one(self) -> None:
        assert self._difference(torch.optim.SGD, 0.05) < 1e-12

    def test_under_adam_the_forms_are_two(self) -> None:
        assert self._difference(torch.optim.Adam, 1e-3) > 1e-4

    def _difference(self, kind: Any, rate: float) -> float:
        results = []
        for form in ("coupled", "decoupled"):
            model = tiny_classifier(dropout=0.0).double()
            optimizer = kind(model.parameters(), lr=rate)
            with attach(model, [L2SP(strength=2.0, head_decay=1.0, form=form)]) as objective:
                objective.connect(optimizer)
                for number in range(4):
                    objective(Step(model, tiny_batch(seed=number))).backward()
                    optimizer.step()
                    optimizer.zero_grad()
            results.append(weights(model))
        return max(float((results[0][n] - results[1][n]).abs().max()) for n in results[0])

    def test_a_parameter_that_the_optimizer_does_not_move_is_not_pulled(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        with attach(model, [L2SP(strength=1.0, form="decoupled")]) as objective:
            objective.connect(optimizer)
            moved(model)
            before = weights(model)
            optimizer.step()
        assert all(torch.equal(value, before[name]) for name, value in weights(model).items())


class TestWhatIsPulled:
    def test_the_head_decays_and_is_not_pulled_to_its_random_start(self) -> None:
        """Public code pulls it there, its test for the head never being true."""
        for form in ("coupled", "decoupled"):
            model = tiny_classifier(dropout=0.0)
            with torch.no_grad():
                model.classifier.weight.fill_(3.0)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            with attach(model, [L2SP(head_decay=5.0, strength=5.0, form=form)]) as objective:
                objective.connect(optimizer)
                for _ in range(3):
                    (objective(Step(model, tiny_batch()))).backward()
                    optimizer.step()
                    optimizer.zero_grad()
            assert (model.classifier.weight < 1.5).all()

    def test_the_head_by_name(self) -> None:
        method = L2SP(strength=0.3, head_decay=0.7, head=r"pooler|^classifier")
        plain, _ = slopes(tiny_classifier(dropout=0.0).double(), None, moved)
        model = tiny_classifier(dropout=0.0).double()
        found, _ = slopes(model, method, moved)
        name, weight = "bert.pooler.dense.weight", model.bert.pooler.dense.weight
        torch.testing.assert_close(found[name], plain[name] + 0.7 * weight)

    def test_frozen_parameters_are_left_alone(self) -> None:
        for form in ("coupled", "decoupled"):
            model = tiny_classifier()
            model.bert.embeddings.requires_grad_(False)
            before = weights(model.bert.embeddings)
            train_steps(model, [L2SP(form=form)], [tiny_batch(), tiny_batch()])
            after = weights(model.bert.embeddings)
            assert all(torch.equal(value, after[name]) for name, value in before.items())
            assert all(p.grad is None for p in model.bert.embeddings.parameters())

    def test_a_parameter_that_is_frozen_later_is_left_alone(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [L2SP(strength=1.0, head_decay=0.0)]) as objective:
            moved(model)
            model.bert.requires_grad_(False)
            objective(Step(model, tiny_batch())).backward()
            assert "l2sp_penalty" in objective.pop_logs()
        assert set(gradients(model)) == {"classifier.weight", "classifier.bias"}

    def test_tied_weights_count_once(self) -> None:
        from transformers import GPT2Config, GPT2LMHeadModel

        config = GPT2Config(
            n_layer=1, n_embd=16, n_head=2, vocab_size=32, bos_token_id=1, eos_token_id=1
        )
        model = GPT2LMHeadModel(config)
        assert model.lm_head.weight is model.transformer.wte.weight
        inputs = {"input_ids": torch.arange(6)[None], "labels": torch.arange(6)[None]}
        with attach(model, [L2SP(strength=1.0)]) as objective:
            with torch.no_grad():
                model.lm_head.weight.add_(0.5)
            objective(Step(model, inputs))
            logged = objective.pop_logs()["l2sp_penalty"]
        assert logged == pytest.approx(32 * 16 * 0.25 / 2)

    def test_a_model_that_predicts_words_has_no_new_head(self) -> None:
        from transformers import LlamaConfig, LlamaForCausalLM

        config = LlamaConfig(
            hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
            vocab_size=32, tie_word_embeddings=False,
        )  # fmt: skip
        model = LlamaForCausalLM(config)
        inputs = {"input_ids": torch.arange(6)[None], "labels": torch.arange(6)[None]}
        with attach(model, [L2SP(strength=1.0)]) as objective:
            with torch.no_grad():
                model.lm_head.weight.add_(0.5)
            objective(Step(model, inputs))
            logged = objective.pop_logs()["l2sp_penalty"]
        assert logged == pytest.approx(32 * 16 * 0.25 / 2)

    def test_the_start_is_held_by_name(self) -> None:
        """New parameter objects under the old names are pulled to the old start."""
        model = tiny_classifier(dropout=0.0)
        with attach(model, [L2SP(strength=1.0, head_decay=0.0)]) as objective:
            dense = model.bert.pooler.dense
            dense.weight = nn.Parameter(dense.weight.detach() + 0.5)
            objective(Step(model, tiny_batch()))
            logged = objective.pop_logs()["l2sp_penalty"]
        assert logged == pytest.approx(32 * 32 * 0.25 / 2)

    def test_the_start_follows_the_dtype(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [L2SP(strength=1.0)]) as objective:
            model.to(torch.bfloat16)
            loss = objective(Step(model, tiny_batch()))
            loss.backward()
            assert objective.pop_logs()["l2sp_penalty"] < 1e-2
        assert model.bert.pooler.dense.weight.grad.dtype == torch.bfloat16

    def test_a_copy_of_the_model_is_not_the_start(self) -> None:
        model = tiny_classifier()
        with attach(model, [L2SP()]):
            twin = copy.deepcopy(model)
        assert weights(twin).keys() == weights(model).keys()


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"strength": -1.0}, "strength=-1.0 is not possible"),
            ({"head_decay": float("nan")}, "head_decay=nan"),
            ({"form": "decouple"}, "did you mean 'decoupled'"),
            ({"head": "("}, r"head='\(' is not a regular expression"),
        ],
    )
    def test_what_is_not_possible(self, options: dict[str, Any], text: str) -> None:
        with pytest.raises(ConfigError, match=text):
            L2SP(**options)

    def test_a_head_that_is_not_there(self) -> None:
        message = "head='clasifier' matches no parameter of BertForSeq.*'classifier"
        with pytest.raises(ConfigError, match=message):
            attach(tiny_classifier(), [L2SP(head="clasifier")]).__enter__()
