"""What the figures of curves show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steadytune.reporting.analysis.setting import Ensembles
from steadytune.reporting.figures import curve_data
from steadytune.stats import EnsembleScores
from tests.reporting.fabricated import record, setting_of, study


def log(last: float, points: int = 3) -> list[dict[str, float]]:
    return [{"step": s + 1, "loss": 1.0 - (1 - last) * s / (points - 1)} for s in range(points)]


def test_one_curve_a_run_by_method() -> None:
    records = [record(seed=s, history=log(0.1 * (s + 1))) for s in range(3)]
    records += [record("lnsr", history=log(0.5)), record("short", history=log(0.5)[:1])]
    plain, lnsr = curve_data.learning_curves(setting_of(records))
    assert (plain.method, plain.total, plain.shown) == ("plain", 3, 3)
    assert [curve[-1][1] for curve in plain.finished] == pytest.approx([0.1, 0.2, 0.3])
    assert plain.limits == lnsr.limits
    assert plain.limits[0] < 0.1 < 1.0 < plain.limits[1]


def test_a_diverged_run_does_not_stretch_the_axis() -> None:
    records = [record(history=log(0.1)), record(seed=1, status="diverged", history=log(1e9))]
    (plain,) = curve_data.learning_curves(setting_of(records))
    assert (len(plain.finished), len(plain.broken)) == (1, 1)
    assert plain.limits[1] < 2


def test_many_curves_are_thinned() -> None:
    records = [record(seed=s, history=log(s / 200, 100)) for s in range(200)]
    (plain,) = curve_data.learning_curves(setting_of(records))
    assert (plain.shown, plain.total) == (curve_data.MOST_CURVES, 200)
    assert max(map(len, plain.finished)) == curve_data.MOST_POINTS
    assert plain.finished[0][-1][1] == 0.0
    assert plain.finished[-1][-1][1] == pytest.approx(199 / 200)


def test_the_best_of_n_seeds_by_hand() -> None:
    records = [record(seed=s, movie=m) for s, m in enumerate((0.7, 0.8, 0.9))]
    found = curve_data.best_of_seeds(setting_of([*records, record("once")]))
    assert found is not None
    (line,) = found.lines
    # Of the three pairs two have 90 as their best, one has 80.
    assert line.values == pytest.approx((80.0, (2 * 90 + 80) / 3, 90.0))
    assert found.axes == ("number of seeds", "best accuracy (%)")
    assert line.runs == (1, 2, 3)


def test_failed_runs_count_in_the_best_of_n() -> None:
    found = curve_data.best_of_seeds(setting_of([record(), record(seed=1, status="diverged")]))
    assert found is not None
    assert found.lines[0].values == pytest.approx((65.0, 80.0))


def test_single_runs_have_no_best() -> None:
    assert curve_data.best_of_seeds(setting_of(study(1))) is None


def test_ensembles_by_their_size() -> None:
    def scores(size: int, mean: float, std: float | None) -> EnsembleScores:
        return EnsembleScores(size, 3, mean, std, mean, 0.0)

    sizes = scores(1, 0.7, 0.05), scores(2, 0.8, 0.03), scores(3, 0.9, None)
    made = Ensembles("plain", 3, 3, sizes), Ensembles("lnsr", 3, 3, sizes[:1])
    setting = replace(setting_of(study()), ensembles=made)
    means, spreads = curve_data.ensemble_means(setting), curve_data.ensemble_spreads(setting)
    assert means is not None and spreads is not None
    (mean,), (spread,) = means.lines, spreads.lines
    assert (mean.method, mean.runs) == ("plain", (1, 2, 3))
    assert mean.values == pytest.approx((70.0, 80.0, 90.0))
    assert spread.runs == (1, 2)
    assert spread.values == pytest.approx((5.0, 3.0))
    assert spreads.axes == ("runs in an ensemble", "std of accuracy (%)")


def test_without_ensembles_there_is_nothing_to_draw() -> None:
    assert curve_data.ensemble_means(setting_of(study())) is None
    assert curve_data.ensemble_spreads(setting_of(study())) is None
