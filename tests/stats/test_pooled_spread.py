"""The ratio of spreads over tasks: closed forms, invariances, coverage, and what is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from steadytune._exceptions import ConfigError
from steadytune.stats import bootstrap_spread, pooled_spread


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def tasks(ratio: float, count: int, scales: tuple[float, ...] = (1.0, 0.1, 3.0)) -> list:
    rng = generator(count)
    pairs = [rng.normal(size=(2, count)) * scale for scale in scales]
    return [(ratio * left, right) for left, right in pairs]


def test_the_estimate_is_the_geometric_mean_of_the_ratios() -> None:
    control = np.array([0.0, 1.0, 2.0, 5.0])
    made = [(2 * control, control), (0.125 * control, control)]
    found = pooled_spread(made, generator(), resamples=99)
    assert found.ratios == pytest.approx((2.0, 0.125))
    assert found.pooled.estimate == pytest.approx(0.5)
    assert found.tasks == 2


def test_one_task_gives_what_the_bootstrap_of_one_task_gives() -> None:
    (pair,) = tasks(0.5, 12, (1.0,))
    one = bootstrap_spread(*pair, generator(), resamples=1999).interval
    found = pooled_spread([pair], generator(), resamples=1999).pooled.interval
    assert one is not None and found is not None
    # The quantile lies between two replicates, of logarithms here: that alone may differ.
    assert (found.low, found.high) == pytest.approx((one.low, one.high), rel=0.01)


def test_the_scale_of_a_task_plays_no_part() -> None:
    made = tasks(0.5, 10)
    scaled = [(100 * left + 5, 100 * right - 3) for left, right in made]
    first, second = (pooled_spread(m, generator(), resamples=499).pooled for m in (made, scaled))
    assert first.estimate == pytest.approx(second.estimate)
    assert first.interval is not None and second.interval is not None
    assert first.interval.high == pytest.approx(second.interval.high)


def test_swapping_the_methods_inverts_the_interval() -> None:
    made = tasks(0.5, 10)
    back = [(right, left) for left, right in made]
    forth, other = (pooled_spread(m, generator(), resamples=1999).pooled for m in (made, back))
    assert forth.interval is not None and other.interval is not None
    assert forth.interval.low == pytest.approx(1 / other.interval.high)


def test_more_tasks_narrow_the_interval() -> None:
    def width(count: int) -> float:
        made = tasks(0.5, 10, (1.0,) * count)
        found = pooled_spread(made, generator(), resamples=999).pooled.interval
        assert found is not None
        return float(np.log(found.high / found.low))

    assert width(9) < 0.5 * width(1)


def test_a_task_without_variation_is_left_out() -> None:
    made = tasks(0.5, 8, (1.0, 2.0))
    still = (np.full(8, 0.7), made[0][1])
    short = ([1.0, 2.0], [3.0, 5.0])
    found = pooled_spread([made[0], still, made[1], short], generator(), resamples=499)
    alone = pooled_spread(made, generator(), resamples=499)
    assert found.pooled == alone.pooled
    assert [ratio is None for ratio in found.ratios] == [False, True, False, True]
    assert found.tasks == 2


def test_nothing_is_defined_without_any_variation() -> None:
    found = pooled_spread([([1.0] * 4, [2.0] * 4)], generator())
    assert (found.pooled.estimate, found.pooled.interval, found.tasks) == (None, None, 0)
    assert pooled_spread([], generator()).pooled.estimate is None


def test_the_tails_have_the_degrees_of_freedom_of_all_tasks() -> None:
    made = [tuple(generator(task).normal(size=(2, 3))) for task in range(4)]
    draws, logs = generator(), np.zeros(999)
    for left, right in made:
        rows = draws.integers(0, 3, (999, 3))
        spreads = [values[rows].std(axis=1) for values in (left, right)]
        same = (rows == rows[:, :1]).all(axis=1)
        logs += np.log(np.divide(*spreads, out=np.full(999, np.nan), where=~same)) / 4
    # A third of the resamples have no ratio in one task or another: more than 5 %, less than half.
    found = pooled_spread(made, generator(), resamples=999, confidence=0.5).pooled
    assert found.undefined == np.isnan(logs).sum() > 0.3 * 999
    reach = np.sqrt(12 / 8) * t.ppf(0.75, 8)
    low, high = np.exp(np.nanquantile(logs, norm.cdf([-reach, reach])))
    assert found.interval is not None and found.interval.confidence == 0.5
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_too_many_undefined_resamples_leave_no_interval() -> None:
    rare = np.array([0.9, 0.9, 0.9, 0.9, 0.3])
    found = pooled_spread([(rare, generator().normal(size=5))], generator(), resamples=999)
    assert found.pooled.undefined > 0.2 * 999
    assert found.pooled.estimate is not None and found.pooled.interval is None


def test_scores_on_one_line_have_no_interval() -> None:
    control = generator().normal(size=10)
    assert pooled_spread([(0.5 * control, control)], generator()).pooled.interval is None


def test_covers_where_runs_fail() -> None:
    rng, hits, samples = generator(), 0, 200

    def scores() -> np.ndarray:
        return np.asarray(rng.normal(0, 0.1, (2, 8)) - (rng.random((2, 8)) < 0.2))

    for _ in range(samples):
        made = [(0.5 * left, right) for left, right in (scores() for _ in range(3))]
        interval = pooled_spread(made, rng, resamples=999).pooled.interval
        hits += interval is not None and not interval.excludes(0.5)
    assert 0.9 <= hits / samples <= 0.97


def test_bad_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="match the seeds"):
        pooled_spread([([0.1, 0.2], [0.1])], generator())
    with pytest.raises(ConfigError, match="resamples is 0"):
        pooled_spread([], generator(), resamples=0)
