"""Seeds by hash, and a global stream that is put back."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadytune import Seeds
from steadytune._random import derive_seed, generator, isolated_rng

CPU = torch.device("cpu")
KEYS = st.lists(st.one_of(st.integers(), st.text()), max_size=4)


@given(KEYS, KEYS)
def test_different_keys_give_different_seeds(left: list[int | str], right: list[int | str]) -> None:
    assert (derive_seed(*left) == derive_seed(*right)) == (
        [(type(x), x) for x in left] == [(type(x), x) for x in right]
    )


def test_a_seed_is_the_same_in_every_process() -> None:
    code = "from steadytune._random import derive_seed; print(derive_seed('a', 1))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert int(printed.stdout) == derive_seed("a", 1)


def test_generators_are_stateless() -> None:
    first = torch.rand(3, generator=generator(CPU, "x", 1))
    assert torch.equal(first, torch.rand(3, generator=generator(CPU, "x", 1)))
    assert not torch.equal(first, torch.rand(3, generator=generator(CPU, "x", 2)))


def test_the_global_stream_comes_back_after_an_error() -> None:
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError), isolated_rng(CPU, 3):
        torch.rand(5)
        raise RuntimeError
    assert torch.equal(torch.get_rng_state(), before)


def test_the_four_seeds_of_a_run_are_distinct_and_fit_31_bits() -> None:
    seeds = Seeds.from_run(0)
    values = [seeds.head, seeds.order, seeds.dropout, seeds.method]
    assert len(set(values)) == 4
    assert all(0 <= value < 2**31 for value in values)
    assert seeds == Seeds.from_run(0) != Seeds.from_run(1)
