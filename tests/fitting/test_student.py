"""One model of many: its targets, its loss, its length."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from steadytune.fitting.candidates import student_epochs
from steadytune.fitting.kinds import KINDS
from steadytune.fitting.lessons import Lessons, train_targets
from steadytune.fitting.student import target_loss

CLASSES, NUMBERS = KINDS["classification"], KINDS["regression"]


def test_targets_are_halfway_between_label_and_teacher() -> None:
    logits = np.log([[0.8, 0.2], [0.5, 0.5]])
    found = train_targets(CLASSES, np.array([0, 1, 1]), 2, Lessons(np.array([0, 2]), logits))
    np.testing.assert_allclose(found, [[0.9, 0.1], [0, 1], [0.25, 0.75]])


def test_numbers_are_averaged() -> None:
    found = train_targets(
        NUMBERS, np.array([1.0, 3.0]), 0, Lessons(np.array([1]), np.array([[5.0]]))
    )
    np.testing.assert_allclose(found, [[1.0], [4.0]])


def test_without_a_search_labels_are_the_targets() -> None:
    np.testing.assert_allclose(train_targets(CLASSES, np.array([1, 0]), 2, None), [[0, 1], [1, 0]])


def test_the_loss_is_the_cross_entropy_with_probabilities() -> None:
    logits = torch.tensor([[0.3, -1.0, 2.0], [0.0, 0.5, 0.1]])
    targets = torch.tensor([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    expected = -(targets * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(target_loss(CLASSES)({"logits": logits}, targets), expected)
    numbers = target_loss(NUMBERS)({"logits": logits[:, :1]}, targets[:, :1])
    assert float(numbers) == pytest.approx(((0.3 - 0.2) ** 2 + 1) / 2)


def test_unlabelled_texts_get_as_many_steps_or_three_passes() -> None:
    assert student_epochs(8.0, 300, 0) == 8.0
    assert student_epochs(8.0, 300, 300) == 4.0
    assert student_epochs(8.0, 300, 2000) == 3.0
