"""A BERT small enough for tests, written as a folder that `from_pretrained` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = [
    "good",
    "bad",
    "fine",
    "poor",
    "film",
    "plot",
    "cast",
    "book",
    "phone",
    "news",
    "the",
    "a",
    "is",
    "was",
    "not",
    "very",
]


def write_tiny_bert(folder: Path, seed: int = 0, layers: int = 3) -> Path:
    """Write a BERT of width 16 with random weights, and a tokenizer of a few words."""
    return write_tiny(
        folder,
        "Bert",
        seed,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )


def write_tiny(folder: Path, family: str, seed: int = 0, **config: Any) -> Path:
    """Write a model of a family of transformers, with random weights and the same tokenizer."""
    import torch
    import transformers
    from transformers import BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    made = getattr(transformers, f"{family}Config")(vocab_size=len(vocabulary), **config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        getattr(transformers, f"{family}Model")(made).save_pretrained(folder)
    vocab = {word: number for number, word in enumerate(vocabulary)}
    BertTokenizerFast(vocab=vocab).save_pretrained(folder)
    return folder


def with_old_names(folder: Path) -> Path:
    """Give a saved model the names of BERT's first release, which many files of the hub have."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    found = load_file(path)
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    for now, then in old.items():
        found = {name.replace(now, then): tensor for name, tensor in found.items()}
    save_file(found, path, metadata={"format": "pt"})
    return folder
