"""What drawings share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steadytune.reporting.figures.axes import shortened, thin, wrapped


def test_options_stand_on_lines_of_their_own() -> None:
    assert wrapped("lnsr:std=0.1,strength=0.3") == "lnsr\nstd=0.1\nstrength=0.3"


def test_the_middle_is_cut_out() -> None:
    assert shortened("noise=interpolate", 16) == "noise=i…erpolate"
    assert shortened("short", 16) == "short"


@given(st.text())
def test_labels_stay_small(method: str) -> None:
    lines = wrapped(method).split("\n")
    assert len(lines) <= 4 or "\n" in method
    assert all(len(line) <= 16 for line in lines)


def test_thin_keeps_order_and_ends() -> None:
    assert thin(range(3), 5) == (0, 1, 2)
    few = thin(range(1000), 7)
    assert len(few) == 7 and few[0] == 0 and few[-1] == 999 and list(few) == sorted(few)
