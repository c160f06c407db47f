"""A task checks its rows, hashes them, draws samples of them and knows the constant's score."""

import dataclasses
import hashlib
from typing import Any

import pytest
from datasets import Dataset

from steadytune._exceptions import ConfigError, DataError
from steadytune.tasks._task import DEV, TRAIN, Task, constant_score
from tests.toy_task import load_toy


def split(labels: list[Any], prefix: str = "text", first: int = 0) -> Dataset:
    numbers = range(first, first + len(labels))
    texts = [f"{prefix} {number}" for number in numbers]
    return Dataset.from_dict({"idx": list(numbers), "text": texts, "label": labels})


def task(**changes: Any) -> Task:
    settings: dict[str, Any] = {
        "name": "toy",
        "columns": ("text",),
        "label_names": ("no", "yes"),
        "metric": "accuracy",
        "domain": "home",
        "train": split([0, 1] * 30),
        "test": {"home": split([0, 1, 1] * 10), "away": split([0] * 16 + [1] * 4)},
        "source": "made for this test",
    }
    return Task(**{**settings, **changes})


def test_equal_rows_give_an_equal_hash() -> None:
    assert task().content_hash == task().content_hash == HASH


def test_the_hash_is_over_names_identifiers_texts_and_labels() -> None:
    lines = (
        b'[["text"], ["no", "yes"]]\n["train", 0, "text 0", 0]\n["train", 1, "text 1", 1]\n'
        b'["home", 7, "caf\\u00e9 7", 1]\n'
    )
    small = task(train=split([0, 1]), test={"home": split([1], prefix="café", first=7)})
    assert small.content_hash == hashlib.blake2b(lines, digest_size=16).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"train": split([1, 0] * 30)},
        {"train": split([0, 1] * 30, prefix="other")},
        {"train": split([0, 1] * 30, first=1)},
        {"train": split([0, 1] * 30).select(range(58))},
        {"test": {"home": split([0, 1, 1] * 10)}},
        {"test": {"home": split([0, 1, 1] * 10), "far": split([0] * 16 + [1] * 4)}},
        {"label_names": ("yes", "no")},
    ],
)
def test_any_change_of_the_rows_changes_the_hash(changes: dict[str, Any]) -> None:
    assert task(**changes).content_hash != HASH


@pytest.mark.parametrize("changes", [{"name": "t"}, {"source": "s"}, {"metric": "f1"}])
def test_what_is_not_data_leaves_the_hash(changes: dict[str, Any]) -> None:
    assert task(**changes).content_hash == HASH


def test_the_format_of_the_rows_leaves_the_hash() -> None:
    assert task(train=split([0, 1] * 30).with_format("numpy")).content_hash == HASH


def test_a_sample_keeps_the_shares_and_has_a_hash_of_its_own() -> None:
    whole = task()
    drawn = whole.sample(train_size=10, subset_seed=3, eval_size=10)
    assert sorted(drawn.train["label"]) == [0] * 5 + [1] * 5
    assert sum(drawn.test["away"]["label"]) == 2
    assert {name: len(rows) for name, rows in drawn.test.items()} == {"home": 10, "away": 10}
    assert drawn.content_hash != whole.content_hash
    assert drawn.content_hash == whole.sample(10, 3, 10).content_hash
    assert whole.content_hash == HASH


def test_the_subset_seed_changes_the_training_rows_alone() -> None:
    first, second = (task().sample(10, seed, 10) for seed in (0, 1))
    assert first.train["idx"][:] != second.train["idx"][:]
    assert all(first.test[name]["idx"][:] == second.test[name]["idx"][:] for name in first.test)


def test_training_and_evaluation_rows_are_drawn_apart() -> None:
    rows = split([0, 1] * 30)
    drawn = task(train=rows, test={"home": rows}).sample(10, 0, 10)
    assert drawn.train["idx"][:] != drawn.test["home"]["idx"][:]


def test_evaluation_takes_all_rows_where_there_are_fewer() -> None:
    assert task().sample(eval_size=25).test["away"].num_rows == 20


def test_no_sizes_change_nothing() -> None:
    whole = task()
    assert whole.sample() is whole


@pytest.mark.parametrize("sizes", [(61, 0, None), (1, 0, None), (0, 0, None), (None, 0, 0)])
def test_sizes_that_do_not_fit(sizes: tuple[int | None, int, int | None]) -> None:
    with pytest.raises(ConfigError, match=r"size \d+ .*expected"):
        task().sample(*sizes)


def test_the_constant_predictor() -> None:
    scores = {domain: constant_score(task(), domain) for domain in ("train", "home", "away")}
    assert scores == pytest.approx({"train": 0.5, "home": 2 / 3, "away": 0.8})
    assert constant_score(task(metric="f1"), "home") == pytest.approx(2 * (2 / 3) / (1 + 2 / 3))
    assert constant_score(task(metric="matthews"), "home") == 0.0


def test_an_unknown_domain_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no domain 'hme': did you mean home.*train, home, away"):
        constant_score(task(), "hme")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"train": split([])}, "train of toy is empty"),
        ({"train": split([1, 1])}, "of one class"),
        ({"train": split([0, 2])}, "label 2: expected 0 to 1"),
        ({"train": split([0, None])}, "label None"),
        ({"train": split([0, 1]).remove_columns("label")}, "lacks label"),
        ({"columns": ("text", "pair")}, "lacks pair"),
        ({"test": {"home": split([])}}, "home of toy is empty"),
        ({"test": {"home": split([1]).map(lambda row: {"idx": 0}).select([0, 0])}}, "repeats"),
    ],
)
def test_rows_that_cannot_be(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint) as caught:
        task(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"metric": "acuracy"},
        {"test": {}},
        {"domain": "away"},
        {"test": {"home": split([0]), "train": split([0])}},
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        task(**changes)


HASH = "7938ce851a698b732764fc522f712e70"


def test_rows_to_choose_by_are_not_trained_on() -> None:
    task = load_toy().sample(train_size=10, subset_seed=3, dev_size=8)
    assert task.dev is not None
    train, dev = set(task.train["idx"]), set(task.dev["idx"])
    assert (len(train), len(dev)) == (10, 8)
    assert not train & dev
    assert list(task.splits)[:2] == [TRAIN, DEV]


def test_without_a_train_size_the_rest_is_trained_on() -> None:
    whole = load_toy()
    task = whole.sample(dev_size=8)
    assert task.dev is not None
    assert sorted([*task.train["idx"], *task.dev["idx"]]) == sorted(whole.train["idx"])


def test_given_rows_to_choose_by_are_drawn_from() -> None:
    whole = load_toy()
    given = dataclasses.replace(whole, dev=whole.test["product"], content_hash="")
    task = given.sample(train_size=10, dev_size=5)
    assert task.dev is not None
    assert set(task.dev["idx"]) <= set(whole.test["product"]["idx"])
    assert len(task.dev) == 5
    all_of_them = given.sample(dev_size=10**6).dev
    assert all_of_them is not None and len(all_of_them) == len(whole.test["product"])
    assert given.sample(train_size=10).dev is None


def test_rows_to_choose_by_that_are_not_there_are_refused() -> None:
    whole = load_toy()
    with pytest.raises(ConfigError, match="dev size 1000 does not fit toy"):
        whole.sample(dev_size=1000)
    with pytest.raises(ConfigError, match="dev size 0 leaves no row"):
        whole.sample(dev_size=0)


def test_domains_can_be_left_out() -> None:
    whole = load_toy()
    alone = whole.keep_domains([])
    assert list(alone.test) == [whole.domain]
    assert alone.content_hash != whole.content_hash
    with pytest.raises(ConfigError, match="has no domain 'tweet'"):
        whole.keep_domains(["tweet"])


def test_no_choice_sees_a_text_that_is_scored_or_trained_on() -> None:
    train = Dataset.from_dict(
        {
            "idx": list(range(12)),
            "text": [f"Text {number % 10}" for number in range(12)],
            "label": [0, 1] * 6,
        }
    )
    scored = split([0, 1], prefix="text", first=2)  # texts 2 and 3, written differently
    whole = task(train=train, test={"home": scored})
    for train_size in (None, 4):
        drawn = whole.sample(train_size=train_size, dev_size=6)
        assert drawn.dev is not None
        chosen_by = {text.lower() for text in drawn.dev["text"]}
        others = {text.lower() for text in [*drawn.train["text"], *scored["text"]]}
        assert chosen_by and not chosen_by & others
    with pytest.raises(ConfigError, match="no validation rows"):
        task(train=train, test={"home": train}).sample(train_size=4, dev_size=2)


def test_questions_to_choose_by_stand_on_contexts_of_their_own() -> None:
    def questions(count: int, first: int) -> Dataset:
        contexts = [f"the {first + number // 4} house is red" for number in range(count)]
        return Dataset.from_dict(
            {
                "idx": list(range(count)),
                "id": [str(number) for number in range(count)],
                "question": [f"what {number}?" for number in range(count)],
                "context": contexts,
                "answers": [{"text": ["red"], "answer_start": [len(c) - 3]} for c in contexts],
            }
        )

    whole = Task(
        name="toy qa",
        kind="qa",
        columns=("question", "context"),
        metric="f1",
        domain="home",
        train=questions(80, 100),
        test={"home": questions(8, 500)},
        source="made for this test",
    )
    for train_size, left in ((None, 80 - 12), (20, 20)):
        drawn = whole.sample(train_size=train_size, dev_size=10)
        assert drawn.dev is not None
        assert len(drawn.dev) == 10
        assert not set(drawn.dev["context"]) & set(drawn.train["context"])
        assert len(drawn.train) == left
