"""A BERT small enough for tests, written as a folder that `from_pretrained` reads."""

from __future__ import annotations

from pathlib import Path

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
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        BertModel(config).save_pretrained(folder)
    vocab = {word: number for number, word in enumerate(vocabulary)}
    BertTokenizerFast(vocab=vocab).save_pretrained(folder)
    return folder
