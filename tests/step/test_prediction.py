"""What a model predicts is read off its outputs, its configuration and its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import ConfigError, ModelError, Pass, Step
from steadytune._random import RngState
from steadytune._step.prediction import divergence, prediction_of
from steadytune.functional import class_divergence

CPU = torch.device("cpu")


class Model(nn.Module):
    def __init__(self, problem: str | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.config = SimpleNamespace(problem_type=problem)


class ModelForCausalLM(Model):
    pass


def passed(**outputs: Any) -> Pass:
    return Pass(torch.zeros(()), outputs, RngState.capture(CPU))


def kind(shape: tuple[int, ...], problem: str | None = None) -> str:
    return prediction_of(Step(Model(problem), {}), passed(logits=torch.zeros(shape))).kind


@pytest.mark.parametrize(
    ("shape", "problem", "expected"),
    [
        ((4, 3), None, "classes"),
        ((4, 3), "single_label_classification", "classes"),
        ((4, 3), "multi_label_classification", "labels"),
        ((4, 3), "regression", "values"),
        ((4, 1), None, "values"),
        ((4,), None, "values"),
        ((4, 5, 3), None, "tokens"),
    ],
)
def test_kinds(shape: tuple[int, ...], problem: str | None, expected: str) -> None:
    assert kind(shape, problem) == expected


def test_a_model_without_configuration_classifies() -> None:
    model = Model()
    del model.config
    found = prediction_of(Step(model, {}), passed(logits=torch.zeros(4, 3)))
    assert found.kind == "classes"


def test_a_span_is_masked_by_the_real_tokens() -> None:
    mask = torch.tensor([[1, 1, 0]])
    logits = torch.zeros(1, 3)
    step = Step(Model(), {"attention_mask": mask})
    found = prediction_of(step, passed(start_logits=logits, end_logits=logits))
    assert found.kind == "span" and found.mask is not None
    assert torch.equal(found.mask, mask)


def tokens_that_count(model: nn.Module, inputs: dict[str, Tensor]) -> list[list[bool]]:
    found = prediction_of(Step(model, inputs), passed(logits=torch.zeros(1, 4, 2)))
    assert found.mask is not None
    return found.mask.bool().tolist()  # type: ignore[no-any-return]


def test_tokens_count_where_they_have_a_label_or_else_are_real() -> None:
    mask, labels = torch.tensor([[1, 1, 1, 0]]), torch.tensor([[-100, -100, 5, 6]])
    assert tokens_that_count(Model(), {"attention_mask": mask}) == [[True, True, True, False]]
    given = {"attention_mask": mask, "labels": labels}
    assert tokens_that_count(Model(), given) == [[False, False, True, True]]


def test_a_causal_models_logits_are_of_the_next_token() -> None:
    given = {"labels": torch.tensor([[-100, -100, 5, 6]])}
    assert tokens_that_count(ModelForCausalLM(), given) == [[False, True, True, False]]


def test_a_causal_model_in_an_adapters_wrapper_is_one_too() -> None:
    class Wrapped(Model):
        def get_base_model(self) -> nn.Module:
            return ModelForCausalLM()

    given = {"labels": torch.tensor([[-100, -100, 5, 6]])}
    assert tokens_that_count(Wrapped(), given) == [[False, True, True, False]]


def test_tokens_without_a_label_have_no_part_in_how_far_predictions_are_apart() -> None:
    draws = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 2, 4, 3, dtype=torch.float64, generator=draws)
    other.requires_grad_()
    labels = torch.tensor([[-100, 0, 2, -100], [1, -100, -100, -100]])
    step = Step(Model(), {"labels": labels})

    def apart(left: Tensor) -> Tensor:
        return divergence(*(prediction_of(step, passed(logits=x)) for x in (left, other)))

    found = apart(one)
    each = class_divergence(one.flatten(0, 1), other.flatten(0, 1)).reshape(2, 4)
    counts = labels != -100
    expected = (each * counts).sum(1) / counts.sum(1)
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)
    assert torch.equal(apart(torch.where(counts[..., None], one, 99.0)), found)
    (gradient,) = torch.autograd.grad(found.sum(), other)
    assert torch.equal((gradient != 0).any(-1), counts)


def test_regressions_of_one_axis_and_of_two_are_compared_alike() -> None:
    values = torch.tensor([1.0, 2.0, 4.0])
    step = Step(Model(), {})
    flat, column = (
        [prediction_of(step, passed(logits=v)) for v in (x, 2 * x)]
        for x in (values, values[:, None])
    )
    assert torch.equal(divergence(*flat), values.square())
    assert torch.equal(divergence(*column), values.square())


def test_detached_logits_have_no_gradient() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    found = prediction_of(Step(Model(), {}), passed(logits=logits))
    assert found.logits[0].requires_grad and not found.detach().logits[0].requires_grad


def test_what_cannot_be_compared_is_refused() -> None:
    step = Step(Model(), {})
    with pytest.raises(ConfigError, match="no logits"):
        prediction_of(step, passed(hidden=torch.zeros(2)))
    with pytest.raises(ModelError, match=r"shape \(1, 2, 3, 4\)"):
        prediction_of(step, passed(logits=torch.zeros(1, 2, 3, 4)))
