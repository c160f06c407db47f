"""Windows hold the whole context, are cut as the tokenizer cuts, and point at the answer."""

from __future__ import annotations

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from steadytune._exceptions import ConfigError, ModelError
from steadytune.tasks import qa_windows
from steadytune.tasks.encoding import Encoded
from steadytune.tasks.qa_windows import Windows, encode_windows
from tests.tasks.tiny_tokenizers import FAMILIES, tokenizer_like

QUESTION = "what is the date?"
CONTEXT = "It was not in the year, the Date of 2035 is wrong. And who was it? 😀 naïve!"
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)

words = st.text(st.sampled_from("abtheyr2.,?'é😀"), min_size=1, max_size=8)
spaces = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0"])


@st.composite
def spaced_words(draw: st.DrawFn, min_size: int = 1) -> tuple[str, list[tuple[int, int]]]:
    """A text and where each of its words stands."""
    text, places = draw(st.sampled_from(["", " "])), []
    for word in draw(st.lists(words, min_size=min_size, max_size=30)):
        places.append((len(text), len(text) + len(word)))
        text += word + draw(spaces)
    return text, places


def rows(
    *contexts: str, question: str = QUESTION, answers: list[tuple[int, int]] | None = None
) -> Dataset:
    columns = {"question": [question] * len(contexts), "context": list(contexts)}
    if answers is None:
        return Dataset.from_dict(columns)
    found = [
        {"text": [context[start:end]], "answer_start": [start]}
        for context, (start, end) in zip(contexts, answers, strict=True)
    ]
    return Dataset.from_dict({**columns, "answers": found})


def encode(dataset: Dataset, family: str, max_length: int, stride: int = 4) -> Encoded:
    return encode_windows(
        dataset, ("question", "context"), tokenizer_like(family), max_length, stride
    )


def windows_of(encoded: Encoded) -> Windows:
    assert encoded.windows is not None
    return encoded.windows


@EVERY_FAMILY
def test_they_are_those_of_the_tokenizer(family: str) -> None:
    tokenizer = tokenizer_like(family)
    whole = tokenizer(QUESTION, CONTEXT)
    shortest = whole.sequence_ids().count(0) + 12
    for max_length in range(shortest, len(whole["input_ids"]) + 2):
        own = tokenizer(
            QUESTION,
            CONTEXT,
            truncation="only_second",
            max_length=max_length,
            stride=4,
            return_overflowing_tokens=True,
        )
        encoded = encode(rows(CONTEXT), family, max_length)
        for name in encoded.dataset.column_names:
            assert encoded.dataset[name][:] == own[name], (name, max_length)
        assert set(encoded.dataset.column_names) == set(tokenizer.model_input_names) & set(own)
        assert encoded.cut == (len(own["input_ids"]) > 1)


@EVERY_FAMILY
@settings(max_examples=40)
@given(
    text=spaced_words(min_size=0),
    question=st.text(st.sampled_from("what is"), max_size=30),
    max_length=st.integers(8, 60),
    stride=st.integers(0, 40),
)
def test_every_character_is_in_a_window(
    family: str,
    text: tuple[str, list[tuple[int, int]]],
    question: str,
    max_length: int,
    stride: int,
) -> None:
    context = text[0]
    encoded = encode(rows(context, question=question), family, max_length, stride)
    covered = np.zeros(len(context), dtype=bool)
    windows = windows_of(encoded)
    for offsets, inside in zip(windows.offsets, windows.context, strict=True):
        assert (offsets[~inside, 0] == offsets[~inside, 1]).all()
        for start, end in offsets[inside]:
            assert context[start:end] == context[start:end].strip() != ""
            covered[start:end] = True
    assert covered.tolist() == [not character.isspace() for character in context]
    lengths = [len(ids) for ids in encoded.dataset["input_ids"]]
    assert max(lengths) <= max_length
    assert lengths == [len(mask) for mask in windows.context]


@EVERY_FAMILY
@settings(max_examples=60)
@given(
    data=st.data(),
    text=spaced_words(),
    max_length=st.integers(20, 60),
    stride=st.integers(0, 20),
)
def test_targets_are_the_answer_where_a_window_holds_it(
    family: str,
    data: st.DataObject,
    text: tuple[str, list[tuple[int, int]]],
    max_length: int,
    stride: int,
) -> None:
    context, places = text
    first = data.draw(st.integers(0, len(places) - 1))
    last = data.draw(st.integers(first, len(places) - 1))
    start, end = places[first][0], places[last][1]
    encoded = encode(rows(context, answers=[(start, end)]), family, max_length, stride)
    windows, targets = (
        windows_of(encoded),
        zip(encoded.dataset["start_positions"], encoded.dataset["end_positions"], strict=True),
    )
    for offsets, inside, (one, other) in zip(
        windows.offsets, windows.context, targets, strict=True
    ):
        held = offsets[inside]
        if len(held) and held[0, 0] <= start and end <= held[-1, 1] and inside[one]:
            assert (offsets[one, 0], offsets[other, 1]) == (start, end)
        else:
            assert one == other == 0
            # A character of several tokens can be cut through its middle.
            assert not (len(held) and held[0, 0] < start and end < held[-1, 1])


def test_by_hand() -> None:
    encoded = encode(rows("the date is wrong", question="who", answers=[(4, 8)]), "bert", 7, 1)
    tokenizer = tokenizer_like("bert")
    features = encoded.dataset
    texts = [tokenizer.convert_ids_to_tokens(ids) for ids in features["input_ids"]]
    assert texts == [
        ["<s>", "who", "</s>", "the", "date", "is", "</s>"],
        ["<s>", "who", "</s>", "is", "wrong", "</s>"],
    ]
    assert features["token_type_ids"][:] == [[0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]]
    assert features["attention_mask"][:] == [[1] * 7, [1] * 6]
    # The second window lacks the answer: it points at the classification token.
    assert features["start_positions"][:] == [4, 0] == features["end_positions"][:]
    windows = windows_of(encoded)
    assert windows.rows.tolist() == [0, 0] and encoded.cut == encoded.rows == 1
    assert windows.offsets[1].tolist() == [[0, 0]] * 3 + [[9, 11], [12, 17], [0, 0]]
    assert windows.context[1].tolist() == [False] * 3 + [True, True, False]


def test_half_an_answer_is_none() -> None:
    answer = (4, 17)
    encoded = encode(rows("the date is wrong", question="who", answers=[answer]), "bert", 7, 1)
    assert encoded.dataset["start_positions"][:] == [0, 0] == encoded.dataset["end_positions"][:]


def test_the_first_answer_is_the_target() -> None:
    dataset = Dataset.from_dict(
        {
            "question": ["who"],
            "context": ["the date is"],
            "answers": [{"text": ["date is", "the"], "answer_start": [4, 0]}],
        }
    )
    features = encode(dataset, "bert", 32).dataset
    assert (features["start_positions"][:], features["end_positions"][:]) == ([4], [5])


def test_a_classification_token_at_the_end_is_found() -> None:
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    backend = tokenizer_like("bert").backend_tokenizer.from_str(
        tokenizer_like("bert").backend_tokenizer.to_str()
    )
    backend.post_processor = processors.TemplateProcessing(
        single="$A </s> <s>:2",
        pair="$A </s> $B:1 </s>:1 <s>:2",
        special_tokens=[("<s>", 1), ("</s>", 2)],
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, cls_token="<s>", sep_token="</s>", pad_token="<pad>"
    )
    dataset = rows("the date is wrong", question="who", answers=[(4, 8)])
    features = encode_windows(dataset, ("question", "context"), tokenizer, 7, 1).dataset
    assert features["start_positions"][:] == [3, 5]
    assert features["input_ids"][1][5] == 1


@EVERY_FAMILY
def test_a_question_longer_than_the_room_is_cut_on_its_right(family: str) -> None:
    tokenizer = tokenizer_like(family)
    question = "what is the date of the year " * 20
    encoded = encode(rows(CONTEXT, question=question), family, 24, 128)
    room = 24 - tokenizer.num_special_tokens_to_add(pair=True)
    kept = tokenizer(question, add_special_tokens=False)["input_ids"][: room - room // 4]
    first = len(tokenizer("")["input_ids"]) and 1
    for ids in encoded.dataset["input_ids"]:
        assert ids[first : first + len(kept)] == kept
    assert encoded.cut == 1
    tokens = [int(inside.sum()) for inside in windows_of(encoded).context]
    assert max(tokens) <= room // 4


def test_a_question_stays_whole_where_the_context_needs_little() -> None:
    question = "what is the date of the year what is the date"
    encoded = encode(rows("date", question=question), "bert", 15)
    assert encoded.cut == 0 and len(encoded.dataset["input_ids"][0]) == 15


@EVERY_FAMILY
@pytest.mark.parametrize(
    ("question", "context"), [("", ""), (QUESTION, ""), ("", CONTEXT), (QUESTION * 9, " ")]
)
def test_empty_texts_are_features_too(family: str, question: str, context: str) -> None:
    encoded = encode(rows(context, question=question), family, 32)
    assert len(encoded.dataset) >= 1
    assert any(inside.any() for inside in windows_of(encoded).context) == bool(context.strip())


def test_an_answer_without_tokens_is_in_no_window() -> None:
    # Control characters are dropped by this tokenizer.
    features = encode(rows("the \x01 date", answers=[(4, 5)]), "bert", 32).dataset
    assert features["start_positions"][:] == [0] == features["end_positions"][:]


@EVERY_FAMILY
def test_a_row_without_answer_points_where_windows_without_it_do(family: str) -> None:
    (context,) = (CONTEXT * 3,)
    with_answer = encode(rows(context, answers=[(len(context) - 1, len(context))]), family, 32)
    empty = {"text": [], "answer_start": []}
    without = encode(rows(context).add_column("answers", [empty]), family, 32)
    assert len(without.dataset) == len(with_answer.dataset) > 2 and not without.long_answers
    places = windows_of(without).no_answer.tolist()
    assert without.dataset["start_positions"][:] == places == without.dataset["end_positions"][:]
    assert with_answer.dataset["start_positions"][:-1] == places[:-1]
    inputs = [name for name in with_answer.dataset.column_names if "positions" not in name]
    for name in inputs:
        assert without.dataset[name][:] == with_answer.dataset[name][:]


def test_rows_keep_their_order_over_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa_windows, "_ROWS_AT_ONCE", 2)
    encoded = encode(rows(CONTEXT, "the", "date", "", CONTEXT), "bert", 20)
    found = windows_of(encoded).rows
    assert sorted(set(found.tolist())) == [0, 1, 2, 3, 4] and (np.diff(found) >= 0).all()
    assert encoded.rows == 5 and encoded.cut == 2


def test_a_formatted_data_set_is_read_as_text() -> None:
    dataset = rows("the date", answers=[(4, 8)])
    formatted = encode(dataset.with_format("torch"), "bert", 32).dataset
    assert formatted[0] == encode(dataset, "bert", 32).dataset[0]


def test_slow_tokenizers_are_refused() -> None:
    from transformers import PythonBackend

    class Slow(PythonBackend):
        vocab_size = 1

        def get_vocab(self) -> dict[str, int]:
            return {}

    with pytest.raises(ModelError, match="Slow is a slow tokenizer") as caught:
        encode_windows(rows("the"), ("question", "context"), Slow(), 32, 4)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("max_length", [4, 513])
def test_lengths_that_do_not_fit(max_length: int) -> None:
    with pytest.raises(ConfigError, match=f"max_length {max_length} does not fit"):
        encode(rows("the"), "bert", max_length)
