"""SMART's proximal point: the teacher that follows the model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import SMART, ConfigError, Scheduled, Step, attach
from steadytune.functional import class_divergence
from steadytune.testing import (
    assert_same,
    gradients,
    tiny_batch,
    tiny_classifier,
    weights,
)

from .smart_measured import measured
from .word_bag import WordBag, bag_batch


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
