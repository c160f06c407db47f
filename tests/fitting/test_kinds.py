"""What fit needs to know of each kind of task: closed forms of its outputs, losses and choices."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from steadytune import DataError
from steadytune.fitting.candidates import Candidate
from steadytune.fitting.final import calibrate
from steadytune.fitting.forms import ENSEMBLE, SINGLE, Parts, choose_form
from steadytune.fitting.judge import Judge, OutOfFold
from steadytune.fitting.kinds import KINDS
from steadytune.fitting.measure import Measure
from steadytune.metrics.multilabel import THRESHOLD, best_threshold
from steadytune.metrics.ordinal import quadratic_kappa
from steadytune.metrics.seq2seq import TEXT_METRICS, text_score
from steadytune.metrics.squad import NULL_DIFFERENCE, NULL_THRESHOLD
from steadytune.metrics.tagging import tagging_metrics
from steadytune.stats.calibration import mixture_log_loss
from steadytune.tasks import PROBLEMS, DataSource, Task
from tests.finetune.toy_files import (
    write_grades,
    write_moods,
    write_optional_questions,
    write_questions,
    write_sentences,
)
from tests.tiny_seq2seq import write_pairs

LABELS, QUESTIONS, TAGS = KINDS["multilabel"], KINDS["qa"], KINDS["tagging"]
OPTIONAL, TEXTS = KINDS["qa_no_answer"], KINDS["seq2seq"]

WORDS = ("O", "B-x", "I-x")


def test_each_kind_of_task_is_one_of_fit() -> None:
    assert set(KINDS) == set(PROBLEMS)


@pytest.fixture(scope="module")
def moods(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return DataSource(train=str(write_moods(tmp_path_factory.mktemp("moods"))["train"])).load()


@pytest.fixture(scope="module")
def micro(moods: Task) -> Measure:
    return LABELS.measure(moods, None)


def parts(kind: str, measure: Measure, truth: np.ndarray, outputs: np.ndarray) -> Parts:
    found = OutOfFold(Candidate("plain", 1e-4, 3.0), outputs)
    return Parts(Judge(measure, truth, 0, KINDS[kind]), found, None)


def drawn(examples: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth of two labels, and logits that are too sure of it by a factor of four."""
    draws = np.random.default_rng(0)
    logits = draws.normal(-1, 1, (examples, 2))
    truth = draws.random((examples, 2)) < expit(logits)
    return truth, LABELS.from_line(4 * logits)


def test_labels_are_predicted_from_a_threshold_on(micro: Measure) -> None:
    logits = logit(np.array([[0.3, 0.1], [0.2, 0.4]]))
    truth = np.array([[True, False], [True, True]])
    said = {"logits": logits, THRESHOLD: np.full(2, 0.25)}
    outputs = LABELS.outputs(said, None)
    assert outputs.shape == (2, 3)
    assert micro(outputs, truth) == pytest.approx(2 * 2 / (2 + 3))
    assert micro(LABELS.with_choices(outputs, {}), truth) == 0.0  # the usual threshold
    assert micro(LABELS.with_choices(outputs, {THRESHOLD: 0.15}), truth) == 1.0


def test_the_threshold_of_an_example_is_chosen_on_others(micro: Measure) -> None:
    outputs = np.full((40, 3), -4.0)
    truth = np.zeros((40, 2), dtype=bool)
    truth[:20, 0] = True
    outputs[:20, 0] = -1.0
    outputs[5] = 0.0, 0.0, 0.0
    truth[5] = True
    decided = LABELS.decided(outputs, truth, micro, seed=0)
    np.testing.assert_array_equal(decided[:, :-1], outputs[:, :-1])
    assert micro(decided, truth) == 1.0
    # What decides for an example does not hang on its own truth.
    other = truth.copy()
    other[30] = True
    assert LABELS.decided(outputs, other, micro, seed=0)[30, -1] == decided[30, -1]
    unheld = np.full((40, 3), np.nan)
    assert np.isnan(LABELS.decided(unheld, truth, micro, seed=0)).all()


def test_probabilities_of_labels_are_averaged() -> None:
    each = LABELS.from_line(logit(np.array([[[0.2]], [[0.8]]])))
    np.testing.assert_allclose(expit(LABELS.average(each)[:, :1]), [[0.5]])
    np.testing.assert_allclose(expit(LABELS.average(each, (0.75, 0.25))[:, :1]), [[0.35]])


def test_labels_get_one_temperature_and_a_threshold(micro: Measure) -> None:
    truth, outputs = drawn(400)
    found = calibrate(parts("multilabel", micro, truth, outputs[None]), ENSEMBLE)
    assert found.temperature == pytest.approx(4.0, rel=0.15)
    assert found.loss_before == pytest.approx(LABELS.loss(outputs, truth))
    assert found.loss_before is not None and found.loss_after is not None
    assert found.loss_after < found.loss_before
    averaged = outputs[:, :-1] / found.temperature
    assert found.choices == {THRESHOLD: best_threshold(averaged, truth, "f1_micro")}
    assert found.choices[THRESHOLD] < 0.5
    twice = calibrate(parts("multilabel", micro, truth, np.stack([outputs] * 2)), SINGLE)
    assert twice.temperature == pytest.approx(found.temperature)
    assert twice.loss_after == pytest.approx(found.loss_after, abs=1e-3)


def test_few_examples_and_other_heads_get_a_threshold_alone(micro: Measure) -> None:
    truth, outputs = drawn(49)
    found = calibrate(parts("multilabel", micro, truth, outputs[None]), ENSEMBLE)
    assert found.temperature is None and THRESHOLD in found.choices
    truth, outputs = drawn(60)
    found = calibrate(parts("multilabel", micro, truth, outputs[None]), ENSEMBLE, cools=False)
    assert found.temperature is None and "linear layer" in found.skipped
    assert THRESHOLD in found.choices


def test_the_floor_of_labels_is_a_logistic_regression_each() -> None:
    draws = np.random.default_rng(0)
    features = draws.normal(size=(60, 4))
    truth = features[:, :2] + draws.normal(size=(60, 2)) > 0
    model = LABELS.linear_model()
    head = model.head.set_params(alpha=2.0, tol=1e-8, max_iter=5000).fit(features, truth)
    line = LABELS.as_line(head, 2)
    for label in range(2):
        one = LogisticRegression(C=0.5, tol=1e-8, max_iter=5000).fit(features, truth[:, label])
        np.testing.assert_allclose(line.weight[label], one.coef_[0], atol=1e-3)
        np.testing.assert_allclose(line.bias[label], one.intercept_[0], atol=1e-3)
    said = LABELS.from_line(line(features))
    expected = -LABELS.loss(said, truth)
    assert model.scoring(head, features, truth) == pytest.approx(expected, abs=1e-6)


def test_targets_of_labels_are_probabilities() -> None:
    np.testing.assert_array_equal(LABELS.targets(np.array([[True, False]]), 2), [[1.0, 0.0]])
    np.testing.assert_allclose(LABELS.as_targets(np.array([[0.0, np.log(3), 0.0]])), [[0.5, 0.75]])


def test_numbers_of_grades_are_rounded_to_grades(tmp_path: Path) -> None:
    task = DataSource(train=str(write_grades(tmp_path)["train"]), kind="ordinal").load()
    grades = KINDS["ordinal"]
    kappa, truth = grades.measure(task, None), np.array([2.0, 3.0, 5.0, 5.0])
    outputs = np.array([[2.2], [1.0], [4.1], [9.0]])
    assert (kappa.name, grades.shape(truth, 3)) == ("qwk", outputs.shape)
    assert kappa(outputs, truth) == pytest.approx(quadratic_kappa([2, 2, 5, 5], truth))
    rows = Dataset.from_dict({"label": truth})
    assert grades.constant(kappa, task, rows) == kappa(np.full((4, 1), 3.3), truth) == 0.0
    shares = grades.measure(
        dataclasses.replace(task, metric="accuracy", content_hash=""), "accuracy"
    )
    assert shares(outputs, truth) == 0.75 and grades.constant(shares, task, rows) == 0.5
    found = calibrate(parts("ordinal", kappa, truth, outputs[None]), ENSEMBLE)
    assert found.width is None and found.temperature is None


def test_questions_are_scored_one_by_one_and_averaged_without_a_comparison(tmp_path: Path) -> None:
    task = DataSource(train=str(write_questions(tmp_path)["train"])).load()
    rows = Dataset.from_dict({"answers": [{"text": ["x b"]}, {"text": ["c"]}]})
    truth = QUESTIONS.truth(rows, ())
    outputs = QUESTIONS.outputs({"text": ["b", "c"]}, truth)
    np.testing.assert_allclose(outputs, [[2 / 3, 0.0], [1.0, 1.0]])
    f1 = QUESTIONS.measure(task, None)
    assert f1(outputs, truth) == pytest.approx(5 / 6)
    assert QUESTIONS.shape(truth, 0) == outputs.shape
    known = parts("qa", f1, truth, np.stack([outputs, 0 * outputs]))
    choice = choose_form(known, 2, floor=False)
    assert choice.form is ENSEMBLE
    mean_of_single_seeds = pytest.approx(5 / 12)
    assert known.scorer(ENSEMBLE)(np.arange(2)) == mean_of_single_seeds
    assert choose_form(known, 1, floor=False).form is SINGLE
    assert choose_form(None, 2, floor=False).form is ENSEMBLE
    assert calibrate(known, ENSEMBLE).temperature is None


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Task:
    files = write_sentences(tmp_path_factory.mktemp("sentences"))
    return DataSource(train=str(files["train"])).load()


def tagged(sentences: Task, *labels: str) -> Task:
    """The task with these tags of its training sentences, of which each is a text of its own."""
    rows = {"tokens": [" ".join("w" * (n + 1) for _ in t.split()) for n, t in enumerate(labels)]}
    train = Dataset.from_dict({**rows, "label": list(labels), "idx": list(range(len(labels)))})
    test = {sentences.domain: train}
    return dataclasses.replace(
        sentences, train=train, dev=None, test=test, label_names=WORDS, content_hash=""
    )


def test_tags_are_scored_as_seqeval_has_it(sentences: Task) -> None:
    task = tagged(sentences, "B-x I-x O", "O B-x", "B-x O O O")
    truth = TAGS.truth(task.train, WORDS)
    np.testing.assert_array_equal(truth, [[1, 2, 0, -1], [0, 1, -1, -1], [1, 0, 0, 0]])
    logits = np.eye(3)[[[1, 2, 1], [0, 2, 0], [1, 0, 0]]]
    logits[1, 2] = np.nan  # behind the last word
    logits[0, 1] = np.nan  # not read, so O
    outputs = TAGS.outputs({"logits": logits}, truth)
    assert outputs.shape == TAGS.shape(truth, 3) == (3, 4, 3)
    said = ["B-x O B-x", "O I-x", "B-x O O O"]
    expected = tagging_metrics(said, task.train["label"])
    for name in ("f1", "precision", "recall", "accuracy"):
        measure = TAGS.measure(dataclasses.replace(task, metric=name), None)
        assert measure(outputs, truth) == pytest.approx(expected[name])
        one = measure.scorer(outputs, truth)(np.array([1, 1]))
        assert one == pytest.approx(tagging_metrics(["O I-x"], ["O B-x"])[name])
    assert TAGS.constant(measure, task, task.train) == pytest.approx(5 / 9)
    # Of the words that are read.
    read = outputs.reshape(-1, 3)[[0, 2, 4, 5, 8, 9, 10]]
    loss = mixture_log_loss(read[None], [1, 0, 0, 1, 1, 0, 0])
    assert TAGS.loss(outputs, truth) == pytest.approx(loss)


def test_probabilities_of_tags_are_averaged_word_by_word(sentences: Task) -> None:
    shares = np.array([[[[0.2, 0.8]], [[0.5, 0.5]]], [[[0.6, 0.4]], [[0.5, 0.5]]]])
    outputs = np.log(shares)
    outputs[:, 1] = 0.0  # not read
    np.testing.assert_allclose(np.exp(TAGS.average(outputs))[0], [[0.4, 0.6]])
    weighted = TAGS.average(outputs, (0.75, 0.25))
    np.testing.assert_allclose(np.exp(weighted)[0], [[0.3, 0.7]])
    classes = TAGS.as_classes(weighted[None], np.array([[1], [1]]))
    assert classes.labels.tolist() == [1] and classes.examples.tolist() == [0]


def test_words_get_a_temperature_that_leaves_out_what_is_not_read(sentences: Task) -> None:
    draws = np.random.default_rng(0)
    logits = draws.normal(0, 1, (60, 8, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    truth = (draws.random((60, 8, 1)) > shares.cumsum(axis=-1)).sum(axis=-1).clip(max=2)
    truth[:, 7] = -1
    outputs = 4 * logits
    outputs[:, 6:] = 0.0
    measure = TAGS.measure(tagged(sentences, "B-x"), None)
    found = calibrate(parts("tagging", measure, truth, outputs[None]), ENSEMBLE)
    assert found.temperature == pytest.approx(4.0, rel=0.15)
    assert found.loss_before == pytest.approx(TAGS.loss(outputs, truth))
    assert found.loss_before is not None and found.loss_after is not None
    assert found.loss_after < found.loss_before
    twice = calibrate(parts("tagging", measure, truth, np.stack([outputs] * 2)), SINGLE)
    assert twice.loss_after == pytest.approx(found.loss_after, abs=1e-3)


def test_entities_in_one_sentence_are_too_few(sentences: Task) -> None:
    groups = np.arange(3)
    TAGS.require(tagged(sentences, "B-x O", "I-x O O", "O O O"), groups)
    alone = tagged(sentences, "B-x O", "O O", "O O O")
    with pytest.raises(DataError, match="1 training sentence with entities: expected two"):
        TAGS.require(alone, groups)
    with pytest.raises(DataError, match="2 training sentences with"):  # copies of one text
        TAGS.require(tagged(sentences, "B-x O", "B-x O", "O O O"), np.array([0, 0, 1]))


def test_questions_without_answer_get_a_threshold_out_of_fold(tmp_path: Path) -> None:
    task = DataSource(train=str(write_optional_questions(tmp_path)["train"])).load()
    f1 = OPTIONAL.measure(task, None)
    rows = Dataset.from_dict({"answers": [{"text": ["x b"]}, {"text": []}, {"text": ["c"]}]})
    truth = OPTIONAL.truth(rows, ())
    said = {"span": ["b", "d", "c"], NULL_DIFFERENCE: [0.5, 2.5, 1.0], NULL_THRESHOLD: [0.0] * 3}
    outputs = OPTIONAL.outputs(said, truth)
    assert outputs.shape == OPTIONAL.shape(truth, 0)
    assert f1(outputs, truth) == pytest.approx(1 / 3) == OPTIONAL.constant(f1, task, rows)
    assert OPTIONAL.choices(outputs, truth, f1) == {NULL_THRESHOLD: 1.75}
    better = OPTIONAL.with_choices(outputs, {NULL_THRESHOLD: 1.75})
    assert f1(better, truth) == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert f1(OPTIONAL.with_choices(better, {}), truth) == pytest.approx(1 / 3)
    # One minus the mean of both metrics, as they are decided.
    assert OPTIONAL.loss(better, truth) == pytest.approx(1 - ((2 / 3 + 2) + 2) / 6)
    many, truths = np.tile(outputs, (20, 1)), np.tile(truth, 20)
    assert set(OPTIONAL.decided(many, truths, f1, seed=0)[:, -1]) == {1.75}
    found = calibrate(parts("qa_no_answer", f1, truths, many[None]), ENSEMBLE)
    assert found.choices == {NULL_THRESHOLD: 1.75} and found.temperature is None


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Task:
    file = str(write_pairs(tmp_path_factory.mktemp("pairs") / "pairs.jsonl", 20))
    return DataSource(train=file, test=file, kind="seq2seq").load()


def texts(*said: str) -> np.ndarray:
    return TEXTS.outputs({"text": np.array(said)}, None)


@pytest.mark.parametrize("metric", TEXT_METRICS)
def test_texts_are_scored_as_reports_score_them(pairs: Task, metric: str) -> None:
    measure = TEXTS.measure(dataclasses.replace(pairs, metric=metric, content_hash=""), None)
    rows = Dataset.from_dict({"label": ["uno due tre", " uno tre", "uno due"]})
    truth, said = TEXTS.truth(rows, ()), texts("uno due", "uno tre", "")
    assert TEXTS.shape(truth, 0) == said.shape
    right = [*truth]
    assert measure(said, truth) == pytest.approx(text_score(metric, [*said], right))
    some = measure.scorer(said, truth)(np.array([0, 0, 2]))
    assert some == pytest.approx(
        text_score(metric, ["uno due"] * 2 + [""], [*right[:1] * 2, right[2]])
    )
    constant = text_score(metric, ["uno due"] * 3, right)  # the first in the alphabet
    assert TEXTS.constant(measure, pairs, rows) == pytest.approx(constant)
    assert TEXTS.loss(said, truth) > TEXTS.loss(truth, truth) == 0.0


def test_the_most_typical_text_is_kept_where_it_is_better(pairs: Task) -> None:
    truth = TEXTS.truth(pairs.train, ())
    wrong = np.array(["uno"] * len(truth), dtype=object)
    outputs = np.stack([truth] * 3)
    for seed in range(3):  # each seed errs on other examples
        outputs[seed, seed::3] = wrong[seed::3]
    assert TEXTS.average(outputs).tolist() == truth.tolist()
    assert TEXTS.average(outputs, (99.0, 1.0, 1.0)).tolist() == outputs[0].tolist()
    chrf = TEXTS.measure(pairs, None)
    known = parts("seq2seq", chrf, truth, outputs)
    choice = choose_form(known, 3, floor=False)
    assert choice.form is ENSEMBLE and choice.form.named(TEXTS).startswith("the most typical text")
    assert choice.why.startswith("100.0 % out of fold; a single seed ")
    single = np.mean([chrf(one, truth) for one in outputs])
    assert known.scorer(SINGLE)(np.arange(len(truth))) == pytest.approx(single)
    one = parts("seq2seq", chrf, truth, outputs[:1])
    assert choose_form(one, 3).why == f"{chrf.shown(chrf(outputs[0], truth))} out of fold"
    found = calibrate(known, ENSEMBLE)
    assert found.temperature is None and not found.choices and not found.skipped


def test_texts_that_were_not_held_out_are_unknown(pairs: Task) -> None:
    truth = TEXTS.truth(pairs.train, ())
    outputs = np.full((2, len(truth)), np.nan, TEXTS.dtype)
    outputs[0, :4], outputs[1, 2:6] = "uno", ""
    found = OutOfFold(Candidate("plain", 1e-4, 3.0), outputs)
    assert found.places.tolist() == [2, 3]
    judge = Judge(TEXTS.measure(pairs, None), truth, 0, TEXTS)
    assert judge.score(found) < judge.score(OutOfFold(found.candidate, truth[None]))


def test_texts_with_nearly_one_target_are_refused(pairs: Task) -> None:
    def task(others: int) -> Task:
        labels = ["due"] * others + ["uno"] * (20 - others)
        rows = {"text": [f"t{n}" for n in range(20)], "label": labels, "idx": [*range(20)]}
        return dataclasses.replace(pairs, train=Dataset.from_dict(rows), content_hash="")

    TEXTS.require(task(5), np.arange(20))
    with pytest.raises(DataError, match="all but 4 have the target 'uno': expected 5 texts"):
        TEXTS.require(task(4), np.arange(20))
    with pytest.raises(DataError, match="all but 1 have"):  # copies of one text
        TEXTS.require(task(5), np.repeat([0, 1], [5, 15]))
