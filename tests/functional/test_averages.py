"""Parts of a training, by their properties."""

from __future__ import annotations

from itertools import pairwise

import pytest

from steadytune import functional


@pytest.mark.parametrize(("start", "stop", "parts"), [(0, 7, 7), (3, 20, 4), (50, 101, 6)])
def test_parts_are_equal_and_cover_all(start: int, stop: int, parts: int) -> None:
    edges = functional.equal_parts(start, stop, parts)
    assert (edges[0], edges[-1], len(edges)) == (start, stop, parts + 1)
    lengths = {after - before for before, after in pairwise(edges)}
    assert lengths <= {(stop - start) // parts, -(-(stop - start) // parts)}
