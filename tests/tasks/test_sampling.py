"""Seats by Webster's method, and draws that nest, are even and depend on the key alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.tasks._sampling import proportional_seats, stratified_sample

strata = st.lists(st.integers(0, 3), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("counts", "size", "seats"),
    [
        ({"a": 50, "b": 30, "c": 20}, 10, {"a": 5, "b": 3, "c": 2}),
        ({"a": 6, "b": 3, "c": 1}, 5, {"a": 3, "b": 1, "c": 1}),
        ({"a": 1000, "b": 1, "c": 1}, 4, {"a": 2, "b": 1, "c": 1}),
        ({"a": 98, "b": 2}, 1, {"a": 1}),
        ({"a": 5, "b": 5}, 0, {}),
    ],
)
def test_seats_by_hand(counts: dict[str, int], size: int, seats: dict[str, int]) -> None:
    assert proportional_seats(Counter(counts), size) == Counter(seats)


@given(strata, st.data())
def test_a_sample_has_the_seats_and_the_size(labels: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(labels)))
    rows = stratified_sample(range(len(labels)), labels, size, "key")
    assert len(rows) == len(set(rows)) == size and rows == sorted(rows)
    assert Counter(labels[row] for row in rows) == proportional_seats(Counter(labels), size)


@given(strata, st.data())
def test_every_stratum_has_its_share_within_one_row(labels: list[int], data: st.DataObject) -> None:
    counts = Counter(labels)
    size = data.draw(st.integers(min(len(counts), len(labels)), len(labels)))
    seats = proportional_seats(counts, size)
    assert all(1 <= seats[label] <= count for label, count in counts.items())
    if len(counts) == 2 and min(counts.values()) * size >= len(labels):
        assert all(abs(seats[k] - size * c / len(labels)) <= 0.5 for k, c in counts.items())


@given(strata, st.data())
def test_a_larger_sample_holds_the_smaller(labels: list[int], data: st.DataObject) -> None:
    classes = len(set(labels))
    small = data.draw(st.integers(classes, len(labels)))
    large = data.draw(st.integers(small, len(labels)))
    draw = [stratified_sample(range(len(labels)), labels, size, 7) for size in (small, large)]
    assert set(draw[0]) <= set(draw[1])


def test_a_row_is_drawn_by_its_identifier_not_its_position() -> None:
    names, labels = [f"row{i}" for i in range(40)], [i % 2 for i in range(40)]
    drawn = {names[row] for row in stratified_sample(names, labels, 10, 3)}
    backwards = stratified_sample(names[::-1], labels[::-1], 10, 3)
    assert {names[::-1][row] for row in backwards} == drawn


def test_draws_are_even_over_seeds() -> None:
    labels = [0] * 6 + [1] * 4
    seeds = 2000
    drawn = Counter(
        r for seed in range(seeds) for r in stratified_sample(range(10), labels, 5, seed)
    )
    # Binomial with p = 1/2: five standard deviations are 5 * sqrt(2000) / 2 = 112.
    assert all(abs(drawn[row] - seeds / 2) < 112 for row in range(10))


def test_the_draw_is_the_same_in_every_release() -> None:
    assert stratified_sample(range(12), [0, 1, 1] * 4, 6, 0, "train") == [1, 3, 4, 8, 9, 10]


def test_more_rows_than_there_are() -> None:
    with pytest.raises(ValueError, match="cannot draw 3 of 2 rows"):
        stratified_sample([0, 1], [0, 1], 3)
