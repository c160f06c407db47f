"""Which output of a model is which label of the rows."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from steadytune import DataError
from steadytune.finetune.label_space import match_labels

NLI = ("entailment", "neutral", "contradiction")


def test_labels_are_found_by_name_whatever_their_order_and_case() -> None:
    space = match_labels(("Positive", "NEGATIVE"), ("negative", "positive"), "x")
    assert (space.groups, space.labels, space.note) == (((1,), (0,)), (0, 1), "")
    logits = np.array([[2.0, 1.0]], np.float32)
    assert np.allclose(space.logits(logits), [[1.0, 2.0]])


def test_logits_that_are_in_order_are_not_copied() -> None:
    logits = np.array([[2.0, 1.0]], np.float32)
    assert match_labels(("a", "b"), ("A", "B"), "x").logits(logits) is logits
    assert match_labels(("a", "b"), ("b", "a"), "x").logits(logits) is not logits


def test_classes_of_the_model_that_the_rows_lack_come_last() -> None:
    space = match_labels(("a", "b", "c"), ("c", "a"), "x")
    assert space.groups == ((2,), (0,), (1,))


def test_three_way_entailment_becomes_two_way() -> None:
    space = match_labels(NLI, ("entailment", "not_entailment"), "rte")
    probabilities = np.array([[0.2, 0.5, 0.3]])
    found = np.exp(space.logits(np.log(probabilities)))
    assert np.allclose(found, [[0.2, 0.8]])
    assert "not_entailment" in space.note


def test_rows_of_three_classes_are_brought_to_a_model_of_two() -> None:
    space = match_labels(("not-entailment", "entailment"), NLI, "mnli")
    assert space.labels == (1, 0, 0)
    assert space.groups == ((0,), (1,))


def test_labels_of_one_name_are_one_class() -> None:
    space = match_labels(("negative", "positive"), ("positive", "negative", "Negative"), "x")
    assert (space.groups, space.labels) == (((1,), (0,)), (0, 1, 1)) and space.merges
    right = space.logits(np.array([[0.0, 3.0], [3.0, 0.0], [3.0, 0.0]], np.float32))
    assert right.argmax(axis=1).tolist() == list(space.labels)
    three = match_labels(NLI, ("not_entailment", "entailment", "not_entailment"), "x")
    assert (three.groups, three.labels) == (((1, 2), (0,)), (0, 1, 0))


def test_labels_that_are_all_one_class_are_refused() -> None:
    with pytest.raises(DataError, match="all labels of rte are 'entailment'"):
        match_labels(("entailment", "not_entailment"), ("entailment", "entailment"), "rte")


def test_outputs_without_names_are_taken_by_number() -> None:
    space = match_labels(("LABEL_0", "LABEL_1"), ("no", "yes"), "x")
    assert space.labels == (0, 1) and "no names" in space.note


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (("happy", "sad"), ("negative", "positive")),
        (("LABEL_0", "LABEL_1"), ("a", "b", "c")),
        (("entailment", "not_entailment"), ("a", "b", "c")),
        (("negative", "positive"), ("negative", "neutral", "positive")),
    ],
)
def test_labels_that_do_not_map_are_refused_naming_both(
    model: tuple[str, ...], rows: tuple[str, ...]
) -> None:
    with pytest.raises(DataError) as caught:
        match_labels(model, rows, "reviews")
    assert ", ".join(model) in str(caught.value) and ", ".join(rows) in str(caught.value)


def test_the_positive_class_of_two_comes_second() -> None:
    space = match_labels(("pos", "neg"), ("pos", "neg"), "x")
    assert space.with_second(1) == space
    turned = space.with_second(0)
    assert (turned.groups, turned.labels) == (((1,), (0,)), (1, 0))
    three = match_labels(("a", "b", "c"), ("a", "b", "c"), "x")
    assert three.with_second(0) == three


def test_thousands_of_classes_take_little_memory() -> None:
    names = [f"c{number}" for number in range(2000)]
    space = match_labels(names, names[::-1], "x")
    logits = np.random.default_rng(0).normal(size=(1000, 2000)).astype(np.float32)
    space.logits(logits[:1])  # imports what it needs
    tracemalloc.start()
    try:
        found = space.logits(logits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.array_equal(found, logits[:, ::-1])
    assert peak < 1.5 * found.nbytes


@pytest.mark.parametrize("names", [["+", "++", "-", "--"], ["C", "c", "d"], ["a b", "a_b"]])
def test_the_models_own_names_are_its_classes_though_they_look_alike(names: list[str]) -> None:
    assert match_labels(names, names, "x").labels == tuple(range(len(names)))
    turned = match_labels(names, names[::-1], "x")
    assert turned.groups == tuple((n,) for n in reversed(range(len(names))))
