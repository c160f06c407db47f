"""Finding a model's blocks and word embeddings."""

from __future__ import annotations

from typing import Any

import pytest
import transformers
from torch import nn
from transformers import T5Config, T5ForSequenceClassification, XLNetConfig
from transformers import XLNetForSequenceClassification as XLNet

from steadytune import BSS, LNSR, HyPe, LayerwiseDecay, ModelError, Reinit, attach
from steadytune._model.sites import find_embedding, find_layers
from steadytune.testing import tiny_classifier
from tests.families import NAMES, classifier


@pytest.mark.parametrize("family", NAMES)
def test_every_family_is_found(family: str) -> None:
    layers = find_layers(classifier(family))
    assert layers.depth == 3
    assert len(layers.modules) == (1 if family == "albert" else 3)
    assert set(layers.joins) == ({0} if family == "deberta-v2" else set())
    assert isinstance(find_embedding(classifier(family)), nn.Embedding)


def test_albert_with_several_layers_a_group() -> None:
    layers = find_layers(classifier("albert", inner_group_num=2, num_hidden_groups=1))
    assert (len(layers.modules), layers.depth) == (2, 6)


def test_an_unknown_model_is_guessed() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heads = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
            self.stack = nn.ModuleList([nn.LayerNorm(2) for _ in range(5)])

    assert find_layers(Own()).depth == 5


def test_a_path_is_taken_at_its_word() -> None:
    assert find_layers(tiny_classifier(), "bert.encoder.layer").depth == 3
    with pytest.raises(ModelError, match=r"layers='bert.layers' does not lead to a list of blocks"):
        find_layers(tiny_classifier(), "bert.layers")


def test_a_model_without_blocks_says_how_to_name_them() -> None:
    with pytest.raises(ModelError, match=r"no list of blocks found in Linear; name the list"):
        find_layers(nn.Linear(2, 2))


def test_families_that_cannot_be_replayed_are_refused() -> None:
    small = {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 16, "vocab_size": 32}
    with pytest.raises(ModelError, match="time-major"):
        find_layers(XLNet(XLNetConfig(**small)))
    config = T5Config(
        d_model=16, d_kv=8, d_ff=16, num_layers=2, num_heads=2, vocab_size=32, num_labels=2
    )
    with pytest.raises(ModelError, match="encoder and a decoder"):
        find_layers(T5ForSequenceClassification(config))


def test_a_model_without_word_embeddings() -> None:
    with pytest.raises(ModelError, match="get_input_embeddings"):
        find_embedding(nn.Linear(2, 2))


def test_adapters_are_looked_through() -> None:
    peft = pytest.importorskip("peft")
    adapted = peft.get_peft_model(
        tiny_classifier(), peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query"])
    )
    assert find_layers(adapted).depth == 3


@pytest.mark.parametrize("kind", ["xlm", "flaubert", "funnel"])
def test_families_without_whole_blocks_are_refused_by_every_method_that_needs_them(
    kind: str,
) -> None:
    sizes: dict[str, Any] = {"vocab_size": 64, "num_labels": 2}
    if kind == "funnel":
        sizes |= {"d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64, "block_sizes": [1, 1]}
    else:
        sizes |= {"emb_dim": 32, "n_layers": 3, "n_heads": 4}
    config = transformers.AutoConfig.for_model(kind, **sizes)
    model = transformers.AutoModelForSequenceClassification.from_config(config).train()
    for method in (LNSR(), BSS(), HyPe(), LayerwiseDecay(), Reinit()):
        with (
            pytest.raises(ModelError, match="is not supported by methods that need a model's"),
            attach(model, [method]),
        ):
            pass


class Parallel(nn.Module):
    """Each layer's parts in lists side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
        self.norms = nn.ModuleList([nn.LayerNorm(2) for _ in range(3)])


def test_parts_of_blocks_side_by_side_are_not_taken_for_blocks() -> None:
    with pytest.raises(ModelError, match=r"several lists that could be .* \(attentions, norms\)"):
        find_layers(Parallel())


def test_the_list_must_be_as_long_as_the_configuration_says() -> None:
    model: Any = Parallel()
    model.norms = None
    model.config = transformers.BertConfig(num_hidden_layers=3)
    assert find_layers(model).depth == 3
    model.config = transformers.BertConfig(num_hidden_layers=4)
    with pytest.raises(ModelError, match="no list of its 4 blocks found in Parallel"):
        find_layers(model)


def test_tables_are_no_blocks() -> None:
    """MarkupLM has a list of fifty tables for the tags above a word."""
    sizes = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.MarkupLMConfig(**sizes, intermediate_size=64)
    layers = find_layers(transformers.MarkupLMModel(config))
    assert [type(module).__name__ for module in layers.modules] == ["MarkupLMLayer"] * 2
