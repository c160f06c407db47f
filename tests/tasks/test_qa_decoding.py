"""The best span over all windows, by hand, against a plain search, and back to the answer."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from steadytune.metrics.squad import squad_scores
from steadytune.tasks import qa_decoding
from steadytune.tasks.qa_decoding import decode_answers
from steadytune.tasks.qa_windows import Windows, encode_windows
from tests.tasks.tiny_tokenizers import FAMILIES, tokenizer_like

TEXT = "abcdefgh"


def one_letter_windows(*parts: tuple[int, int, int]) -> Windows:
    """Windows (row, first, end) over `TEXT`, one token a letter, behind one token of a question."""
    spans = [np.array([(0, 0), *((i, i + 1) for i in range(a, b))]) for _, a, b in parts]
    inside = [np.arange(len(span)) > 0 for span in spans]
    rows = np.array([row for row, _, _ in parts])
    return Windows(rows, tuple(spans), tuple(inside), np.zeros(len(parts), dtype=np.int64))


def logits(*values: list[float]) -> list[np.ndarray]:
    return [np.array(row, dtype=np.float32) for row in values]


def test_by_hand() -> None:
    windows = one_letter_windows((0, 0, 4))
    found = decode_answers(
        logits([9, 0, 3, 1, 0]), logits([9, 2, 0, 1, 1]), windows, [TEXT], longest=30
    )
    # b to c and b to d score 4; of equal ones the shortest; the question's token is out.
    assert found.text.tolist() == ["bc"] and found.score.tolist() == [4]


def test_the_best_window_answers() -> None:
    windows = one_letter_windows((0, 0, 2), (0, 2, 4), (1, 0, 2))
    starts = logits([0, 0, 1], [0, 2, 0], [0, 0, 5])
    ends = logits([0, 0, 1], [0, 0, 2], [0, 5, 0])
    found = decode_answers(starts, ends, windows, [TEXT, TEXT])
    # Row 1: an end does not stand before its start.
    assert found.text.tolist() == ["cd", "a"] and found.score.tolist() == [4, 5]


def test_of_equal_windows_the_first() -> None:
    windows = one_letter_windows((0, 0, 2), (0, 2, 4))
    flat = logits([0, 0, 0], [0, 0, 0])
    assert decode_answers(flat, flat, windows, [TEXT]).text.tolist() == ["a"]


@pytest.mark.parametrize(("longest", "answer"), [(1, "a"), (3, "a"), (4, "abcd"), (30, "abcd")])
def test_the_longest_answer(longest: int, answer: str) -> None:
    windows = one_letter_windows((0, 0, 4))
    starts, ends = logits([0, 5, 0, 0, 0]), logits([0, 1, 0, 0, 5])
    assert decode_answers(starts, ends, windows, [TEXT], longest=longest).text[0] == answer


def test_only_the_best_starts_and_ends_are_looked_at() -> None:
    windows = one_letter_windows((0, 0, 3))
    # The likeliest start stands behind the likeliest end.
    starts, ends = logits([0, 0, 1, 5]), logits([0, 5, 1, 0])
    none = decode_answers(starts, ends, windows, [TEXT], n_best=1)
    assert none.text.tolist() == [""] and none.score.tolist() == [-math.inf]
    # b to b scores 2.
    assert decode_answers(starts, ends, windows, [TEXT], n_best=2).text.tolist() == ["b"]


def test_no_context_no_answer() -> None:
    found = decode_answers(logits([1]), logits([1]), one_letter_windows((0, 0, 0)), [""])
    assert found.text.tolist() == [""] and found.score.tolist() == [-math.inf]


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_give_no_answer(broken: float) -> None:
    windows = one_letter_windows((0, 0, 2), (0, 2, 4), (1, 0, 2))
    starts = logits([0, 0, broken], [0, 9, 9], [broken, 0, 0])
    ends = logits([0, 0, 0], [0, 9, 9], [0, 0, 1])
    found = decode_answers(starts, ends, windows, [TEXT, TEXT])
    assert math.isnan(found.score[0]) and found.text[0] == ""
    # Off the context it does not matter.
    assert found.score[1] == 1 and found.text[1] == "ab"


def test_a_row_has_no_answer_only_if_no_window_has_one() -> None:
    windows = one_letter_windows((0, 0, 2), (0, 2, 4), (1, 0, 2))
    starts = logits([4, 0, 1], [1, 2, 0], [-3, 0, 5])
    ends = logits([3, 0, 1], [1, 0, 2], [0.5, 5, 0])
    found = decode_answers(starts, ends, windows, [TEXT, TEXT])
    assert found.null.tolist() == [2, -2.5]


def test_the_token_of_no_answer_may_stand_anywhere() -> None:
    one = one_letter_windows((0, 0, 2))
    windows = Windows(one.rows, one.offsets, one.context, np.array([2]))
    found = decode_answers(logits([0, 0, 3]), logits([0, 0, 4]), windows, [TEXT])
    assert found.null.tolist() == [7]


def test_no_rows() -> None:
    none = np.zeros(0, dtype=np.int64)
    empty = Windows(none, (), (), none)
    assert decode_answers([], [], empty, []).text.shape == (0,)


def plain_search(
    starts: list[np.ndarray], ends: list[np.ndarray], windows: Windows, row: int, longest: int
) -> float:
    best = -math.inf
    for feature in np.flatnonzero(windows.rows == row):
        inside = np.flatnonzero(windows.context[feature])
        for one, other in product(inside, inside):
            if one <= other < one + longest:
                best = max(best, float(starts[feature][one]) + float(ends[feature][other]))
    return best


@given(data=st.data(), longest=st.integers(1, 9))
def test_as_a_plain_search(data: st.DataObject, longest: int) -> None:
    bounds = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)
    parts = data.draw(st.lists(st.tuples(st.integers(0, 2), bounds), max_size=6))
    windows = one_letter_windows(*sorted((row, *bound) for row, bound in parts))
    number = st.floats(-100, 100, width=16)
    starts, ends = (
        logits(*(data.draw(st.lists(number, min_size=n, max_size=n)) for n in lengths))
        for lengths in [[len(inside) for inside in windows.context]] * 2
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qa_decoding, "_FEATURES_AT_ONCE", 2)
        found = decode_answers(starts, ends, windows, [TEXT] * 3, longest=longest)
    expected = [plain_search(starts, ends, windows, row, longest) for row in range(3)]
    assert found.score.tolist() == expected
    assert all(
        text in TEXT and (text != "") == (score > -math.inf)
        for text, score in zip(found.text, expected, strict=True)
    )


def one_hot(lengths: list[int], places: list[int]) -> list[np.ndarray]:
    return [np.eye(length)[place] for length, place in zip(lengths, places, strict=True)]


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=40)
@given(
    words=st.lists(st.text("abtheyr2.é😀", min_size=1, max_size=6), min_size=1, max_size=20),
    data=st.data(),
    max_length=st.integers(24, 80),
)
def test_the_gold_span_is_the_answer(
    family: str, words: list[str], data: st.DataObject, max_length: int
) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    answer = " ".join(words[first : data.draw(st.integers(first + 1, len(words)))])
    context, start = " ".join(words), len(" ".join([*words[:first], ""]))
    dataset = Dataset.from_dict(
        {
            "question": ["who was it?"],
            "context": [context],
            "answers": [{"text": [answer], "answer_start": [start]}],
        }
    )
    encoded = encode_windows(
        dataset, ("question", "context"), tokenizer_like(family), max_length, stride=6
    )
    features, windows = encoded.dataset, encoded.windows
    assert windows is not None
    lengths = [len(ids) for ids in features["input_ids"]]
    starts = one_hot(lengths, features["start_positions"][:])
    ends = one_hot(lengths, features["end_positions"][:])
    found = decode_answers(starts, ends, windows, [context], n_best=200, longest=200)
    pointed = [
        inside[place]
        for inside, place in zip(windows.context, features["start_positions"], strict=True)
    ]
    if any(pointed):
        assert found.text.tolist() == [answer] and found.score.tolist() == [2]
    else:
        assert len(lengths) > 1


@pytest.mark.data
@pytest.mark.parametrize("max_length", [128, 384])
def test_every_real_answer_comes_back(data_root: Path, max_length: int) -> None:
    from steadytune.pretrained import Pretrained

    dataset = Dataset.from_json(str(data_root / "qa/squad/validation.jsonl.gz")).select(range(500))
    encoded = encode_windows(
        dataset,
        ("question", "context"),
        Pretrained.find("minilm").tokenizer(),
        max_length,
        stride=64,
    )
    features, windows = encoded.dataset, encoded.windows
    assert windows is not None
    lengths = [len(ids) for ids in features["input_ids"]]
    starts = one_hot(lengths, features["start_positions"][:])
    ends = one_hot(lengths, features["end_positions"][:])
    found = decode_answers(starts, ends, windows, dataset["context"][:], longest=100)
    answers = [answer["text"] for answer in dataset["answers"]]
    assert [str(text) for text in found.text] == [texts[0] for texts in answers]
    assert squad_scores(list(found.text), answers).total_f1 == 1
