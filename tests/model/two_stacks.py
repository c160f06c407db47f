"""Tiny random models with an encoder and a decoder."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from torch import Tensor

from steadytune._random import isolated_rng

_BART: dict[str, Any] = {
    "vocab_size": 64,
    "d_model": 32,
    "encoder_layers": 3,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "num_labels": 3,
}
_T5: dict[str, Any] = {
    "vocab_size": 64,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 3,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
    "num_labels": 3,
}
_OPTIONS = {"Bart": _BART, "MBart": _BART, "PLBart": _BART, "Mvp": _BART, "T5": _T5, "MT5": _T5}
FAMILIES = list(_OPTIONS)


def two_stacks(family: str, head: str = "SequenceClassification", **changes: Any) -> Any:
    """A model with three blocks in its encoder and two in its decoder, in training mode."""
    config = getattr(transformers, f"{family}Config")(**{**_OPTIONS[family], **changes})
    with isolated_rng(torch.device("cpu"), 0):
        return getattr(transformers, f"{family}For{head}")(config).train()


def batch(examples: int = 4, tokens: int = 8) -> dict[str, Tensor]:
    """Random tokens that end in the end-of-text token; every second example has pads behind it."""
    draws = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 64, (examples, tokens), generator=draws)
    mask = torch.ones_like(ids)
    mask[1::2, tokens // 2 :] = 0
    last = mask.sum(1) - 1
    ids[torch.arange(examples), last] = 2
    ids = ids.masked_fill(mask == 0, 1)
    labels = torch.randint(0, 3, (examples,), generator=draws)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}
