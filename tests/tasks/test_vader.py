"""Ratings become labels, copies become one row, and the real release gives the documented task."""

import os
import random
from pathlib import Path

import pytest

from steadytune._exceptions import DataError
from steadytune.tasks import Task, load_task
from steadytune.tasks.rated_text import RatedText
from steadytune.tasks.vader import (
    FILES,
    distinct_and_clear,
    is_for_test,
    label_of,
    sentence_key,
    task_from_release,
)
from tests.tasks.synthetic_release import cut_pip_off, rated_files, release_content, rows


def synthetic_task(**texts: bytes) -> Task:
    return task_from_release(release_content(rated_files(**texts)))


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


def test_domains_stand_in_order_with_the_trained_one_first() -> None:
    task = synthetic_task()
    assert list(task.test) == list(FILES) == ["movie", "product", "editorial", "tweet"]
    assert task.domain == "movie"


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


def test_movies_are_split_by_their_text_whatever_their_order() -> None:
    movies = [(str(i), 2.0 * (-1) ** i, f"Sentence {i}") for i in range(300)]
    shuffled = random.Random(0).sample(movies, len(movies))
    first, second = synthetic_task(movie=rows(*movies)), synthetic_task(movie=rows(*shuffled))
    train, test = set(first.train["text"]), set(first.test["movie"]["text"])
    assert train.isdisjoint(test) and len(train | test) == 300
    assert set(second.test["movie"]["text"]) == test
    # Binomial with p = 1/5: five standard deviations are 5 * sqrt(300 * 0.16) = 35.
    assert abs(len(test) - 60) < 35


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
def real(cache: Path) -> Task:
    """The task as a new user gets it: downloaded from the configured index."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("STEADYTUNE_CACHE", str(cache))
        try:
            return load_task("vader-movies", companions=("all",))
        except DataError as error:
            if "the package index cannot be reached" not in str(error):
                raise
            pytest.skip(f"the package index is needed: {error}")


def test_the_real_release_has_the_documented_rows(real: Task) -> None:
    sizes = {"train": len(real.train), **{name: len(rows) for name, rows in real.test.items()}}
    assert sizes == {
        **{"train": 8004, "movie": 2066},
        **{"product": 2975, "editorial": 2923, "tweet": 3372},
    }
    positive = {name: sum(rows["label"]) / len(rows) for name, rows in real.test.items()}
    documented = {"movie": 0.499, "product": 0.586, "editorial": 0.401, "tweet": 0.687}
    assert positive == pytest.approx(documented, abs=5e-4)


def test_no_real_sentence_stands_on_both_sides(real: Task) -> None:
    train = {sentence_key(text) for text in real.train["text"]}
    assert len(train) == len(real.train)
    for rows_of_domain in real.test.values():
        keys = [sentence_key(text) for text in rows_of_domain["text"]]
        assert len(set(keys)) == len(keys) and train.isdisjoint(keys)


def test_real_texts_are_clean(real: Task) -> None:
    for split in (real.train, *real.test.values()):
        for text in split["text"]:
            assert text and text.isprintable() and "&amp" not in text


def test_the_real_rows_are_the_same_offline(
    real: Task, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(cache))
    cut_pip_off(monkeypatch)
    again = load_task("vader-movies", companions=("all",))
    assert again.content_hash == real.content_hash == REAL_HASH
    assert os.listdir(cache) == ["vaderSentiment-3.3.2.tar.gz"]


REAL_HASH = "028032224b0c92f4bffb8099a0586869"
