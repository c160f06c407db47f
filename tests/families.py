"""Tiny random classifiers of every supported family, with dropout everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from steadytune._random import isolated_rng

# A replay of fewer rows, or from another address, repeats a product of matrices only up to rounding
# on some processors. Noise of standard deviation 0.001 would give more than 1e-7.
ONLY_ROUNDING = pytest.approx(0.0, abs=1e-10)

_ENCODER = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 64,
    "hidden_dropout_prob": 0.2,
    "attention_probs_dropout_prob": 0.2,
}
_DECODER = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 64,
    "num_key_value_heads": 2,
    "attention_dropout": 0.2,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("Bert", _ENCODER),
    "roberta": ("Roberta", {**_ENCODER, "pad_token_id": 0}),
    "distilbert": (
        "DistilBert",
        {
            "dim": 32,
            "n_layers": 3,
            "n_heads": 4,
            "hidden_dim": 64,
            "vocab_size": 64,
            "dropout": 0.2,
            "attention_dropout": 0.2,
        },
    ),
    "electra": ("Electra", {**_ENCODER, "embedding_size": 16}),
    "albert": ("Albert", {**_ENCODER, "embedding_size": 16, "inner_group_num": 1}),
    "deberta-v2": (
        "DebertaV2",
        {
            **_ENCODER,
            "relative_attention": True,
            "position_buckets": 8,
            "pos_att_type": ["p2c", "c2p"],
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "conv_kernel_size": 3,
            "conv_act": "gelu",
        },
    ),
    "mpnet": ("MPNet", {**_ENCODER, "pad_token_id": 0}),
    "modernbert": (
        "ModernBert",
        {
            "hidden_size": 32,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 64,
            "vocab_size": 64,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "cls_token_id": 1,
            "sep_token_id": 2,
            "embedding_dropout": 0.2,
            "mlp_dropout": 0.2,
            "attention_dropout": 0.2,
            "global_attn_every_n_layers": 2,
            "local_attention": 4,
        },
    ),
    "gpt2": (
        "GPT2",
        {
            "n_embd": 32,
            "n_layer": 3,
            "n_head": 4,
            "vocab_size": 64,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "resid_pdrop": 0.2,
            "embd_pdrop": 0.2,
            "attn_pdrop": 0.2,
        },
    ),
    "llama": ("Llama", _DECODER),
    "qwen2": ("Qwen2", _DECODER),
}
NAMES = list(CONFIGS)
_CHECKPOINTABLE = [name for name in NAMES if name not in {"albert", "mpnet"}]
CHECKPOINTABLE = _CHECKPOINTABLE


def classifier(family: str, **changes: Any) -> Any:
    """A random classifier with three layers, in training mode."""
    name, options = CONFIGS[family]
    config = getattr(transformers, f"{name}Config")(**{"pad_token_id": 0, **options, **changes})
    config.num_labels = 2
    make: Callable[..., Any] = getattr(transformers, f"{name}ForSequenceClassification")
    with isolated_rng(torch.device("cpu"), 0):
        return make(config).train()


def batch(side: str = "right", examples: int = 6, tokens: int = 9) -> dict[str, Tensor]:
    """Random tokens, every second example padded on the given side."""
    draws = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 64, (examples, tokens), generator=draws)
    mask = torch.ones_like(ids)
    pads = slice(tokens // 2, None) if side == "right" else slice(None, tokens // 2)
    mask[1::2, pads] = 0
    labels = torch.randint(0, 2, (examples,), generator=draws)
    return {"input_ids": ids * mask, "attention_mask": mask, "labels": labels}


def still(model: Any) -> Any:
    """The model, whose dropout layers drop nothing."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model
