"""Which parameters are new."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from torch import nn
from transformers import (
    ModernBertForMaskedLM,
    ModernBertModel,
    MT5ForQuestionAnswering,
    T5ForQuestionAnswering,
)

from steadytune import ConfigError
from steadytune._model.head import new_parameters, pretrained_part
from steadytune.pretrained import Pretrained
from steadytune.testing import tiny_classifier
from tests.families import NAMES, classifier
from tests.tiny_bert import write_tiny_bert


@pytest.mark.parametrize("family", NAMES)
def test_the_head_is_what_lies_outside_of_the_base(family: str) -> None:
    model = classifier(family)
    found = new_parameters(model)
    prefix = f"{model.base_model_prefix}."
    assert found == {n for n, _ in model.named_parameters() if not n.startswith(prefix)}
    assert found
    assert pretrained_part(model) is model.base_model


@pytest.mark.parametrize("loaded", [ModernBertForMaskedLM, ModernBertModel])
def test_what_a_file_brings_beside_the_base_is_not_new(loaded: Any, tmp_path: Path) -> None:
    """The head of ModernBERT has a layer and a norm that masked language models have too."""
    write_tiny_bert(tmp_path)  # for its tokenizer
    model = classifier("modernbert")
    loaded(model.config).save_pretrained(tmp_path)
    found, _ = Pretrained.find(tmp_path).with_head("classification", ("a", "b"), 1)
    new = {"classifier.weight", "classifier.bias"}
    more = set() if loaded is ModernBertForMaskedLM else {"head.dense.weight", "head.norm.weight"}
    assert new_parameters(found) == new | more == new_parameters(copy.deepcopy(found))


@pytest.mark.parametrize("kind", [T5ForQuestionAnswering, MT5ForQuestionAnswering])
def test_a_model_for_questions_that_holds_its_stacks_itself(kind: Any) -> None:
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    model = kind(kind.config_class(vocab_size=32, **sizes))
    assert new_parameters(model) == {"qa_outputs.weight", "qa_outputs.bias"}


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
