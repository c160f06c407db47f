"""Folds: every example held out once, copies together, the same for the same seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from steadytune._checks import LARGEST_SEED
from steadytune._exceptions import ConfigError, DataError
from steadytune.fitting.folds import Cell, cells_of, groups_of, make_folds, shared_texts_warning
from steadytune.fitting.options import SEEDS_PER_FIT, FitOptions
from steadytune.tasks import DataSource, Task
from steadytune.tasks.files.held_out import text_groups
from tests.toy_task import load_toy

TOY = DataSource(train="x.csv")

labels = st.lists(st.integers(0, 3), min_size=12, max_size=60)


@given(labels, st.integers(0, 5), st.data())
def test_each_example_is_held_out_once_and_groups_stay_whole(
    strata: list[int], seed: int, data: st.DataObject
) -> None:
    size = len(strata)
    groups = np.array(data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)))
    if len(set(groups.tolist())) < 2:
        return
    held = make_folds(strata, groups, seed)
    assert sorted(np.concatenate(held).tolist()) == list(range(size))
    assert all(len(places) for places in held)
    for places in held:
        rest = np.setdiff1d(np.arange(size), places)
        assert not set(groups[places].tolist()) & set(groups[rest].tolist())


@given(labels, st.integers(0, 5))
def test_equal_seeds_give_equal_folds(strata: list[int], seed: int) -> None:
    groups = np.arange(len(strata))
    one, other = (make_folds(strata, groups, seed) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_folds_keep_the_shares_of_classes_and_repetitions_differ() -> None:
    strata, groups = [0] * 80 + [1] * 20, np.arange(100)
    held = make_folds(strata, groups, 1)
    assert [int(np.sum(places >= 80)) for places in held] == [4] * 5
    again = make_folds(strata, groups, 1, repetition=2)
    assert not all(np.array_equal(a, b) for a, b in zip(held, again, strict=True))


def test_the_largest_seed_divides_too() -> None:
    largest = LARGEST_SEED // SEEDS_PER_FIT - 1
    held = make_folds(
        [0, 1] * 20, np.arange(40), FitOptions(source=TOY, out="x", seed=largest).seed
    )
    assert sum(map(len, held)) == 40
    with pytest.raises(ConfigError, match="is not possible; expected at most"):
        FitOptions(source=TOY, out="x", seed=largest + 1)


def test_many_examples_are_split_once() -> None:
    strata, groups = [0, 1] * 300, np.arange(600)
    (held,) = make_folds(strata, groups, 1)
    (again,) = make_folds(strata, groups, 1, repetition=2)
    assert len(held) == 120 and np.array_equal(held, again)


@pytest.mark.parametrize("classes", [1, 7, 10, 20])
def test_classes_with_fewer_examples_than_folds_are_spread_too(classes: int) -> None:
    strata = np.random.default_rng(0).permutation(np.arange(classes * 4) % classes)
    held = make_folds(strata.tolist(), np.arange(len(strata)), 1)
    assert sorted(np.concatenate(held).tolist()) == list(range(len(strata)))
    for places in held:
        assert np.bincount(strata[places]).max() == 1
    for other in ({"seed": 2}, {"seed": 1, "repetition": 2}):
        again = make_folds(strata.tolist(), np.arange(len(strata)), **other)
        assert not all(np.array_equal(a, b) for a, b in zip(held, again, strict=True))


def test_a_group_that_fills_a_fold_is_trained_on_where_there_is_one_fold() -> None:
    groups = np.concatenate([np.zeros(400, dtype=np.int64), np.arange(1, 201)])
    (held,) = make_folds([0, 1] * 300, groups, 1)
    assert not (held < 400).any() and 40 <= len(held) <= 60


def pairs(texts: list[str]) -> Task:
    """Pairs whose first texts are these."""
    rows = {"premise": texts, "hypothesis": [f"{text} {n}" for n, text in enumerate(texts)]}
    numbers = {"idx": range(len(texts)), "label": [0, 1] * (len(texts) // 2)}
    train = Dataset.from_dict(rows | numbers)
    shared = {"train": train, "test": {"movie": train}, "content_hash": ""}
    return dataclasses.replace(load_toy(), columns=("premise", "hypothesis"), **shared)


def test_pairs_that_hang_together_are_divided_and_it_is_said() -> None:
    task = pairs(["a"] * 12 + [f"b{n}" for n in range(28)])
    assert len(set(groups_of(task).tolist())) == 40
    assert "more than a fifth of the training pairs hang together" in shared_texts_warning(task)
    fewer = pairs(["a"] * 8 + [f"b{n}" for n in range(32)])
    assert len(set(groups_of(fewer).tolist())) == 33 and not shared_texts_warning(fewer)


def test_copies_are_one_group_whatever_their_case_blanks_and_form() -> None:
    texts = ["Café  noir", "cafe\u0301 NOIR", "tea", "ＴＥＡ", "milk"]
    groups = text_groups([texts])
    assert groups[0] == groups[1] and groups[2] == groups[3]
    assert len(set(groups.tolist())) == 3


def test_either_text_of_a_pair_connects() -> None:
    groups = text_groups([["a", "b", "d"], ["b", "c", "e"]])
    assert groups[0] == groups[1] != groups[2]


def test_one_text_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="share one text"):
        make_folds([0, 1, 0], np.zeros(3, dtype=np.int64), 1)


def test_cells_hold_out_the_whole_training_set() -> None:
    task = load_toy()
    cells = cells_of(task, 1, 2)
    assert sorted(cells) == [Cell(2, fold) for fold in range(1, 6)]
    assert sorted(place for held in cells.values() for place in held) == list(range(40))
