"""SMART against closed forms, its public code's defects, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from steadytune import LNSR, SMART, ConfigError, FreeLB, Regularizer, Scheduled, Step, attach
from steadytune._random import isolated_rng
from steadytune.functional import class_divergence, span_divergence
from steadytune.testing import (
    RegularizerContract,
    assert_same,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

from .. import families
from .word_bag import WordBag, bag_batch, waves

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = SMART(radius=0.05, step_size=0.05, std=0.01, strength=3.0, momentum=0.5)
    neutral = SMART(radius=0.0, momentum=0.0)
    draws = True


class TestContractOfTheOtherOptions(RegularizerContract):
    method = SMART(
        radius=0.5, step_size=0.2, steps=2, std=0.01, norm="l2", dropout="off", detach_clean=True
    )
    neutral = SMART(strength=0.0, proximal_strength=0.0, dropout="off")
    draws = True


@pytest.fixture
def shifts(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What every pass of the test adds to the embeddings."""
    seen: list[Tensor] = []
    forward = Step.forward

    def spy(step: Step, shift: Tensor | None = None, **options: Any) -> Any:
        if shift is not None:
            seen.append(shift.detach().clone())
        return forward(step, shift, **options)

    monkeypatch.setattr(Step, "forward", spy)
    return seen


def measured(
    model: nn.Module, method: Regularizer, batch: dict[str, Tensor], seed: int = 0
) -> dict[str, float]:
    """What one call logs, every number unrounded."""
    with isolated_rng(CPU, 3), attach(model, [method], seed=seed) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, batch))
        return objective.pop_logs()


def smoothness(model: nn.Module, batch: dict[str, Tensor], **options: Any) -> float:
    return measured(model, SMART(proximal_strength=0.0, **options), batch)["smart_smoothness"]


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


class TestProximalPoint:
    method = SMART(strength=0.0, proximal_strength=2.0, momentum=0.75)

    def test_teacher_is_the_moving_average_of_the_weights(self) -> None:
        model = WordBag()
        with attach(model, [self.method]) as objective:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
            objective.connect(optimizer)
            expected = model.head.weight.detach().clone()
            for _ in range(3):
                objective(Step(model, bag_batch())).backward()
                optimizer.step()
                expected = 0.75 * expected + 0.25 * model.head.weight.detach()
            found = objective.state_dict()["0.teacher.head.weight"]
        assert not torch.equal(found, model.head.weight)
        torch.testing.assert_close(found, expected)

    def test_term_is_the_divergence_from_the_teacher(self) -> None:
        model, batch = WordBag(outputs=3), bag_batch()
        with attach(model, [self.method]) as objective:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
            objective.connect(optimizer)
            objective(Step(model, batch)).backward()
            assert objective.pop_logs()["smart_proximal"] == 0.0
            optimizer.step()
            teacher = WordBag(outputs=3)
            names = dict(teacher.named_parameters())
            teacher.load_state_dict({n: objective.state_dict()[f"0.teacher.{n}"] for n in names})
            loss = objective(Step(model, batch))
            found = objective.pop_logs()["smart_proximal"]
        clean, taught = model(**batch), teacher(**batch)
        expected = class_divergence(clean["logits"], taught["logits"]).mean()
        assert found == pytest.approx(expected.item())
        assert loss.item() == pytest.approx((clean["loss"] + 2 * expected).item())

    def test_gradient_goes_to_the_model_and_not_to_the_teacher(self) -> None:
        model, batch = WordBag(outputs=3), bag_batch()
        with attach(model, [self.method]) as objective:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
            objective.connect(optimizer)
            objective(Step(model, batch)).backward()
            optimizer.step()
            optimizer.zero_grad()
            state = self._own_state(objective)
            objective(Step(model, batch)).backward()
            found = gradients(model)
            assert_same(state, self._own_state(objective))
        teacher = WordBag(outputs=3)
        teacher.load_state_dict({n: state[f"0.teacher.{n}"] for n in weights(teacher)})
        model.zero_grad()
        clean, taught = model(**batch), teacher(**batch)
        penalty = class_divergence(clean["logits"], taught["logits"].detach()).mean()
        (clean["loss"] + 2 * penalty).backward()
        for name, value in gradients(model).items():
            torch.testing.assert_close(found[name], value)

    @staticmethod
    def _own_state(objective: Any) -> dict[str, Tensor]:
        """A copy of what the method carries; the place in training is not its own."""
        state = objective.state_dict().items()
        return {n: v.clone() for n, v in state if n.startswith("0.")}

    def test_teacher_sees_the_dropout_masks_of_the_clean_pass(self) -> None:
        """At the first step teacher and model are one, so that only masks could differ."""
        values = [
            measured(tiny_classifier(), SMART(strength=0.0, dropout=dropout), tiny_batch())
            for dropout in ("shared", "fresh")
        ]
        assert values[0]["smart_proximal"] == 0.0 < values[1]["smart_proximal"]

    def test_weights_are_back_bit_for_bit_also_after_a_failure(self) -> None:
        model = tiny_classifier()
        before, places = weights(model), [p.data_ptr() for p in model.parameters()]
        with attach(model, [self.method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, tiny_batch()))
            calls: list[int] = []

            def fail_at_the_teacher(module: nn.Module, inputs: Any) -> Any:
                calls.append(1)
                if len(calls) == 2:
                    raise RuntimeError("out of memory")
                outputs = module(**inputs)
                return outputs["loss"], outputs

            with pytest.raises(RuntimeError, match="out of memory"):
                objective(Step(model, tiny_batch(), compute_loss=fail_at_the_teacher))
        assert_same(before, weights(model))
        assert [p.data_ptr() for p in model.parameters()] == places

    def test_teacher_is_not_taken_for_the_model_by_autocasts_memory(self) -> None:
        model = tiny_classifier(dropout=0.0)
        with attach(model, [SMART(strength=0.0, momentum=1.0)]) as objective:
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            objective.connect(optimizer)
            for _ in range(2):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = objective(Step(model, tiny_batch()))
                optimizer.zero_grad()
                loss.backward()
                assert len(gradients(model)) == len(list(model.parameters()))
                optimizer.step()
            assert objective.pop_logs()["smart_proximal"] > 0

    def test_it_holds_what_is_trained_and_nothing_else(self) -> None:
        model = tiny_classifier()
        for parameter in model.bert.parameters():
            parameter.requires_grad_(False)
        with attach(model, [self.method]) as objective:
            names = {name.removeprefix("0.teacher.") for name in objective.state_dict()}
            assert names == {"classifier.weight", "classifier.bias", "0.teacher_is.started"}
            assert not {"teacher"} & {name.split(".")[0] for name in model.state_dict()}

    def test_half_precision_weights_have_a_teacher_in_single(self) -> None:
        model = tiny_classifier().bfloat16()
        with attach(model, [SMART(strength=0.0, momentum=0.99)]) as objective:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            objective.connect(optimizer)
            objective(Step(model, tiny_batch())).backward()
            before = objective.state_dict()["0.teacher.classifier.weight"].clone()
            optimizer.step()
            after = objective.state_dict()["0.teacher.classifier.weight"]
        assert after.dtype == torch.float32
        expected = torch.lerp(before, model.classifier.weight.detach().float(), 0.01)
        torch.testing.assert_close(after, expected)
        assert not torch.equal(after, before)

    def test_it_starts_from_the_weights_of_its_first_step(self) -> None:
        """So that one that starts late is not pulled back to where training began."""
        model = WordBag()
        with attach(model, [self.method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.5))
            with torch.no_grad():
                model.head.weight.mul_(3.0)
            objective(Step(model, bag_batch()))
            assert objective.pop_logs()["smart_proximal"] == 0.0

    def test_without_it_nothing_is_kept_and_no_optimizer_is_needed(self) -> None:
        model = WordBag()
        with attach(model, [SMART(proximal_strength=0.0)]) as objective:
            assert not objective.needs_optimizer
            assert not objective.state_dict()
            objective(Step(model, bag_batch()))


class TestHalfPrecision:
    """Starting noise that the rounding of the logits swallows still leads somewhere."""

    @pytest.mark.parametrize("std", [0.0, 1e-5, 1e-3])
    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    @pytest.mark.parametrize("by", ["autocast", "weights"])
    def test_ascent_leads_where_float64_leads_up_to_its_sign(
        self, shifts: list[Tensor], std: float, by: str, dtype: torch.dtype
    ) -> None:
        options = {"radius": 1.0, "step_size": 0.1, "std": std, "proximal_strength": 0.0}
        exact = tiny_classifier(dropout=0.0).double()
        measured(exact, SMART(**{**options, "std": 1e-3}), tiny_batch())
        reference = shifts[-1].double()
        model = tiny_classifier(dropout=0.0)
        if by == "weights":
            model = model.to(dtype)
        with torch.autocast("cpu", dtype, enabled=by == "autocast"):
            measured(model, SMART(**options), tiny_batch())
        cosine = torch.cosine_similarity(reference.flatten(1), shifts[-1].flatten(1).double())
        assert cosine.abs().min() > 0.95

    def test_training_under_autocast_stays_finite_and_moves(self) -> None:
        model = tiny_classifier()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, [SMART(radius=0.1, step_size=0.1)]) as objective:
            objective.connect(optimizer)
            for seed in range(3):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = objective(Step(model, tiny_batch(seed=seed)))
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            logs = objective.pop_logs()
        assert logs["smart_smoothness"] > 0 and logs["smart_proximal"] > 0
        assert all(value.isfinite().all() for value in weights(model).values())

    def test_a_ball_that_is_rounded_away_is_warned_of_once(self) -> None:
        model = tiny_classifier()
        method = SMART(radius=1e-5, proximal_strength=0.0)
        with (
            attach(model, [method]) as objective,
            pytest.warns(UserWarning, match="radius=1e-05 is lost") as found,
        ):
            for seed in range(2):
                with torch.autocast("cpu", torch.bfloat16):
                    objective(Step(model, tiny_batch(seed=seed))).backward()
        assert len(found) == 1


@pytest.mark.parametrize(
    ("method", "bound"),
    [
        (SMART(proximal_strength=0.0), 8 / 3),
        (SMART(), 3.0),
        (SMART(proximal_strength=0.0, steps=2), 10 / 3),
        (SMART(strength=0.0), 4 / 3),
    ],
)
def test_multiply_adds_keep_to_the_bound(method: SMART, bound: float) -> None:
    def flops(chosen: list[Regularizer]) -> int:
        model = tiny_classifier()
        with attach(model, chosen) as objective, FlopCounterMode(display=False) as counter:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, tiny_batch())).backward()
        return counter.get_total_flops()

    assert flops([method]) / flops([]) == pytest.approx(bound, rel=0.02)


def test_detach_clean_changes_the_gradient_and_not_the_value() -> None:
    found = []
    for detach in (False, True):
        model = tiny_classifier(dropout=0.0)
        method = SMART(radius=0.1, step_size=0.1, proximal_strength=0.0, detach_clean=detach)
        with attach(model, [method]) as objective:
            loss = objective(Step(model, tiny_batch()))
            loss.backward()
        found.append((loss.item(), gradients(model)["classifier.weight"]))
    assert found[0][0] == found[1][0]
    assert not torch.equal(found[0][1], found[1][1])


def test_one_example_and_one_token() -> None:
    model = tiny_classifier()
    losses = train_steps(model, [SMART()], [tiny_batch(examples=1, tokens=2)])
    assert torch.tensor(losses).isfinite().all()


@pytest.mark.parametrize("family", families.NAMES)
def test_every_family(family: str) -> None:
    """Zero perturbation moves nothing, and a small one something, under dropout and pads."""
    model, batch = families.classifier(family), families.batch()
    assert smoothness(model, batch, radius=0.0) == 0.0
    assert 0 < smoothness(model, batch, radius=0.1, step_size=0.1) < float("inf")
    model.zero_grad()
    with attach(model, [SMART(radius=0.1, step_size=0.1)]) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, batch)).backward()
    assert all(value.isfinite().all() for value in gradients(model).values())


def test_scheduled_warms_up_and_its_teacher_starts_late() -> None:
    model = WordBag()
    method = Scheduled(SMART(radius=0.1, step_size=0.1), start=2, warmup=4)
    logs = []
    with attach(model, [method]) as objective:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        objective.connect(optimizer)
        for _ in range(5):
            objective(Step(model, bag_batch())).backward()
            logs.append(objective.pop_logs())
            optimizer.step()
            optimizer.zero_grad()
    assert [sorted(entry) for entry in logs[:3]] == [[], [], []]
    assert logs[3]["smart_proximal"] == 0.0 < logs[4]["smart_proximal"]
    assert logs[3]["smart_smoothness"] > 0


@pytest.mark.parametrize("chosen", [[SMART(), LNSR()], [SMART(), FreeLB()], [FreeLB(), SMART()]])
def test_it_composes(chosen: list[Regularizer]) -> None:
    model = tiny_classifier()
    losses = train_steps(model, chosen, [tiny_batch(seed=seed) for seed in range(2)])
    assert torch.tensor(losses).isfinite().all()


@pytest.mark.parametrize(
    "options",
    [
        {"radius": -1.0},
        {"step_size": float("nan")},
        {"steps": -1},
        {"std": -0.1},
        {"strength": -1.0},
        {"norm": "l1"},
        {"dropout": "on"},
        {"momentum": 1.5},
    ],
)
def test_impossible_options_are_refused_in_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))) as caught:
        SMART(**options)
    assert "\n" not in str(caught.value)


def test_the_teacher_follows_a_model_that_is_cast_meanwhile() -> None:
    model = tiny_classifier()
    with attach(model, [SMART()]) as objective:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        objective.connect(optimizer)
        for dtype in (torch.float64, torch.float32):
            model.to(dtype)
            optimizer.zero_grad()
            objective(Step(model, tiny_batch())).backward()
            optimizer.step()
        assert objective.pop_logs()["smart_proximal"] >= 0


@pytest.mark.parametrize(
    ("by_sides", "ratio", "error"), [(False, 2.0, 1e-2), (True, 1.0, 1e-6)], ids=str
)
def test_the_gradient_is_twice_that_of_code_that_stops_it_at_one_side_in_turn(
    monkeypatch: pytest.MonkeyPatch, by_sides: bool, ratio: float, error: float
) -> None:
    """For one perturbation both have the same value; by sides the gradient is that code's."""
    model, inputs = tiny_classifier(dropout=0.0, classes=3).double(), tiny_batch()
    table = model.get_input_embeddings()
    delta = 1e-3 * torch.randn(4, 9, 32, generator=torch.Generator().manual_seed(0)).double()
    monkeypatch.setattr(SMART, "_perturbation", lambda *_: delta)
    with attach(model, [SMART(proximal_strength=0.0, by_sides=by_sides)]) as objective:
        step = Step(model, inputs, compute_loss=_without_task)
        value = objective(step)
        value.backward()
    ours = torch.cat([g.flatten() for g in gradients(model).values()])

    model.zero_grad()
    mask, words = inputs["attention_mask"], table(inputs["input_ids"])
    still = model(inputs_embeds=words, attention_mask=mask).logits.log_softmax(-1)
    moved = model(inputs_embeds=words + delta, attention_mask=mask).logits.log_softmax(-1)
    apart = functional_kl(still, moved.detach()) + functional_kl(moved, still.detach())
    apart.backward()
    theirs = torch.cat([g.flatten() for g in gradients(model).values()])
    assert value.item() == pytest.approx(apart.item(), rel=1e-3)
    assert (ours.norm() / theirs.norm()).item() == pytest.approx(ratio, rel=error)
    assert torch.nn.functional.cosine_similarity(ours, theirs, 0).item() > 0.999


def test_a_gradient_by_sides_is_of_classes() -> None:
    model = tiny_classifier(classes=1)
    inputs = {**tiny_batch(), "labels": torch.rand(4)}
    with (
        attach(model, [SMART(by_sides=True, proximal_strength=0.0)]) as objective,
        pytest.raises(ConfigError, match="one of several classes, and this one predicts values"),
    ):
        objective(Step(model, inputs))


def test_the_momentum_changes_after_a_tenth_of_the_training() -> None:
    """The teacher by hand, in a model whose weight is set before each step."""
    model = tiny_classifier().double()
    method = SMART(strength=0.0, momentum=0.5, late_momentum=0.9)
    weight = model.classifier.bias
    with attach(model, [method]) as objective:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        objective.connect(optimizer)
        expected = weight[0].item()
        for number in range(4):
            objective(Step(model, tiny_batch(), step=number, total_steps=20)).backward()
            with torch.no_grad():
                weight.fill_(number + 1.0)
            optimizer.step()
            kept = 0.5 if number < 2 else 0.9
            expected = kept * expected + (1 - kept) * (number + 1.0)
        (teacher,) = (v for k, v in objective.state_dict().items() if "classifier.bias" in k)
        assert teacher[0].item() == pytest.approx(expected, rel=1e-12)
        with pytest.raises(ConfigError, match="whose length is not known"):
            objective(Step(model, tiny_batch(), step=4))


def _without_task(model: Any, inputs: Any) -> Any:
    outputs = model(**inputs)
    return outputs.loss * 0, outputs


def functional_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.nn.functional.kl_div(log_p, log_q, log_target=True, reduction="batchmean")
