"""The sequence classifiers of the installed transformers: which work, by tiny random ones of each.

A configuration is the family's default with the sizes below, wherever it has a field of that name.
`python -m tests.every_family` prints the table of docs/families.md.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForSequenceClassification
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)

from steadytune._random import isolated_rng

from .model import two_stacks

CLASSIFIERS = tuple(MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES)
WIDTH = 32

_SIZES: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": WIDTH // 4,
    "intermediate_size": 64,
    "moe_intermediate_size": 32,
    "ffn_hidden_size": 64,
    "embedding_size": WIDTH,
    "vocab_size": 96,
    "max_position_embeddings": 64,
    "n_positions": 64,
    "max_seq_len": 64,
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "sep_token_id": 2,
    "cls_token_id": 1,
    "sliding_window": 16,
    "rotary_dim": 8,
}
_OWN: dict[str, dict[str, Any]] = {
    "big_bird": {"attention_type": "original_full"},
    "longformer": {"attention_window": 4},
    "xlnet": {"d_head": WIDTH // 4},
}

_AGREE = (
    "albert arcee bert big_bird biogpt bloom camembert convbert ctrl data2vec-text deberta "
    "deberta-v2 diffllama distilbert doge electra ernie esm esmc eurobert exaone4 falcon fnet "
    "gemma gemma2 gemma3_text glm glm4 gpt-sw3 gpt2 gpt_bigcode gpt_neox gptj gte helium "
    "hunyuan_v1_dense ibert jetmoe layoutlm llama longformer megatron-bert minicpm3 ministral "
    "ministral3 mistral mobilebert modernbert modernbert-decoder mpnet mpt nemotron nomic_bert "
    "nystromformer olmo olmo2 olmo3 openai-gpt opt persimmon phi phi3 qwen2 qwen3 rembert roberta "
    "roberta-prelayernorm roformer seed_oss smollm3 stablelm starcoder2 ultrabert xlm-roberta "
    "xlm-roberta-xl yoso"
)
AGREE = tuple(_AGREE.split())
"""Families in which LNSR is what whole forward passes give."""

TWO_STACKS = ("bart", "mbart", "mt5", "mvp", "plbart", "t5")
"""Families with an encoder and a decoder, one of them named."""

REFUSED = {
    "canine": "attention_mask has the shape",
    "flaubert": "is not supported by methods that need a model's blocks",
    "funnel": "is not supported by methods that need a model's blocks",
    "squeezebert": "a forward pass called the blocks 0 times",
    "xlm": "is not supported by methods that need a model's blocks",
    "xlnet": "is not supported by methods that need a model's blocks",
}
"""Families that methods which replay blocks refuse -> how the message begins."""

NO_EMBEDDINGS = {"ibert": "which returns a tuple, not a tensor"}
"""Families that methods which perturb word embeddings refuse -> what the message says."""


def tiny(kind: str) -> Any:
    """A random classifier of a family, in training mode and in float64."""
    default = AutoConfig.for_model(kind)
    fields, aliases = default.to_dict(), default.attribute_map
    sizes = {n: v for n, v in _SIZES.items() if n in fields or aliases.get(n) in fields}
    if fields.get("layer_types"):
        sizes["layer_types"] = None  # as many as there are layers now
    config = AutoConfig.for_model(kind, **{**sizes, **_OWN.get(kind, {})})
    config.num_labels = 2
    with isolated_rng(torch.device("cpu"), 0):
        return AutoModelForSequenceClassification.from_config(config).double().train()


def batch() -> dict[str, Tensor]:
    """Random tokens, every second example padded on the right."""
    draws = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 64, (4, 8), generator=draws)
    mask = torch.ones_like(ids)
    mask[1::2, 5:] = 0
    labels = torch.randint(0, 2, (4,), generator=draws)
    return {"input_ids": ids * mask, "attention_mask": mask, "labels": labels}


def table() -> str:
    """What works, and the families for which it does, as Markdown."""
    groups: dict[str, list[str]] = {}
    for kind in CLASSIFIERS:
        groups.setdefault(_working(kind), []).append(f"`{kind}`")
    rows = (f"| {what} | {', '.join(groups[what])} |" for what in _ORDER)
    return "\n".join(["| what works | families |", "|---|---|", *rows])


_BOTH = "both kinds"
_STACKS = 'both; for blocks, say which: `layers="encoder"`, `"decoder"` or `"both"`'
_BLOCKS = "replaying blocks; perturbing embeddings is refused"
_REFUSED = "replaying blocks is refused; perturbing embeddings was not tried"
_UNTRIED = "not tried"
_ORDER = (_BOTH, _STACKS, _BLOCKS, _REFUSED)  # what is not listed was not tried


def _working(kind: str) -> str:
    if kind in TWO_STACKS:
        return _STACKS
    if kind in AGREE:
        return _BLOCKS if kind in NO_EMBEDDINGS else _BOTH
    return _REFUSED if kind in REFUSED else _UNTRIED


assert {name.lower() for name in two_stacks.FAMILIES} == set(TWO_STACKS)

if __name__ == "__main__":
    print(table())
