"""What a method finds on its host."""

from __future__ import annotations

import pytest
from torch import nn

from steadytune import Host, ModelError
from steadytune.testing import tiny_classifier


def test_a_host_finds_the_word_embeddings() -> None:
    model = tiny_classifier()
    assert Host(model, None, 0).find_embedding() is model.bert.embeddings.word_embeddings
    with pytest.raises(ModelError, match="get_input_embeddings"):
        Host(nn.Linear(2, 2), None, 0).find_embedding()


def test_a_host_finds_the_blocks_the_caller_named() -> None:
    model = tiny_classifier()
    named = Host(model, None, 0, layers="bert.encoder.layer").find_layers()
    assert named.modules == tuple(model.bert.encoder.layer)
    with pytest.raises(ModelError, match="does not lead to a list of blocks"):
        Host(model, None, 0, layers="bert.layers").find_layers()
