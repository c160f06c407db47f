"""What drawings share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steadytune.reporting.figures.axes import shortened, thin


def test_the_middle_is_cut_out() -> None:
    assert shortened("noise=interpolate", 16) == "noise=i…erpolate"
    assert shortened("short", 16) == "short"


@given(st.text())
def test_labels_stay_small(method: str) -> None:
    assert len(shortened(method, 16)) == min(len(method), 16)


def test_thin_keeps_order_and_ends() -> None:
    assert thin(range(3), 5) == (0, 1, 2)
    few = thin(range(1000), 7)
    assert len(few) == 7 and few[0] == 0 and few[-1] == 999 and list(few) == sorted(few)
