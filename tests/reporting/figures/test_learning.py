"""Training losses, as numbers."""

from __future__ import annotations

import pytest

from steadytune.reporting.figures import learning
from tests.reporting.fabricated import record, section_of


def log(last: float, points: int = 3) -> list[dict[str, float]]:
    return [{"step": s + 1, "loss": 1.0 - (1 - last) * s / (points - 1)} for s in range(points)]


def test_one_curve_a_run_by_method() -> None:
    records = [record(seed=s, history=log(0.1 * (s + 1))) for s in range(3)]
    records += [record("lnsr", history=log(0.5)), record("short", history=log(0.5)[:1])]
    plain, lnsr = learning.learning_curves(section_of(records))
    assert (plain.method, plain.total, plain.shown) == ("plain", 3, 3)
    assert [curve[-1][1] for curve in plain.finished] == pytest.approx([0.1, 0.2, 0.3])
    assert plain.limits == lnsr.limits
    assert plain.limits[0] < 0.1 < 1.0 < plain.limits[1]


def test_a_diverged_run_does_not_stretch_the_axis() -> None:
    records = [record(history=log(0.1)), record(seed=1, status="diverged", history=log(1e9))]
    (plain,) = learning.learning_curves(section_of(records))
    assert (len(plain.finished), len(plain.broken)) == (1, 1)
    assert plain.limits[1] < 2


def test_many_curves_are_thinned() -> None:
    records = [record(seed=s, history=log(s / 200, 100)) for s in range(200)]
    (plain,) = learning.learning_curves(section_of(records))
    assert (plain.shown, plain.total) == (learning.MOST_CURVES, 200)
    assert max(map(len, plain.finished)) == learning.MOST_POINTS
    assert plain.finished[0][-1][1] == 0.0
    assert plain.finished[-1][-1][1] == pytest.approx(199 / 200)
