"""As many of many points as a drawing can show."""

from __future__ import annotations

from steadytune.reporting.analysis.thinning import thin


def test_thin_keeps_order_and_ends() -> None:
    assert thin(range(3), 5) == (0, 1, 2)
    few = thin(range(1000), 7)
    assert len(few) == 7 and few[0] == 0 and few[-1] == 999 and list(few) == sorted(few)
