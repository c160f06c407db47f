"""Questions of which some have no answer: encode, choose a threshold, predict, average, score."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from steadytune import DataError
from steadytune.finetune.intervals import metric_intervals
from steadytune.tasks import PROBLEMS, Encoding, Task
from steadytune.tasks._content import hash_content
from steadytune.tasks._problems import kind_of_model
from steadytune.tasks._task import constant_score
from steadytune.tasks.encoding import Encoded
from steadytune.tasks.optional_answers import OptionalAnswers
from tests.tasks.tiny_tokenizers import tokenizer_like

CONTEXTS = ["the date is 2035, and it was wrong", "in that year the date was known to who it was"]
PROBLEM, COLUMNS = OptionalAnswers(), ("question", "context")
THRESHOLD, DIFFERENCE = "null_score_diff_threshold", "null_score_diff"


def rows(*answers: str | None) -> Dataset:
    """One row an answer, on the first context that holds it; None for no answer."""
    contexts = [next(c for c in CONTEXTS if (a or "who") in c) for a in answers]
    found = [
        {"text": [a], "answer_start": [c.index(a)]} if a else {"text": [], "answer_start": []}
        for a, c in zip(answers, contexts, strict=True)
    ]
    count = len(answers)
    content = {"id": [f"q{i}" for i in range(count)], "idx": [*range(count)]}
    asked = {"question": ["what was it?"] * count, "context": contexts}
    return Dataset.from_dict({**content, **asked, "answers": found})


def encoded(given: Dataset) -> Encoded:
    return PROBLEM.encode(given, COLUMNS, tokenizer_like("bert"), Encoding(64, stride=4))


def outputs(
    features: Encoded, null: list[float], threshold: float = 0.0, span: float = 1.0
) -> dict[str, Any]:
    """The first word of each context scores `span`, and "no answer" what is said."""
    assert features.windows is not None
    starts = []
    for inside, score in zip(features.windows.context, null, strict=True):
        logits = np.full(len(inside), -9.0, np.float32)
        logits[np.flatnonzero(inside)[0]] = span / 2
        logits[0] = score / 2
        starts.append(logits)
    thresholds = [np.float32(threshold)] * len(null)
    return {"start_logits": starts, "end_logits": starts, THRESHOLD: thresholds}


def task(train: Dataset, test: Dataset) -> Task:
    return Task(
        name="dates",
        kind="qa_no_answer",
        columns=COLUMNS,
        metric="f1",
        domain="years",
        train=train,
        test={"years": test},
        source="made for tests",
    )


def test_a_task_of_such_rows() -> None:
    found = task(rows("2035", None), rows(None, None, "year", "the"))
    assert found.problem is PROBLEMS["qa_no_answer"]
    # All "no answer" is the majority-class baseline; nothing counts in "the".
    assert constant_score(found, "years") == 0.75 and constant_score(found, "train") == 0.5
    counts = found.problem.class_counts(found.test["years"], ())
    assert counts == {"answer": 2, "no answer": 2}


def test_something_must_have_an_answer() -> None:
    with pytest.raises(DataError, match="no training row of dates has an answer"):
        task(rows(None), rows("year"))
    with pytest.raises(DataError, match=r"row 1 \(id q0\) of years of dates has the answer"):
        answers = [{"text": ["2035"], "answer_start": [0]}]
        wrong = rows("2035").remove_columns("answers").add_column("answers", answers)
        task(rows("year"), wrong)


def test_draws_keep_the_share_without_answer() -> None:
    drawn = task(rows(*["2035", None, None] * 6), rows("year")).sample(train_size=6).train
    assert PROBLEM.class_counts(drawn, ()) == {"answer": 2, "no answer": 4}


def test_targets_point_at_the_first_token() -> None:
    features = encoded(rows("2035", None)).dataset
    assert features["start_positions"][1] == 0 == features["end_positions"][1]
    assert features["start_positions"][0] > 0


def test_no_answer_is_predicted_above_the_threshold() -> None:
    given = rows(None, None, "the")
    features = encoded(given)
    found = PROBLEM.predict(outputs(features, [3.5, 3.0, -2.0], threshold=2.0), features, given)
    assert found["text"].tolist() == ["", "in", "the"]
    assert found["score"].tolist() == [3.5, 1.0, 1.0]
    assert found["span"].tolist() == ["in", "in", "the"]
    assert found[DIFFERENCE].tolist() == [2.5, 2.0, -3.0]
    shown = PROBLEM.readable(found, ())
    assert shown == {
        "prediction": ["", "in", "the"],
        "score": [3.5, 1.0, 1.0],
        DIFFERENCE: [2.5, 2.0, -3.0],
    }
    assert PROBLEM.readable_names(()) == [*shown]


def test_scores_of_all_and_of_each_part() -> None:
    given = rows("in that", None, None, "2035")
    predictions = {"text": np.array(["in", "", "in", ""]), "score": np.zeros(4)}
    assert PROBLEM.score(predictions, given) == {
        "f1": pytest.approx((2 / 3 + 1) / 4),
        "exact_match": 0.25,
        "HasAns_f1": pytest.approx(1 / 3),
        "HasAns_exact": 0.0,
        "NoAns_f1": 0.5,
        "NoAns_exact": 0.5,
        "loss": None,
    }
    answered = PROBLEM.score({"text": np.array(["2035"]), "score": np.zeros(1)}, rows("2035"))
    assert (answered["HasAns_f1"], answered["NoAns_f1"], answered["f1"]) == (1, None, 1)
    intervals = metric_intervals("qa_no_answer", predictions, PROBLEM.truths(given))
    assert intervals["exact_match"].estimate == 0.25
    for statistic in PROBLEM.statistics(predictions, PROBLEM.truths(given)):
        scores = PROBLEM.score(predictions, given)
        assert statistic.arrays[0].mean() == pytest.approx(scores[statistic.metric])


def test_all_no_answer_scores_what_the_baseline_does() -> None:
    given = rows("in that", None, None)
    silent = {"text": np.array([""] * 3), "score": np.zeros(3)}
    assert PROBLEM.score(silent, given)["f1"] == PROBLEM.constant_score(given, 0, "f1") == 2 / 3


def test_a_diverged_model_has_no_scores() -> None:
    given = rows("in that", None)
    features = encoded(given)
    for null, span in (([math.nan, 0], 1.0), ([0, 0], math.nan)):
        found = PROBLEM.predict(outputs(features, null, span=span), features, given)
        assert set(PROBLEM.score(found, given).values()) == {None}


def test_validation_rows_choose_the_threshold() -> None:
    given = rows(None, "in", "in", None)
    features = encoded(given)
    said = outputs(features, [4.0, 2.5, 2.0, 3.5])
    chosen = PROBLEM.choose(said, features, given, "f1")
    assert chosen == {THRESHOLD: 2.0}  # between 1.5 and 2.5
    found = PROBLEM.predict({**said, THRESHOLD: [np.float32(2.0)] * 4}, features, given)
    assert PROBLEM.score(found, given)["f1"] == 1


def test_an_ensemble_is_the_mean_of_logits_and_of_thresholds() -> None:
    given = rows("in", None)
    features = encoded(given)
    members = [outputs(features, [0, 9], 1.0, span=2.0), outputs(features, [4, 1], 2.0, span=4.0)]
    found = PROBLEM.predict(PROBLEM.average(members), features, given)
    assert found[DIFFERENCE].tolist() == [-1, 2] and found[THRESHOLD].tolist() == [1.5, 1.5]
    assert found["text"].tolist() == ["in", ""]


def test_an_ensemble_that_disagrees_decides_as_its_members_were_tuned_to() -> None:
    """The best span of mean logits scores less than the mean of the best spans."""
    given = rows("in", "in")
    features = encoded(given)
    members = [outputs(features, [0.5, 0.5], span=2.0) for _ in range(2)]
    for logits in members[1]["start_logits"]:
        inside = np.flatnonzero(logits > -9)
        logits[inside[-1]], logits[inside[-1] + 1] = -9, 1.0  # another word is the answer
    alone = [PROBLEM.predict(member, features, given)[DIFFERENCE] for member in members]
    found = PROBLEM.predict(PROBLEM.average(members), features, given)
    assert np.allclose(found[DIFFERENCE], np.mean(alone, axis=0))
    assert (found[DIFFERENCE] < 0).all() and all(found["text"])
    mean = {
        name: found_of for name, found_of in PROBLEM.average(members).items() if " " not in name
    }
    assert (PROBLEM.predict(mean, features, given)[DIFFERENCE] > 0).all()


def test_rows_that_are_of_two_kinds_have_two_hashes() -> None:
    given = rows("in", "date")
    asked = task(given, given)
    assert hash_content(replace(asked, kind="qa")) != hash_content(asked)


def test_a_model_says_by_its_configuration_that_it_is_of_this_kind() -> None:
    name = "BertForQuestionAnswering"
    assert kind_of_model(name, {THRESHOLD: 0.0}) == "qa_no_answer"
    assert kind_of_model(name, {}) == "qa"
