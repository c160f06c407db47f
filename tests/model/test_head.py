"""Which parameters are new."""

from __future__ import annotations

import pytest
from torch import nn

from steadytune import ConfigError
from steadytune._model.head import new_parameters, pretrained_part
from steadytune.testing import tiny_classifier
from tests.families import NAMES, classifier


@pytest.mark.parametrize("family", NAMES)
def test_the_head_is_what_lies_outside_of_the_base(family: str) -> None:
    model = classifier(family)
    found = new_parameters(model)
    prefix = f"{model.base_model_prefix}."
    assert found == {n for n, _ in model.named_parameters() if not n.startswith(prefix)}
    assert found
    assert pretrained_part(model) is model.base_model


def test_a_base_model_has_no_head() -> None:
    model = tiny_classifier().bert
    assert new_parameters(model) == frozenset()
    assert pretrained_part(model) is model


def test_nor_has_a_model_of_no_known_kind() -> None:
    assert new_parameters(nn.Linear(2, 2)) == frozenset()


def test_a_model_that_predicts_words_has_a_pretrained_head() -> None:
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=16,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    assert new_parameters(BertForMaskedLM(config)) == frozenset()


def test_by_name() -> None:
    found = new_parameters(tiny_classifier(), r"pooler|^classifier\.weight")
    assert found == {
        "bert.pooler.dense.weight",
        "bert.pooler.dense.bias",
        "classifier.weight",
    }


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"head='qa_output' .* such as '"):
        new_parameters(tiny_classifier(), "qa_output")
