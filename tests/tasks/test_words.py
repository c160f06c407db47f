"""Words and their tokens: the first one carries the tag, as in Hugging Face's examples."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset
from transformers import BertTokenizerFast

from steadytune import ConfigError, ModelError
from steadytune.tasks.encoding import Padding
from steadytune.tasks.words import encode_words
from tests.tasks.tiny_tokenizers import FAMILIES, tokenizer_like

NAMES = ("O", "B-x", "I-x")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "##ness", "me", ".", "##s")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    vocab = {word: number for number, word in enumerate(VOCABULARY)}
    return BertTokenizerFast(vocab=vocab, model_max_length=64)


def rows(*texts: str, **more: Any) -> Dataset:
    return Dataset.from_dict({"tokens": texts, **more})


def test_the_first_token_of_a_word_carries_its_tag(tokenizer: Any) -> None:
    given = rows("goodness me .", "me", label=["B-x I-x O", "O"])
    encoded = encode_words(given, "tokens", tokenizer, 16, NAMES)
    assert encoded.dataset["labels"][:] == [[-100, 1, -100, 2, 0, -100], [-100, 0, -100]]
    assert [row.tolist() for row in encoded.words.places] == [[1, 3, 4], [1]]
    assert encoded.cut == 0 and encoded.words.share_unread == 0


def test_the_places_are_those_of_word_ids(tokenizer: Any) -> None:
    texts = ["goodnesss me.me goodness", "me zzz goods \u200b me", ". . me's good-me é"]
    encoded = encode_words(rows(*texts), "tokens", tokenizer, 9, NAMES)
    for text, places, ids in zip(
        texts, encoded.words.places, encoded.dataset["input_ids"][:], strict=True
    ):
        words = text.split(" ")
        theirs = tokenizer(words, is_split_into_words=True, truncation=True, max_length=9)
        found = theirs.word_ids()
        assert theirs["input_ids"] == ids
        assert places.tolist() == [found.index(w) if w in found else -1 for w in range(len(words))]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_word_begins_where_its_first_token_does(family: str) -> None:
    text = "the date, of the-year é 2035?"
    tokenizer = tokenizer_like(family)
    encoded = encode_words(rows(text), "tokens", tokenizer, 64, NAMES)
    (places,) = encoded.words.places
    offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    starts = [0, *(place + 1 for place, letter in enumerate(text) if letter == " ")]
    for start, place in zip(starts, places, strict=True):
        before = offsets[place - 1][1] if place else 0
        assert before <= start < offsets[place][1]


def test_words_that_are_cut_off_have_no_place(tokenizer: Any) -> None:
    encoded = encode_words(rows("goodness me me me"), "tokens", tokenizer, 5, NAMES)
    assert encoded.words.places[0].tolist() == [1, 3, -1, -1]
    assert encoded.cut == 1 and encoded.words.share_unread == 0.5


def test_pads_have_no_target(tokenizer: Any) -> None:
    given = rows("me me", "me", label=["O B-x", "I-x"])
    features = [*encode_words(given, "tokens", tokenizer, 16, NAMES).dataset]
    batch = Padding(tokenizer)(features)
    assert batch["labels"].tolist() == [[-100, 0, 1, -100], [-100, 2, -100, -100]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
    for feature in features:
        feature["labels"] = [0.0, 1.0]  # of a text, not of its tokens
    assert Padding(tokenizer)(features)["labels"].tolist() == [[0.0, 1.0]] * 2


def test_without_names_there_are_no_targets(tokenizer: Any) -> None:
    encoded = encode_words(rows("me", label=["O"]), "tokens", tokenizer, 5, ())
    assert "labels" not in encoded.dataset.column_names


def test_what_cannot_be_encoded(tokenizer: Any) -> None:
    with pytest.raises(ConfigError, match="max_length 2"):
        encode_words(rows("me"), "tokens", tokenizer, 2, NAMES)

    class Slow:
        is_fast = False

    with pytest.raises(ModelError, match="needs a fast one"):
        encode_words(rows("me"), "tokens", Slow(), 9, NAMES)  # type: ignore[arg-type]
