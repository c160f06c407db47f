"""The model inside of what is around it."""

from __future__ import annotations

import torch
from torch import nn

from steadytune._model.unwrapped import unwrap
from steadytune.testing import tiny_classifier


def test_wrappers_are_taken_off() -> None:
    model = tiny_classifier()
    assert unwrap(torch.compile(model)) is model
    assert unwrap(nn.DataParallel(model)) is model
