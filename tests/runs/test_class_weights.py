"""Balanced class weights: closed forms, in every pass of a method."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from steadytune import RDrop, Step, attach
from steadytune.runs.class_weights import balanced_weights, weighted_loss
from steadytune.testing import tiny_batch, tiny_classifier


def test_weights_are_inverse_to_the_share_of_a_class() -> None:
    found = balanced_weights([0, 0, 0, 1], 3)
    assert found.tolist() == pytest.approx([4 / 6, 2.0, 1.0])
    assert balanced_weights([1, 0, 1, 0], 2).tolist() == [1.0, 1.0]


def test_they_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = [0, 0, 1, 2, 2, 2, 2]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert balanced_weights(labels, 3).numpy() == pytest.approx(expected)


def test_the_loss_is_the_weighted_sum_over_the_rows() -> None:
    model, batch = tiny_classifier(dropout=0.0).eval(), tiny_batch()
    batch["labels"] = torch.tensor([0, 0, 0, 1])
    weights = balanced_weights([0, 0, 0, 1], 2)
    plain = model(**batch)
    with weighted_loss(model, weights):
        weighted = model(**batch)
    each = cross_entropy(plain.logits, batch["labels"], reduction="none")
    # Every class counts half: the mean over classes of the mean over a class's rows.
    expected = (each[:3].mean() + each[3]) / 2
    assert weighted.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert torch.equal(weighted.logits, plain.logits)
    assert model(**batch).loss.item() == plain.loss.item()


def test_balanced_classes_leave_the_loss_as_it_is() -> None:
    model = tiny_classifier()
    with weighted_loss(model, balanced_weights([0, 1], 2)):
        assert not model._forward_hooks


def test_a_pass_without_labels_has_no_loss() -> None:
    model, batch = tiny_classifier().eval(), tiny_batch()
    del batch["labels"]
    with weighted_loss(model, torch.tensor([1.0, 2.0])):
        assert model(**batch).loss is None


def test_every_pass_of_a_method_is_weighted() -> None:
    """Doubled weights double what both passes of R-Drop take from the task's loss."""
    batch = tiny_batch()

    def objective(weights: float) -> float:
        model = tiny_classifier(dropout=0.0)
        with (
            weighted_loss(model, torch.full((2,), weights)),
            attach(model, [RDrop(strength=0.0)], seed=0) as found,
        ):
            return float(found(Step(model, batch)).detach())

    assert objective(2.0) == pytest.approx(2 * objective(1.0), rel=1e-6)
