"""Rows are tokenised in order, cut but not padded, and the cut ones are counted."""

import pytest
from datasets import Dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from steadytune._exceptions import ConfigError
from steadytune.tasks import encoding
from steadytune.tasks.encoding import encode_and_count

WORDS = "abcdefghij"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """One token a word, `[` before and `]` behind each text."""
    vocabulary = {word: number for number, word in enumerate(f"[]{WORDS}")}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="["))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.post_processor = processors.TemplateProcessing(
        single="[ $A ]", pair="[ $A ] $B:1 ]:1", special_tokens=[("[", 0), ("]", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        cls_token="[",
        sep_token="]",
        pad_token="]",
        model_max_length=32,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def rows(*texts: str, second: list[str] | None = None) -> Dataset:
    columns = {"idx": list(range(len(texts))), "text": list(texts), "label": [1] * len(texts)}
    return Dataset.from_dict(columns if second is None else {**columns, "second": second})


def test_short_rows_stay_whole_and_unpadded(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = encode_and_count(rows("a b c", "d"), ("text",), tokenizer, 8)
    assert encoded.dataset["input_ids"][:] == [[0, 2, 3, 4, 1], [0, 5, 1]]
    assert encoded.dataset["attention_mask"][:] == [[1] * 5, [1] * 3]
    assert set(encoded.dataset.column_names) == {
        *("input_ids", "token_type_ids", "attention_mask", "labels")
    }
    assert encoded.dataset["labels"][:] == [1, 1]
    assert encoded.cut == 0 and encoded.share_cut == 0.0


def test_a_row_that_just_fits_is_not_counted(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = encode_and_count(rows("a b c", "a b c d", "a"), ("text",), tokenizer, 5)
    assert encoded.dataset["input_ids"][:] == [[0, 2, 3, 4, 1], [0, 2, 3, 4, 1], [0, 2, 1]]
    assert encoded.cut == 1 and encoded.share_cut == pytest.approx(1 / 3)


def test_pairs_lose_tokens_of_the_longer_text(tokenizer: PreTrainedTokenizerFast) -> None:
    pairs = rows("a b c d", "a", second=["e", "b"])
    encoded = encode_and_count(pairs, ("text", "second"), tokenizer, 6)
    assert encoded.dataset["input_ids"][:] == [[0, 2, 3, 1, 6, 1], [0, 2, 1, 3, 1]]
    assert encoded.dataset["token_type_ids"][1] == [0, 0, 0, 1, 1]
    assert encoded.cut == 1


def test_a_formatted_data_set_is_read_as_text(tokenizer: PreTrainedTokenizerFast) -> None:
    formatted = rows("a b").with_format("torch")
    encoded = encode_and_count(formatted, ("text",), tokenizer, 8)
    assert encoded.dataset["labels"][:] == [1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=7), max_length=st.integers(3, 16))
def test_lengths_and_counts_in_small_batches(
    lengths: list[int],
    max_length: int,
    tokenizer: PreTrainedTokenizerFast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoding, "_ROWS_AT_ONCE", 2)
    texts = [" ".join(WORDS[i % 10] for i in range(length)) for length in lengths]
    encoded = encode_and_count(rows(*texts), ("text",), tokenizer, max_length)
    whole = [length + 2 for length in lengths]
    assert [len(ids) for ids in encoded.dataset["input_ids"][:]] == [
        min(length, max_length) for length in whole
    ]
    assert encoded.cut == sum(length > max_length for length in whole)


@pytest.mark.parametrize(("columns", "length"), [(("text",), 2), (("text", "text"), 4)])
def test_no_room_for_text(
    columns: tuple[str, ...], length: int, tokenizer: PreTrainedTokenizerFast
) -> None:
    with pytest.raises(ConfigError, match=f"max_length {length} does not fit"):
        encode_and_count(rows("a"), columns, tokenizer, length)


def test_more_than_the_model_takes(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ConfigError, match=r"expected 3 .* to 32"):
        encode_and_count(rows("a"), ("text",), tokenizer, 33)
