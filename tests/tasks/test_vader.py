"""Ratings become labels, copies become one row, and the real release gives the documented task."""

import os
import random
from pathlib import Path

import pytest

from steadytune._exceptions import DataError
from steadytune.tasks import Task, load_task
from steadytune.tasks.named.selection import letters_and_digits
from steadytune.tasks.rated_text import RatedText
from steadytune.tasks.vader import (
    VADER_MOVIES,
    VADER_TWEETS,
    VaderTask,
    distinct_and_clear,
    is_for_test,
    label_of,
    sentence_key,
    task_from_release,
)
from tests.tasks.local_copy import STUDIED, letters_of_files
from tests.tasks.synthetic_release import cut_pip_off, rated_files, release_content, rows


def synthetic_task(made: VaderTask = VADER_MOVIES, **texts: bytes) -> Task:
    return task_from_release(release_content(rated_files(**texts)), made)


each_task = pytest.mark.parametrize("made", [VADER_MOVIES, VADER_TWEETS], ids=lambda it: it.name)


def texts_of(task: Task, domain: str) -> list[str]:
    return list(task.test[domain]["text"])


@pytest.mark.parametrize(
    ("rating", "label"), [(0.5, 1), (-0.5, 0), (0.49, None), (-0.49, None), (0.0, None), (4, 1)]
)
def test_the_middle_has_no_label(rating: float, label: int | None) -> None:
    assert label_of(rating) == label


def test_rows_carry_line_text_and_label() -> None:
    tweets = rows(("a", -0.5, "poor"), ("b", 0.4, "so so"), ("c", 3.2, "fish &amp; chips"))
    task = synthetic_task(tweet=tweets)
    assert list(task.test["tweet"]) == [
        {"idx": 1, "text": "poor", "label": 0},
        {"idx": 3, "text": "fish & chips", "label": 1},
    ]


@pytest.mark.parametrize(
    ("made", "domains"),
    [
        (VADER_MOVIES, ["movie", "product", "editorial", "tweet"]),
        (VADER_TWEETS, ["tweet", "product", "editorial"]),
    ],
)
def test_domains_stand_in_order_with_the_trained_one_first(
    made: VaderTask, domains: list[str]
) -> None:
    task = synthetic_task(made)
    assert (task.name, task.domain, list(task.test)) == (made.name, domains[0], domains)
    assert {text.split()[0] for text in task.train["text"]} == {domains[0]}


def test_copies_are_one_row_if_they_agree() -> None:
    rated = [
        RatedText(1, "1", 1.0, "Nice one."),
        RatedText(2, "2", -1.0, "Bad one."),
        RatedText(3, "3", 2.0, "nice ONE."),
        RatedText(4, "4", 1.0, "bad one."),
        RatedText(5, "5", 1.0, "unclear"),
        RatedText(6, "6", 0.1, "Unclear"),
        RatedText(7, "7", 0.1, "neither"),
    ]
    assert [row.line for row in distinct_and_clear(rated)] == [1]


def test_a_sentence_among_the_movies_is_in_no_other_domain() -> None:
    movies = [(str(i), 2.0 * (-1) ** i, f"Sentence {i}") for i in range(40)]
    known = [("x", 1.0, "sentence 3"), ("y", -1.0, "SENTENCE  4"), ("z", 1.0, "new one")]
    task = synthetic_task(movie=rows(*movies), tweet=rows(*known))
    assert texts_of(task, "tweet") == ["new one"]


@each_task
def test_texts_are_split_by_a_hash_whatever_their_order(made: VaderTask) -> None:
    texts = [(str(i), 2.0 * (-1) ** i, f"Sentence {i}") for i in range(300)]
    shuffled = random.Random(0).sample(texts, len(texts))
    first, second = (synthetic_task(made, **{made.trained_on: rows(*t)}) for t in (texts, shuffled))
    train, test = set(first.train["text"]), set(texts_of(first, made.trained_on))
    assert train.isdisjoint(test) and len(train | test) == 300
    assert set(texts_of(second, made.trained_on)) == test
    # Binomial with p = 1/5: five standard deviations are 5 * sqrt(300 * 0.16) = 35.
    assert abs(len(test) - 60) < 35


def test_tweets_that_are_phrases_of_sst2_are_left_out() -> None:
    texts = [(str(i), 2.0 * (-1) ** i, f"Sentence {i}") for i in range(40)]
    tweets = rows(*texts, ("x", 2.0, "Wow"), ("y", 2.0, "wow, no"))
    task = synthetic_task(VADER_TWEETS, tweet=tweets)
    used = {*task.train["text"], *texts_of(task, "tweet")}
    assert "wow, no" in used and "Wow" not in used
    assert "Wow" in texts_of(synthetic_task(tweet=tweets), "tweet")


def test_copies_fall_on_one_side() -> None:
    assert all(is_for_test(f"A {i}") == is_for_test(f"a  {i}") for i in range(50))


def test_a_bad_row_is_named_with_its_file() -> None:
    with pytest.raises(DataError, match=r"tweets_GroundTruth\.txt, line 2 "):
        synthetic_task(tweet=b"1\t1.0\tfine\nragged\n")


def test_a_domain_without_a_clear_row() -> None:
    with pytest.raises(DataError, match="tweet of vader-movies is empty"):
        synthetic_task(tweet=rows(("1", 0.0, "nothing to say")))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def real(cache: Path) -> dict[str, Task]:
    """The tasks as a new user gets them: downloaded from the configured index."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("STEADYTUNE_CACHE", str(cache))
        try:
            return {name: load_task(name, companions=("all",)) for name in SIZES}
        except DataError as error:
            if "the package index cannot be reached" not in str(error):
                raise
            pytest.skip(f"the package index is needed: {error}")


SIZES = {
    "vader-movies": {
        **{"train": 8004, "movie": 2066},
        **{"product": 2975, "editorial": 2923, "tweet": 3372},
    },
    "vader-tweets": {"train": 2720, "tweet": 647, "product": 2976, "editorial": 2923},
    "vader-ratings": {"train": 3338, "tweet": 797, "product": 3697, "editorial": 5118},
}

MEAN_LABEL = {
    "vader-movies": {"movie": 0.499, "product": 0.586, "editorial": 0.401, "tweet": 0.687},
    "vader-tweets": {"tweet": 0.685, "product": 0.586, "editorial": 0.401},
    "vader-ratings": {"tweet": 0.468, "product": 0.381, "editorial": -0.14},
}

HASHES = {
    "vader-movies": "028032224b0c92f4bffb8099a0586869",
    "vader-tweets": "e6bfb6905e343d21bb05b1fa120e09d4",
    "vader-ratings": "26e59f7b288a4a1d007cf85799078750",
}


SHARED = {
    "vader-tweets": {"train": 0, "tweet": 0, "product": 21, "editorial": 2},
    "vader-ratings": {"train": 0, "tweet": 0, "product": 28, "editorial": 5},
}


@pytest.mark.parametrize("name", SIZES)
def test_the_real_release_has_the_documented_rows(real: dict[str, Task], name: str) -> None:
    assert {split: len(rows) for split, rows in real[name].splits.items()} == SIZES[name]
    means = {key: sum(rows["label"]) / len(rows) for key, rows in real[name].test.items()}
    assert means == pytest.approx(MEAN_LABEL[name], abs=5e-4)


@pytest.mark.parametrize("name", SIZES)
def test_no_real_sentence_stands_on_both_sides(real: dict[str, Task], name: str) -> None:
    task = real[name]
    train = {sentence_key(text) for text in task.train["text"]}
    assert len(train) == len(task.train)
    for rows_of_domain in task.test.values():
        keys = [sentence_key(text) for text in rows_of_domain["text"]]
        assert len(set(keys)) == len(keys) and train.isdisjoint(keys)


@pytest.mark.parametrize("name", SIZES)
def test_real_texts_are_clean(real: dict[str, Task], name: str) -> None:
    for split in real[name].splits.values():
        for text in split["text"]:
            assert text and text.isprintable() and "&amp" not in text


@pytest.mark.parametrize("name", ["vader-tweets", "vader-ratings"])
def test_as_many_variations_stand_on_both_sides_as_documented(
    real: dict[str, Task], name: str
) -> None:
    task = real[name]
    train = {letters_and_digits(text) for text in task.train["text"]}
    assert sum(letters_and_digits(text) in train for text in texts_of(task, "tweet")) == 21


@pytest.mark.parametrize("name", ["vader-tweets", "vader-ratings"])
def test_real_tweets_stand_in_none_of_the_tasks_studied(
    real: dict[str, Task], data_root: Path, name: str
) -> None:
    known = letters_of_files(data_root, STUDIED)
    shared = {
        split: sum(letters_and_digits(text) in known for text in rows["text"])
        for split, rows in real[name].splits.items()
    }
    assert shared == SHARED[name]


def test_the_real_rows_are_the_same_offline(
    real: dict[str, Task], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(cache))
    cut_pip_off(monkeypatch)
    again = {name: load_task(name, companions=("all",)).content_hash for name in real}
    assert again == {name: task.content_hash for name, task in real.items()} == HASHES
    assert os.listdir(cache) == ["vaderSentiment-3.3.2.tar.gz"]
