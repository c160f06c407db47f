"""Question answering as a kind of task: encode, predict, score; and training with every method."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from steadytune import ConfigError, DataError
from steadytune.finetune.cut_rows import long_answers_warning
from steadytune.tasks import PROBLEMS, Encoding, Task
from steadytune.tasks.question_answering import QuestionAnswering
from tests.tasks.tiny_tokenizers import tokenizer_like

CONTEXTS = ["the date is 2035, and it was wrong", "in that year the date was known to who it was"]
ANSWERS = ["2035", "the date"]
QA = QuestionAnswering()
COLUMNS = ("question", "context")


def rows(copies: int = 1) -> Dataset:
    contexts, answers = CONTEXTS * copies, ANSWERS * copies
    return Dataset.from_dict(
        {
            "id": [f"q{i}" for i in range(len(contexts))],
            "idx": list(range(len(contexts))),
            "question": ["what was it?"] * len(contexts),
            "context": contexts,
            "answers": [
                {"text": [answer], "answer_start": [context.index(answer)]}
                for answer, context in zip(answers, contexts, strict=True)
            ],
        }
    )


def task(**changes: Any) -> Task:
    settings = {
        "name": "dates",
        "kind": "qa",
        "columns": COLUMNS,
        "metric": "f1",
        "domain": "years",
        "train": rows(4),
        "test": {"years": rows()},
        "source": "made for tests",
    }
    return Task(**{**settings, **changes})


def test_it_is_one_of_the_kinds() -> None:
    assert isinstance(PROBLEMS["qa"], QuestionAnswering)
    assert task().problem is PROBLEMS["qa"]


def test_right_logits_score_one() -> None:
    encoded = QA.encode(rows(), COLUMNS, tokenizer_like("bert"), Encoding(max_length=16, stride=4))
    features = encoded.dataset
    assert len(features) == 3 and encoded.cut == 1

    def logits(name: str) -> list[np.ndarray]:
        pairs = zip(features["input_ids"], features[name], strict=True)
        return [np.eye(len(ids), dtype=np.float32)[place] for ids, place in pairs]

    outputs = {"start_logits": logits("start_positions"), "end_logits": logits("end_positions")}
    found = QA.predict(outputs, encoded, rows())
    assert found["text"].tolist() == ANSWERS and found["score"].tolist() == [2, 2]
    assert QA.score(found, rows()) == {"f1": 1.0, "exact_match": 1.0, "loss": None}


def test_answers_longer_than_predictions_are_counted_and_can_be_asked_for() -> None:
    context = "the date of the year is wrong"
    answer = {"text": [context], "answer_start": [0]}
    content = {"id": ["q"], "idx": [0], "question": ["what?"], "context": [context]}
    long = Dataset.from_dict({**content, "answers": [answer]})
    texts = {}
    for longest in (3, 60):
        encoding = Encoding(max_length=64, stride=4, longest_answer=longest)
        encoded = QA.encode(long, COLUMNS, tokenizer_like("bert"), encoding)
        assert encoded.long_answers == (longest == 3)
        (ids,) = encoded.dataset["input_ids"]
        outputs = {
            f"{end}_logits": [np.eye(len(ids), dtype=np.float32)[places[0]]]
            for end in ("start", "end")
            for places in [encoded.dataset[f"{end}_positions"]]
        }
        texts[longest] = QA.predict(outputs, encoded, long)["text"].tolist()
        warning = long_answers_warning({"train": encoded}, QA)
        assert ("more than 3 tokens, which no prediction can have: 100.0% of train" in warning) == (
            longest == 3
        )
    assert texts[60] == [context] and texts[3] != [context]
    with pytest.raises(ConfigError, match="max_answer_length 0"):
        Encoding(longest_answer=0)


def test_scores_are_means_of_shares() -> None:
    predictions = {"text": np.array(["2035", "date was"]), "score": np.zeros(2)}
    # The article is left out: one of two words is right, of one that is true.
    assert QA.score(predictions, rows()) == {
        "f1": pytest.approx((1 + 2 / 3) / 2),
        "exact_match": 0.5,
        "loss": None,
    }


def test_no_answer_at_all_scores_zero() -> None:
    empty = {"text": np.array(["", ""]), "score": np.full(2, -math.inf)}
    assert QA.score(empty, rows())["f1"] == 0 == QA.constant_score(rows(), 0, "f1")


def test_a_diverged_model_has_no_scores() -> None:
    broken = {"text": np.array(["", "the date"]), "score": np.array([math.nan, 1.0])}
    assert set(QA.score(broken, rows()).values()) == {None}


def test_a_task_is_checked() -> None:
    answers = [{"text": ["2035"], "answer_start": [0]}] * 2
    wrong = rows().remove_columns("answers").add_column("answers", answers)
    with pytest.raises(DataError, match=r"row 1 \(id q0\) of years of dates has the answer '2035'"):
        task(test={"years": wrong})


def test_a_task_is_sampled() -> None:
    own = rows(4).map(lambda row: {"context": f"{row['context']} ({row['id']})"})
    drawn = task(train=own).sample(train_size=1, dev_size=3)
    assert drawn.dev is not None
    assert (len(drawn.train), len(drawn.dev)) == (1, 3)
    assert not set(drawn.train["idx"]) & set(drawn.dev["idx"])
    with pytest.raises(ConfigError, match="train size 0"):
        task().sample(train_size=0)
    with pytest.raises(ConfigError, match="no validation rows"):
        task().sample(train_size=1, dev_size=3)
