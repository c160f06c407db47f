"""Encoder-decoders small enough for tests, as folders, and a task that they learn in seconds."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

WORDS = {"one": "uno", "two": "due", "three": "tre", "four": "quattro", "five": "cinque"}
"""What each word of an input becomes in its target."""

_SPECIAL = ["<pad>", "</s>", "<unk>", "<s>"]
_SIZES = {"d_model": 32, "vocab_size": len(_SPECIAL) + 2 * len(WORDS)}


def write_tiny_t5(folder: Path, seed: int = 0) -> Path:
    """A T5 of two layers each with random weights."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        **_SIZES,
        **{
            "d_kv": 16,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 2,
            "dropout_rate": 0.0,
            "n_positions": 32,
        },
        **{"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0},
    )
    return _write(folder, T5ForConditionalGeneration, config, "$A </s>", seed)


def write_tiny_bart(folder: Path, seed: int = 0) -> Path:
    """A BART of two layers each with random weights, whose first new token is forced."""
    from transformers import BartConfig, BartForConditionalGeneration

    config = BartConfig(
        **_SIZES,
        **{f"{stack}_{size}": 2 for stack in ("encoder", "decoder") for size in _OF_STACK},
        **{"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 32},
        **{"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 3, "forced_bos_token_id": 3},
        **{"decoder_start_token_id": 1, "forced_eos_token_id": 1, "dropout": 0.0, "init_std": 0.1},
    )
    return _write(folder, BartForConditionalGeneration, config, "<s> $A </s>", seed)


_OF_STACK = ("layers", "attention_heads")


def _write(folder: Path, model: Any, config: Any, template: str, seed: int) -> Path:
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model(config).save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder


def tokenizer(template: str = "$A </s>") -> Any:
    """A token per word, and `</s>` after the last."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    vocabulary = [*_SPECIAL, *WORDS, *WORDS.values()]
    made = Tokenizer(WordLevel({word: n for n, word in enumerate(vocabulary)}, unk_token="<unk>"))
    made.pre_tokenizer = Whitespace()
    special = [(token, vocabulary.index(token)) for token in ("<s>", "</s>")]
    pair = template.replace("$A", "$A </s> $B")
    made.post_processor = TemplateProcessing(template, pair, special)
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "bos_token": "<s>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=32, **names)


def write_pairs(path: Path, count: int, seed: int = 0) -> Path:
    """Rows whose target has the words of the source, two or three, in the other language."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        words = draw.choices(list(WORDS), k=draw.randint(2, 3))
        rows.append({"source": " ".join(words), "target": " ".join(WORDS[w] for w in words)})
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path
