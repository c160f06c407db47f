"""SMART's smoothness: closed forms, defects of its public code, each kind of prediction."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import SMART, ConfigError, Step, attach
from steadytune._random import isolated_rng
from steadytune.functional import span_divergence
from steadytune.testing import (
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
)

from .smart_measured import CPU, measured, smoothness
from .word_bag import WordBag, bag_batch, waves


class TestSmoothness:
    """A linear regression w . mean_t x_t, whose worst perturbation is known."""

    def test_worst_case_in_l2_by_hand(self) -> None:
        """Each token moves by the radius along w, so that f moves by radius * ||w||."""
        model = WordBag(outputs=1)
        expected = (0.3 * model.head.weight.norm().item()) ** 2
        found = smoothness(model, bag_batch(), radius=0.3, step_size=10.0, std=1e-6, norm="l2")
        assert found == pytest.approx(expected, rel=1e-9)

    def test_worst_case_in_linf_by_hand(self) -> None:
        """Every coordinate ends at +-radius, so that f moves by radius * ||w||_1."""
        model = WordBag(outputs=1)
        expected = (0.3 * model.head.weight.abs().sum().item()) ** 2
        options = {"radius": 0.3, "step_size": 0.1, "std": 1e-6, "norm": "linf"}
        assert smoothness(model, bag_batch(), steps=60, **options) == pytest.approx(expected)
        assert smoothness(model, bag_batch(), steps=1, **options) < 0.2 * expected

    def test_one_step_inside_the_ball_by_hand(self) -> None:
        """From (almost) nothing each token moves by step_size * w / max |w|."""
        model = WordBag(outputs=1)
        weight = model.head.weight
        expected = (0.1 * weight.square().sum() / weight.abs().max()).item() ** 2
        found = smoothness(model, bag_batch(), radius=1.0, step_size=0.1, std=1e-8)
        assert found == pytest.approx(expected, rel=1e-6)

    def test_without_ascent_it_is_the_noise_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        noise = waves(3, 4, 3, start=0.2)
        monkeypatch.setattr(Step, "normal_like", lambda *_: noise)
        model, batch = WordBag(outputs=1), bag_batch()
        real = batch["attention_mask"].double()[..., None]
        moved = 0.01 * (noise * real).sum(1) / real.sum(1) @ model.head.weight[0]
        found = smoothness(model, batch, steps=0, std=0.01, radius=1.0)
        assert found == pytest.approx(moved.square().mean().item())

    def test_gradient_of_the_smoothness_by_finite_differences(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of the penalty at the perturbation found, which is a constant, on both sides."""
        monkeypatch.setattr(Step, "normal_like", lambda *_: waves(3, 4, 3))
        model, batch = WordBag(outputs=3, bend=torch.tanh), bag_batch()
        method = SMART(steps=0, std=0.1, radius=1.0, proximal_strength=0.0)

        def penalty(weight: Tensor) -> Tensor:
            with torch.no_grad():
                model.head.weight.copy_(weight)
            model.zero_grad()
            with attach(model, [method]) as objective:
                loss = objective(Step(model, batch)) - model(**batch)["loss"]
                loss.backward()
            return loss.detach()

        start = model.head.weight.detach().clone()
        penalty(start)
        assert model.head.weight.grad is not None
        slope = (model.head.weight.grad * waves(3, 3)).sum().item()
        step = 1e-5 * waves(3, 3)
        found = (penalty(start + step) - penalty(start - step)) / 2e-5
        assert found.item() == pytest.approx(slope, rel=1e-6)

    def test_more_ascent_finds_worse_perturbations(self) -> None:
        model, batch = tiny_classifier(dropout=0.0), tiny_batch()
        options = {"radius": 0.1, "step_size": 0.02, "std": 1e-3}
        found = [smoothness(model, batch, steps=steps, **options) for steps in (0, 1, 2, 4)]
        assert found == sorted(found)
        assert found[3] > 3 * found[1] > 100 * found[0]

    def test_equals_smart_pytorch_where_that_one_is_right(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The number is that of PyPI's smart-pytorch 0.0.4.

        It was made with this model and batch and the noise below put in place of its draws:
        `SMARTLoss(eval_fn=<the model from its word embeddings on>, loss_fn=<sym_kl_loss with
        reduction "batchmean">, num_steps=1, step_size=1e12, epsilon=0.0, noise_var=1e-6)`. It does
        not project but scales every token's perturbation to maximum 1. After a step so long that
        only the gradient is left, that is the point which a step of 1 in a ball of 1 leads to. The
        8th digit differs, since its ascent follows one of the two Kullback-Leibler divergences.
        """
        model, batch = WordBag(outputs=3, bend=torch.tanh), bag_batch()
        batch["input_ids"] = torch.tensor([[1, 2, 3, 4], [5, 6, 10, 11], [7, 8, 9, 2]])
        batch["attention_mask"] = torch.ones(3, 4, dtype=torch.long)  # it perturbs pads too
        monkeypatch.setattr(Step, "normal_like", lambda *_: waves(3, 4, 3, start=0.2))
        found = smoothness(model, batch, radius=1.0, step_size=1.0, std=1e-6)
        assert found == pytest.approx(0.7656158727193745, rel=1e-6)


class TestDefectsOfPublicCode:
    @pytest.mark.parametrize(("norm", "size"), [("linf", float("inf")), ("l2", 2.0)])
    def test_perturbations_stay_in_the_ball(
        self, shifts: list[Tensor], norm: Any, size: float
    ) -> None:
        method = SMART(radius=0.01, step_size=1.0, steps=3, std=0.1, norm=norm)
        measured(tiny_classifier(), method, tiny_batch())
        assert len(shifts) == 4
        for shift in shifts:
            sizes = torch.linalg.vector_norm(shift, ord=size, dim=-1)
            assert sizes.max() <= 0.01 * (1 + 1e-6)
        if norm == "linf":
            assert torch.stack(shifts).abs().max() <= torch.tensor(0.01)

    def test_pads_are_not_perturbed(self, shifts: list[Tensor]) -> None:
        batch = tiny_batch()
        measured(tiny_classifier(), SMART(steps=2), batch)
        pads = batch["attention_mask"] == 0
        assert pads.any()
        for shift in shifts:
            assert (shift[pads] == 0).all()
            assert (shift[~pads] != 0).any(-1).all()

    def test_nothing_is_embedded_twice(self) -> None:
        """A perturbation of zero gives the clean prediction, bit for bit, dropout included."""
        assert smoothness(tiny_classifier(), tiny_batch(), radius=0.0) == 0.0

    def test_dropout_adds_nothing_unless_it_is_asked_to(self) -> None:
        values = {
            dropout: smoothness(tiny_classifier(), tiny_batch(), radius=0.0, dropout=dropout)
            for dropout in ("shared", "off", "fresh")
        }
        assert values["shared"] == values["off"] == 0 < values["fresh"]

    def test_regression_is_compared_example_by_example(self) -> None:
        """(B,) against (B, 1) would broadcast to (B, B) and be far from zero here."""
        model = tiny_classifier(classes=1, dropout=0.0)
        batch = {**tiny_batch(), "labels": torch.tensor([0.0, 5.0, -5.0, 9.0])}
        tiny = smoothness(model, batch, radius=1e-6, step_size=1e-6, std=1e-7)
        assert 0 <= tiny < 1e-8

    def test_value_is_a_mean_over_examples(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Step, "normal_like", lambda _, like, site: torch.ones_like(like))
        model, batch = tiny_classifier(dropout=0.0).double(), tiny_batch()
        twice = {name: torch.cat([value, value]) for name, value in batch.items()}
        once = smoothness(model, batch, radius=0.1, step_size=0.1)
        assert smoothness(model, twice, radius=0.1, step_size=0.1) == pytest.approx(once, rel=1e-9)

    def test_ascent_leaves_no_gradient_on_the_weights(self) -> None:
        model = tiny_classifier()
        with attach(model, [SMART(steps=3)]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, tiny_batch()))
        assert not gradients(model)


class TestPredictions:
    """What is compared is read off the outputs and the configuration."""

    def test_question_answering(self, shifts: list[Tensor]) -> None:
        from transformers import BertConfig, BertForQuestionAnswering

        small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
        still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        config = BertConfig(vocab_size=64, intermediate_size=64, **small, **still)
        with isolated_rng(CPU, 0):
            model = BertForQuestionAnswering(config).train()
        batch = {name: value for name, value in tiny_batch().items() if name != "labels"}
        spans = {
            "start_positions": torch.tensor([1, 0, 2, 1]),
            "end_positions": torch.ones(4).long(),
        }
        found = smoothness(model, {**batch, **spans}, radius=0.1, step_size=0.1)
        with torch.no_grad():
            clean = model(**batch)
            handle = model.get_input_embeddings().register_forward_hook(
                lambda module, args, output: output + shifts[-1]
            )
            moved = model(**batch)
            handle.remove()
        expected = span_divergence(
            (clean.start_logits, clean.end_logits),
            (moved.start_logits, moved.end_logits),
            batch["attention_mask"],
        )
        assert found == pytest.approx(expected.mean().item(), rel=1e-4)
        assert found > 0

    def test_pads_with_infinite_logits_make_no_nan(self) -> None:
        class Spans(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding, self.head = nn.Embedding(12, 4), nn.Linear(4, 2)

            def get_input_embeddings(self) -> nn.Module:
                return self.embedding

            def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> Any:
                logits = self.head(self.embedding(input_ids))
                start, end = logits.masked_fill(attention_mask[..., None] == 0, -torch.inf).unbind(
                    -1
                )
                loss = nn.functional.cross_entropy(start, labels)
                return {"loss": loss, "start_logits": start, "end_logits": end}

        with isolated_rng(CPU, 0):
            model = Spans()
        with attach(model, [SMART(radius=0.1, step_size=0.1)]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            loss = objective(Step(model, bag_batch()))
            loss.backward()
            assert objective.pop_logs()["smart_smoothness"] > 0
        assert all(value.isfinite().all() for value in gradients(model).values())

    def test_independent_labels_are_not_taken_for_classes(self) -> None:
        batch, options = bag_batch(), {"radius": 0.1, "step_size": 0.1}
        problems = (None, "multi_label_classification", "regression")
        found = [smoothness(WordBag(outputs=2, problem=p), batch, **options) for p in problems]
        assert len(set(found)) == 3

    def test_tokens_without_a_label_do_not_count(self) -> None:
        class Tagger(WordBag):
            def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> Any:
                logits = self.head(self.embedding(input_ids))
                return {"loss": logits.square().mean(), "logits": logits}

        batch = bag_batch()
        batch["labels"] = torch.where(batch["input_ids"] == 1, 1, -100)
        first = {name: value[:1] for name, value in batch.items()}
        with noise_by_example():
            found, alone = (
                smoothness(Tagger(), rows, radius=0.1, step_size=0.1) for rows in (batch, first)
            )
        assert found == pytest.approx(alone / 3)

    def test_outputs_without_logits_are_refused(self) -> None:
        class Silent(WordBag):
            def forward(self, **batch: Tensor) -> Any:
                return {"loss": super().forward(**batch)["loss"]}

        with pytest.raises(ConfigError, match="logits"):
            smoothness(Silent(), bag_batch())

    def test_a_batch_without_token_ids_is_refused(self) -> None:
        class Pooled(WordBag):
            def forward(self, pooled: Tensor) -> Any:
                logits = self.head(pooled)
                return {"loss": logits.mean(), "logits": logits}

        with pytest.raises(ConfigError, match="input_ids"):
            smoothness(Pooled(), {"pooled": waves(2, 3)})
