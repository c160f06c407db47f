"""Stability against performance: within task and method, never between."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.diagnostics import stability_association
from steadytune.stats import correlation


def test_within_is_not_fooled_by_methods() -> None:
    """LNSR lowers sensitivity and scores higher; inside each method the two are unrelated."""
    generator = np.random.default_rng(0)
    sensitivity = np.concatenate([generator.normal(2, 0.1, 20), generator.normal(1, 0.1, 20)])
    score = np.concatenate([generator.normal(0.7, 0.01, 20), generator.normal(0.8, 0.01, 20)])
    methods = ["plain"] * 20 + ["lnsr"] * 20
    found = stability_association(sensitivity, score, ["rte"] * 40, methods)
    assert correlation(sensitivity, score).value < -0.9  # type: ignore[operator]
    for pooled in found.within:
        assert pooled.interval is not None and not pooled.interval.excludes(0)
        assert (pooled.count, pooled.groups) == (40, 2)
    assert [(g.task, g.method, len(g.score)) for g in found.groups] == [
        ("rte", "plain", 20),
        ("rte", "lnsr", 20),
    ]
    assert [c.kind for c in found.groups[0].correlations] == ["spearman", "pearson"]


def test_undefined_runs_are_left_out() -> None:
    found = stability_association(
        [1, 2, np.nan, 4, 5, 6], [6, 5, 4, 3, np.nan, 1], ["t"] * 6, ["m"] * 6
    )
    assert len(found.groups[0].score) == 4
    assert found.within[0].value == pytest.approx(-1)
    assert stability_association([], [], [], []).groups == ()


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="got 2 sensitivities, 1 scores"):
        stability_association([1, 2], [1], ["t"], ["m"])
