"""What is said of rows that are longer than allowed: advice that can be followed."""

from __future__ import annotations

import numpy as np

from steadytune.finetune.cut_rows import cut_warning, unread_words_warning
from steadytune.tasks import PROBLEMS, Encoded
from steadytune.tasks.words import Words

CLASSES = PROBLEMS["classification"]


def test_a_larger_length_is_advised_where_the_model_takes_it() -> None:
    line = cut_warning({"train": 0.25, "test": 0.0}, CLASSES, 128, 512)
    assert line.startswith("longer than 128 tokens, and cut: 25.0% of train;")
    assert "a larger `max_length`" in line
    assert "a larger `max_length`" in cut_warning({"train": 0.25}, CLASSES, 128, None)


def test_at_the_models_limit_none_is_advised() -> None:
    line = cut_warning({"train": 0.25}, CLASSES, 512, 512)
    assert line.endswith("; the model takes no longer ones") and "`max_length`" not in line


def test_few_cut_rows_are_not_worth_a_line() -> None:
    assert cut_warning({"train": 0.01}, CLASSES, 128, 512) == ""
    assert cut_warning({"train": 0.5}, PROBLEMS["qa"], 384, 512) == ""


def test_words_that_are_not_read_are_counted() -> None:
    def encoded(*places: list[int]) -> Encoded:
        words = Words(tuple(map(np.array, places)), ("O", "B-x"))
        return Encoded([], 0, len(places), words=words)  # type: ignore[arg-type]

    line = unread_words_warning({"train": encoded([1, 2]), "test": encoded([1, -1], [1, 2])})
    assert (
        line == "cut off or unknown to the tokenizer, and so tagged O: 25.0% of the words of test"
    )
    assert unread_words_warning({"train": encoded([1, 2])}) == ""
