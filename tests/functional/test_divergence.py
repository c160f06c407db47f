"""Divergences of predictions against their definitions and against torch's own functions."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from steadytune.functional import (
    class_divergence,
    label_divergence,
    span_divergence,
    token_divergence,
    value_divergence,
)


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def kl_both_ways(left: Tensor, right: Tensor) -> Tensor:
    """KL(P || Q) + KL(Q || P) over the last axis, by torch."""
    p, q = left.log_softmax(-1), right.log_softmax(-1)
    return sum(
        F.kl_div(a, b, log_target=True, reduction="none").sum(-1) for a, b in ((p, q), (q, p))
    )


def test_classes_are_compared_by_kl_both_ways() -> None:
    left, right = draws(4, 3), draws(4, 3, seed=1)
    torch.testing.assert_close(class_divergence(left, right), kl_both_ways(left, right))


def test_two_even_classes_by_hand() -> None:
    """P = (1/2, 1/2) and Q = (3/4, 1/4): 1/4 log(3/2) + (-1/4) log(1/2) = 1/4 log 3."""
    right = torch.tensor([[math.log(3.0), 0.0]], dtype=torch.float64)
    found = class_divergence(torch.zeros(1, 2, dtype=torch.float64), right)
    torch.testing.assert_close(found, torch.tensor([math.log(3) / 4], dtype=torch.float64))


def test_labels_are_compared_each_as_two_classes() -> None:
    left, right = draws(4, 3), draws(4, 3, seed=1)
    pairs = [torch.stack([x, torch.zeros_like(x)], -1) for x in (left, right)]
    torch.testing.assert_close(label_divergence(left, right), kl_both_ways(*pairs).mean(-1))


def test_values_of_one_column_do_not_broadcast() -> None:
    left, right = draws(5, 1), draws(5, 1, seed=1)
    expected = torch.stack([(a - b) ** 2 for a, b in zip(left[:, 0], right[:, 0], strict=True)])
    torch.testing.assert_close(value_divergence(left, right), expected)
    assert value_divergence(left, left).sum() == 0


def test_spans_are_the_mean_of_start_and_end_over_real_tokens() -> None:
    left, right = (draws(2, 5), draws(2, 5, seed=1)), (draws(2, 5, seed=2), draws(2, 5, seed=3))
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    found = span_divergence(left, right, mask)
    expected = [
        sum(kl_both_ways(a[row, :count], b[row, :count]) for a, b in zip(left, right, strict=True))
        / 2
        for row, count in enumerate((5, 3))
    ]
    torch.testing.assert_close(found, torch.stack(expected))


@pytest.mark.parametrize("at_pads", [-math.inf, torch.finfo(torch.float32).min, 1e4, 0.0])
def test_logits_of_pads_count_for_nothing_and_make_no_nan(at_pads: float) -> None:
    plain, moved = draws(2, 4).float(), draws(2, 4, seed=1).float()
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])
    expected = span_divergence((plain, moved), (moved, plain), mask)
    sides = [x.masked_fill(mask == 0, at_pads).requires_grad_() for x in (plain, moved)]
    found = span_divergence((sides[0], sides[1]), (sides[1], sides[0]), mask)
    assert torch.equal(found, expected)
    found.sum().backward()
    for side in sides:
        assert side.grad is not None and side.grad.isfinite().all()
        assert (side.grad[mask == 0] == 0).all()


def test_an_example_without_real_tokens_counts_zero() -> None:
    sides = [draws(1, 3, seed=seed).requires_grad_() for seed in (0, 1)]
    found = span_divergence((sides[0], sides[0]), (sides[1], sides[1]), torch.zeros(1, 3))
    found.sum().backward()
    assert found.item() == 0 and (sides[0].grad == 0).all()


def test_a_class_that_both_rule_out_is_left_aside() -> None:
    left, right = draws(2, 4), draws(2, 4, seed=1)
    left[:, 2] = right[:, 2] = -math.inf
    keep = [0, 1, 3]
    expected = class_divergence(left[:, keep], right[:, keep])
    torch.testing.assert_close(class_divergence(left, right), expected)


def test_a_class_that_one_rules_out_is_infinitely_far() -> None:
    left, right = draws(1, 3), draws(1, 3, seed=1)
    left[:, 0] = -math.inf
    assert class_divergence(left, right).item() == math.inf


def test_tokens_are_averaged_within_their_example() -> None:
    left, right = draws(2, 4, 3), draws(2, 4, 3, seed=1)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    each = kl_both_ways(left, right)
    expected = torch.stack([each[0].mean(), each[1, :2].mean()])
    torch.testing.assert_close(token_divergence(left, right, mask), expected)


CASES = {
    "classes": (class_divergence, (3, 4)),
    "labels": (label_divergence, (3, 4)),
    "values": (value_divergence, (3, 1)),
    "span": (lambda a, b: span_divergence((a, -a), (b, -b), torch.ones(3, 5)), (3, 5)),
    "tokens": (lambda a, b: token_divergence(a, b, torch.ones(3, 5)), (3, 5, 2)),
}


@pytest.mark.parametrize("name", CASES)
class TestEveryDivergence:
    def test_symmetric_never_negative_and_zero_where_equal(self, name: str) -> None:
        compare, shape = CASES[name]
        left, right = draws(*shape), draws(*shape, seed=1)
        torch.testing.assert_close(compare(left, right), compare(right, left))
        assert (compare(left, right) > 0).all()
        assert torch.equal(compare(left, left), torch.zeros(3, dtype=left.dtype))

    def test_equal_predictions_have_no_slope_at_all(self, name: str) -> None:
        compare, shape = CASES[name]
        left = draws(*shape).float().requires_grad_()
        compare(left, left.detach()).sum().backward()
        assert torch.equal(left.grad, torch.zeros(shape))

    def test_gradient(self, name: str) -> None:
        compare, shape = CASES[name]
        sides = [draws(*shape, seed=seed).requires_grad_() for seed in (0, 1)]
        assert torch.autograd.gradcheck(compare, sides)

    def test_half_precision_is_compared_in_single(self, name: str) -> None:
        compare, shape = CASES[name]
        left, right = (draws(*shape, seed=seed).bfloat16() for seed in (0, 1))
        assert torch.equal(compare(left, right), compare(left.float(), right.float()))


@pytest.mark.parametrize("margin", [0.0, 3.0, 8.0, 20.0])
@pytest.mark.parametrize("distance", [1e-3, 1e-2])
def test_close_predictions_do_not_cancel_in_single_precision(
    margin: float, distance: float
) -> None:
    """Written as an entropy less a cross-entropy, nothing would be left of them."""
    logits = torch.tensor([[margin, 0.0, -1.0]])
    moved = logits + distance * torch.tensor([[1.0, -0.5, 0.25]])
    exact = class_divergence(logits.double(), moved.double())
    torch.testing.assert_close(class_divergence(logits, moved).double(), exact, rtol=2e-3, atol=0)
