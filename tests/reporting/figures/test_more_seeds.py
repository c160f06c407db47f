"""What more seeds bring, as numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steadytune.reporting.analysis.section_numbers import Ensembles
from steadytune.reporting.figures import more_seeds
from steadytune.stats import EnsembleScores
from tests.reporting.fabricated import record, section_of, study


def test_the_best_of_n_seeds_by_hand() -> None:
    records = [record(seed=s, movie=m) for s, m in enumerate((0.7, 0.8, 0.9))]
    found = more_seeds.best_of_seeds(section_of([*records, record("once")]))
    assert found is not None
    (line,) = found.lines
    # Of the three pairs two have 90 as their best, one has 80.
    assert line.values == pytest.approx((80.0, (2 * 90 + 80) / 3, 90.0))
    assert found.axes == ("number of seeds", "best accuracy (%)")
    assert line.runs == (1, 2, 3)


def test_failed_runs_count_in_the_best_of_n() -> None:
    found = more_seeds.best_of_seeds(section_of([record(), record(seed=1, status="diverged")]))
    assert found is not None
    assert found.lines[0].values == pytest.approx((65.0, 80.0))


def test_single_runs_have_no_best() -> None:
    assert more_seeds.best_of_seeds(section_of(study(1))) is None


def test_ensembles_by_their_size() -> None:
    def scores(size: int, mean: float, std: float | None) -> EnsembleScores:
        return EnsembleScores(size, 3, mean, std, mean, 0.0)

    sizes = scores(1, 0.7, 0.05), scores(2, 0.8, 0.03), scores(3, 0.9, None)
    made = Ensembles("plain", 3, 3, sizes), Ensembles("lnsr", 3, 3, sizes[:1])
    section = replace(section_of(study()), ensembles=made)
    means, spreads = more_seeds.ensemble_means(section), more_seeds.ensemble_spreads(section)
    assert means is not None and spreads is not None
    (mean,), (spread,) = means.lines, spreads.lines
    assert (mean.method, mean.runs) == ("plain", (1, 2, 3))
    assert mean.values == pytest.approx((70.0, 80.0, 90.0))
    assert spread.runs == (1, 2)
    assert spread.values == pytest.approx((5.0, 3.0))
    assert spreads.axes == ("runs in an ensemble", "std of accuracy (%)")


def test_without_ensembles_there_is_nothing_to_draw() -> None:
    assert more_seeds.ensemble_means(section_of(study())) is None
    assert more_seeds.ensemble_spreads(section_of(study())) is None
