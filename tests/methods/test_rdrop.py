"""R-Drop against two explicit passes, its public code's defects, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import LNSR, ConfigError, FreeLB, RDrop, Regularizer, Step, attach
from steadytune._random import isolated_rng
from steadytune.functional import class_divergence, span_divergence, value_divergence
from steadytune.testing import (
    RegularizerContract,
    gradients,
    tiny_batch,
    tiny_classifier,
    train_steps,
)

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = RDrop(strength=2.0)


class Watch:
    """The model's own loss, keeping what every pass returned."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []

    def __call__(self, model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
        outputs = model(**inputs)
        self.outputs.append(outputs)
        return outputs["loss"], outputs


def watched(
    model: nn.Module, methods: list[Regularizer], batch: dict[str, Tensor]
) -> tuple[Tensor, list[Any], dict[str, float]]:
    watch = Watch()
    with isolated_rng(CPU, 0), attach(model, methods) as objective:
        loss = objective(Step(model, batch, compute_loss=watch))
        return loss, watch.outputs, objective.pop_logs()


def test_both_task_losses_count_and_the_divergence_is_halved() -> None:
    model = tiny_classifier()
    loss, (one, other), logs = watched(model, [RDrop(strength=0.7)], tiny_batch())
    assert not torch.equal(one.logits, other.logits)
    penalty = class_divergence(one.logits, other.logits).mean() / 2
    assert loss.item() == pytest.approx((one.loss / 2 + other.loss / 2 + 0.7 * penalty).item())
    assert logs["rdrop_penalty"] == pytest.approx(penalty.item())


def test_share_weighs_the_divergence() -> None:
    model, values = tiny_classifier(), []
    for share in (0.0, 0.5, 1.0):
        with isolated_rng(CPU, 0), attach(model, [RDrop(strength=2.0)]) as objective:
            values.append(objective(Step(model, tiny_batch(), share=share)).item())
    assert values[2] > values[0]
    assert values[1] - values[0] == pytest.approx((values[2] - values[0]) / 2, rel=1e-4)


def test_gradient_is_that_of_the_formula_in_both_passes() -> None:
    model = tiny_classifier()
    loss, (one, other), _ = watched(model, [RDrop(strength=0.7)], tiny_batch())
    loss.backward(retain_graph=True)
    found = gradients(model)
    model.zero_grad()
    penalty = class_divergence(one.logits, other.logits).mean() / 2
    (one.loss / 2 + other.loss / 2 + 0.7 * penalty).backward()
    for name, value in gradients(model).items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-7)


def test_value_does_not_grow_with_the_batch() -> None:
    """The same predictions twice: a sum over examples would double."""

    class Alternating(nn.Module):
        """Gives other logits at every second pass."""

        def __init__(self) -> None:
            super().__init__()
            self.weight, self.passes = nn.Parameter(torch.ones(())), 0

        def forward(self, rows: Tensor) -> dict[str, Tensor]:
            self.passes += 1
            logits = self.weight * rows * (-1) ** self.passes
            return {"loss": logits.square().mean(), "logits": logits}

    rows = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.5, 0.3]])
    values = [
        watched(Alternating(), [RDrop()], {"rows": batch})[0].item()
        for batch in (rows, torch.cat([rows, rows]))
    ]
    assert values[0] == pytest.approx(values[1])
    assert values[0] > rows.square().mean().item()


def test_regression_has_the_mean_squared_difference() -> None:
    model = tiny_classifier(classes=1)
    batch = {**tiny_batch(), "labels": torch.tensor([0.0, 1.0, 2.0, 9.0])}
    loss, (one, other), _ = watched(model, [RDrop()], batch)
    penalty = value_divergence(one.logits, other.logits).mean()
    expected = torch.nn.functional.mse_loss(one.logits[:, 0], other.logits[:, 0])
    assert penalty.item() == pytest.approx(expected.item())
    assert loss.item() == pytest.approx((one.loss / 2 + other.loss / 2 + penalty).item())


def test_question_answering_compares_start_and_end() -> None:
    from transformers import BertConfig, BertForQuestionAnswering

    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    with isolated_rng(CPU, 0):
        model = BertForQuestionAnswering(
            BertConfig(vocab_size=64, intermediate_size=64, **small)
        ).train()
    batch = {name: value for name, value in tiny_batch().items() if name != "labels"}
    batch |= {"start_positions": torch.tensor([1, 0, 2, 1]), "end_positions": torch.ones(4).long()}
    _, (one, other), logs = watched(model, [RDrop()], batch)
    spans = [(passed.start_logits, passed.end_logits) for passed in (one, other)]
    expected = span_divergence(*spans, batch["attention_mask"]).mean().item() / 2
    assert logs["rdrop_penalty"] == pytest.approx(expected)


def test_without_dropout_it_is_plain_training() -> None:
    plain, treated = tiny_classifier(dropout=0.0), tiny_classifier(dropout=0.0)
    batches = [tiny_batch(seed=seed) for seed in range(2)]
    assert train_steps(treated, [RDrop()], batches) == pytest.approx(
        train_steps(plain, [], batches)
    )


def test_first_pass_has_the_masks_of_plain_training_and_the_stream_goes_on_from_there() -> None:
    states, logits = [], []
    for methods in ([], [RDrop()]):
        _, outputs, _ = watched(tiny_classifier(), methods, tiny_batch())
        logits.append(outputs[0].logits)
        with isolated_rng(CPU, 0), attach(model := tiny_classifier(), methods) as objective:
            objective(Step(model, tiny_batch()))
            states.append(torch.get_rng_state())
    assert torch.equal(*logits)
    assert torch.equal(*states)


def test_evaluation_makes_one_pass() -> None:
    model = tiny_classifier().eval()
    calls: list[int] = []
    model.register_forward_hook(lambda *_: calls.append(1))
    with attach(model, [RDrop()]):
        model(**tiny_batch())
    assert len(calls) == 1


def test_methods_inside_act_on_both_passes_and_methods_outside_once() -> None:
    model = tiny_classifier()
    _, inside, _ = watched(
        model, [FreeLB(steps=2, step_size=0.1, start=0.1), RDrop()], tiny_batch()
    )
    _, outside, _ = watched(
        model, [RDrop(), FreeLB(steps=2, step_size=0.1, start=0.1)], tiny_batch()
    )
    assert len(inside) == 2 * 2 + 2  # the two clean passes are compared
    assert len(outside) == 2 * 2
    _, noisy, logs = watched(model, [RDrop(), LNSR()], tiny_batch())
    assert len(noisy) == 2 and "lnsr_penalty" in logs


def test_early_backwards_of_methods_inside_are_halved() -> None:
    """Without dropout, two passes of FreeLB are FreeLB, in value and gradient."""
    batch, climb = tiny_batch(), FreeLB(steps=3, step_size=0.1)
    found = []
    for methods in ([climb], [climb, RDrop(strength=0.0)]):
        model = tiny_classifier(dropout=0.0).double()
        with attach(model, methods) as objective:
            loss = objective(Step(model, batch))
            loss.backward()
        found.append((loss.item(), gradients(model)))
    assert found[0][0] == pytest.approx(found[1][0])
    for name, value in found[0][1].items():
        torch.testing.assert_close(found[1][1][name], value)


def test_impossible_options_are_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match="strength") as caught:
        RDrop(strength=-1.0)
    assert "\n" not in str(caught.value)
