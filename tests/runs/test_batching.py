"""Batches of like length in a random order that the seed and the epoch alone decide."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from steadytune.runs.batching import LengthGroupedSampler

LENGTHS = [5 + 7 * i % 61 for i in range(203)]


def batches(order: Sequence[int], size: int) -> list[list[int]]:
    return [list(order[i : i + size]) for i in range(0, len(order), size)]


@given(st.lists(st.integers(1, 99), max_size=120), st.integers(1, 9), st.integers(0, 3))
def test_every_row_comes_once(lengths: list[int], size: int, epoch: int) -> None:
    sampler = LengthGroupedSampler(lengths, size, seed=1)
    sampler.set_epoch(epoch)
    assert sorted(sampler) == list(range(len(lengths)))
    assert len(sampler) == len(lengths)


def test_rows_of_a_batch_are_of_like_length() -> None:
    order = list(LengthGroupedSampler(LENGTHS, 16, seed=1))
    spans = [
        max(LENGTHS[i] for i in batch) - min(LENGTHS[i] for i in batch)
        for batch in batches(order, 16)
    ]
    assert sum(spans) / len(spans) < 0.5 * (max(LENGTHS) - min(LENGTHS))


def test_long_batches_do_not_come_first() -> None:
    firsts = []
    for seed in range(40):
        order = list(LengthGroupedSampler(LENGTHS, 16, seed))
        longest = [max(LENGTHS[i] for i in batch) for batch in batches(order, 16)]
        firsts.append(longest[0] == max(longest))
    assert 1 <= sum(firsts) <= 30


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    one, same, other = (LengthGroupedSampler(LENGTHS, 8, seed) for seed in (1, 1, 2))
    first = list(one)
    assert first == list(same) != list(other)
    assert first == list(one)
    one.set_epoch(1)
    second = list(one)
    assert second != first
    same.set_epoch(1)
    assert list(same) == second


def test_the_batch_that_is_not_full_comes_last() -> None:
    order = list(LengthGroupedSampler(list(range(25)), 4, seed=3))
    spans = [max(batch) - min(batch) for batch in batches(order, 4)]
    assert [len(batch) for batch in batches(order, 4)] == [4] * 6 + [1]
    assert spans[-1] == 0
