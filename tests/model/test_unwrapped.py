"""The model inside of what is around it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from steadytune._model.sites import find_layers
from steadytune._model.unwrapped import reading_part, unwrap
from steadytune.testing import tiny_classifier

from .two_stacks import two_stacks


def test_wrappers_are_taken_off() -> None:
    model = tiny_classifier()
    assert unwrap(torch.compile(model)) is model
    assert unwrap(nn.DataParallel(model)) is model


@pytest.mark.parametrize("family", ["Bart", "T5"])
def test_the_part_that_reads_is_the_encoder(family: str) -> None:
    model = two_stacks(family, "ConditionalGeneration")
    encoder = reading_part(model)
    assert encoder is model.get_encoder() is reading_part(encoder)
    assert find_layers(encoder).modules == find_layers(model, "encoder").modules
    classifier = tiny_classifier()
    assert reading_part(classifier) is classifier
