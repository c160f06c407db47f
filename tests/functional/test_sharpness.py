"""The step of SAM: its length, its direction, and when there is none."""

from __future__ import annotations

import pytest
import torch

from steadytune.functional import ascent_in_weights


def test_all_tensors_together_have_the_radius_as_length() -> None:
    gradients = [torch.tensor([[3.0, 0.0], [0.0, 0.0]]), torch.tensor([0.0, 4.0])]
    steps = ascent_in_weights(gradients, 0.5)
    torch.testing.assert_close(steps[0], torch.tensor([[0.3, 0.0], [0.0, 0.0]]))
    torch.testing.assert_close(steps[1], torch.tensor([0.0, 0.4]))


def test_adaptive_steps_do_not_depend_on_the_scale_of_the_weights() -> None:
    """Weights c times as large, with a gradient 1 / c times as large, step c times as far."""
    gradient, weight = torch.tensor([3.0, -1.0, 0.5]), torch.tensor([2.0, 0.0, -1.0])
    (step,) = ascent_in_weights([gradient], 0.5, [weight])
    (scaled,) = ascent_in_weights([gradient / 10], 0.5, [10 * weight])
    torch.testing.assert_close(scaled, 10 * step)
    size = (weight.abs() * gradient).norm()
    torch.testing.assert_close(step, 0.5 * weight**2 * gradient / size)


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan")])
def test_without_a_direction_there_is_no_step(value: float) -> None:
    (step,) = ascent_in_weights([torch.full((3,), value)], 1.0)
    assert torch.equal(step, torch.zeros(3))


def test_nothing_in_nothing_out() -> None:
    assert ascent_in_weights([], 1.0) == []


def test_half_precision_norms_do_not_overflow() -> None:
    (step,) = ascent_in_weights([torch.full((4,), 60000.0, dtype=torch.float16)], 1.0)
    torch.testing.assert_close(step, torch.full((4,), 0.5, dtype=torch.float16))
