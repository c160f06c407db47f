"""Small tokenizers with the conventions of four families, trained on one sentence or two."""

from __future__ import annotations

from functools import cache

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

_TEXTS = ["the date of the year is wrong and what is the date", "who was it in the year 2035?"]
_SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
_NAMED = {"pad_token": "<pad>", "unk_token": "<unk>", "model_max_length": 512}
_CLASSIFICATION = {"cls_token": "<s>", "sep_token": "</s>"}
_WITH_TYPES = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
_IDS = [("<s>", 1), ("</s>", 2)]


def _word_pieces() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet = list("abcdefghijklmnopqrstuvwxyz0123456789.,?!'\"-")
    trainer = trainers.WordPieceTrainer(
        vocab_size=120, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=_IDS
    )
    return tokenizer


def _bytes(processor: object) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = processor
    return tokenizer


@cache
def tokenizer_like(family: str) -> PreTrainedTokenizerFast:
    """A tokenizer in the manner of `bert`, `roberta`, `gpt2` or `llama`."""
    if family == "bert":
        return PreTrainedTokenizerFast(
            tokenizer_object=_word_pieces(), **_NAMED, **_CLASSIFICATION, **_WITH_TYPES
        )
    if family == "roberta":
        double = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), add_prefix_space=False)
        return PreTrainedTokenizerFast(tokenizer_object=_bytes(double), **_NAMED, **_CLASSIFICATION)
    if family == "gpt2":
        none = processors.ByteLevel(trim_offsets=False)
        return PreTrainedTokenizerFast(tokenizer_object=_bytes(none), eos_token="</s>", **_NAMED)
    once = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B:1", special_tokens=_IDS[:1]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=_bytes(once), bos_token="<s>", padding_side="left", **_NAMED
    )


FAMILIES = ("bert", "roberta", "gpt2", "llama")
