"""Averages over tasks: closed forms, which seeds and tasks count, and what is corrected."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.reporting.analysis.over_tasks import OverTasks
from steadytune.stats import holm, mean_interval
from tests.reporting.fabricated_tasks import averaged, several_tasks

WIGGLE = (0.0, 0.01, -0.012, 0.02, -0.005, 0.008)
GAIN = {"one": 0.02, "two": 0.06}


def gained(task: str, method: str, seed: int) -> float:
    """A gain that differs by task and seed; half the spread of plain."""
    noise = WIGGLE[seed % 6] * (1 if task == "one" else 2)
    return 0.8 + noise if method == "plain" else 0.8 + GAIN[task] + noise / 2


def found(**options: object) -> OverTasks:
    data = averaged(several_tasks(gained, **options))  # type: ignore[arg-type]
    assert data is not None
    return data


def test_scores_are_averaged_over_tasks_seed_by_seed_and_then_compared() -> None:
    (comparison,) = found().inside.comparisons
    # Gains of 2 and 6 points, less half the noise of either task.
    expected = [4 - 100 * w * (0.5 + 1) / 2 for w in WIGGLE]
    assert comparison.difference.differences == pytest.approx(expected)
    interval, alone = comparison.difference.interval, mean_interval(expected)
    assert interval is not None and alone is not None
    assert (interval.low, interval.high) == pytest.approx((alone.low, alone.high))
    assert comparison.difference.p_value == comparison.adjusted_p == pytest.approx(2 / 2**6)
    assert (comparison.tasks, comparison.higher, comparison.subsets) == (("one", "two"), 2, 0)


def test_the_ratio_is_the_geometric_mean_of_the_tasks_ratios() -> None:
    (comparison,) = found().inside.comparisons
    assert comparison.spread.ratios == pytest.approx((0.5, 0.5))
    assert comparison.spread.pooled.estimate == pytest.approx(0.5)


def test_correlations_count_times_100() -> None:
    (shares,) = found().inside.comparisons
    records = several_tasks(gained)
    for made in records:
        made["task"]["metric"] = "pearson"
        made["results"] = {d: {"pearson": v["accuracy"]} for d, v in made["results"].items()}
    data = averaged(records)
    assert data is not None
    (comparison,) = data.inside.comparisons
    assert comparison.difference.mean == pytest.approx(shares.difference.mean)


def test_only_the_seeds_that_all_tasks_share_count() -> None:
    records = several_tasks(gained)
    records = [r for r in records if r["spec"]["task"] == "one" or r["spec"]["seed"] > 1]
    data = averaged(records)
    assert data is not None
    (comparison,) = data.inside.comparisons
    assert comparison.difference.count == 4
    # Spread is a matter of each task, and so counts all of its pairs.
    assert comparison.spread.ratios == pytest.approx((0.5, 0.5))


def test_from_three_training_subsets_on_subsets_are_counted() -> None:
    data = found(seeds=2, subsets=3)
    (comparison,) = data.inside.comparisons
    assert (comparison.subsets, comparison.difference.count, data.subsets) == (3, 3, 3)
    expected = [4 - 75 * np.mean(WIGGLE[2 * k : 2 * k + 2]) for k in range(3)]
    assert comparison.difference.differences == pytest.approx(expected)


def test_the_constant_predictor_stands_in_for_runs_that_diverged() -> None:
    def score(task: str, method: str, seed: int) -> float | None:
        return None if (task, method, seed) == ("one", "lnsr", 0) else gained(task, method, seed)

    data = averaged(several_tasks(score))
    assert data is not None
    (comparison,) = data.inside.comparisons
    # In task one the majority-class baseline scores 50, plain 80; in task two the gain is 6.
    assert comparison.difference.differences[0] == pytest.approx((-30 + 6) / 2)
    assert data.degenerate == {"plain": (0, 12), "lnsr": (1, 12)}


def test_out_of_domain_is_the_mean_of_the_domains_that_were_not_seen() -> None:
    data = found()
    assert data.outside is not None
    (comparison,) = data.outside.comparisons
    assert comparison.difference.mean == pytest.approx(data.inside.comparisons[0].difference.mean)
    assert comparison.adjusted_p is None
    assert found(exposed=["tweet"]).outside is None


def test_tasks_without_an_unseen_domain_are_left_out_of_domain() -> None:
    records = several_tasks(lambda task, method, seed: gained("one", method, seed), ("a", "b", "c"))
    for made in records:
        if made["spec"]["task"] == "b":
            made["task"]["exposed"] = ["tweet"]
    data = averaged(records)
    assert data is not None and data.outside is not None
    assert [task.name for task in data.outside.tasks] == ["a", "c"]
    assert [task.domains for task in data.outside.tasks] == [("tweet",)] * 2


def test_holm_counts_the_methods_of_this_table() -> None:
    data = found(methods=("plain", "lnsr", "other"))
    p_values = [c.difference.p_value or 0.0 for c in data.inside.comparisons]
    assert [c.adjusted_p for c in data.inside.comparisons] == holm(p_values)
    assert holm(p_values) != p_values


def test_settings_of_one_task_are_counted_as_such() -> None:
    records = several_tasks(gained)
    assert averaged([r for r in records if r["spec"]["task"] == "one"]) is None
    for made in several_tasks(gained, ("one",)):
        made["spec"]["epochs"] = 9.0
        records.append(made)
    data = averaged(records)
    assert data is not None and data.unit == "section"
    assert len(data.inside.tasks) == 3


def test_what_cannot_be_averaged_is_named() -> None:
    records = several_tasks(gained)
    for task, change in (("three", {"metric": "loss"}), ("four", {"metric": "strange"})):
        made = several_tasks(lambda *_: 0.5, (task,), **change)
        for run in made:
            run["results"] = {"movie": {change["metric"]: 0.5 + run["spec"]["seed"] / 10}}
        records += made
    records += several_tasks(lambda *_: 0.6, ("five",), methods=("lnsr",))
    data = averaged(records)
    assert data is not None
    assert dict(data.excluded).keys() == {"three", "four", "five"}
    assert dict(data.excluded)["five"] == "the baseline was not run"
    assert len(data.inside.tasks) == 2


def test_a_method_of_one_task_has_no_row() -> None:
    records = several_tasks(gained)
    records += several_tasks(gained, ("one",), ("other",))
    data = averaged(records)
    assert data is not None
    assert [c.method for c in data.inside.comparisons] == ["lnsr"]
    assert data.methods == ("plain", "lnsr", "other")


def test_a_task_in_which_nothing_varies_has_no_ratio() -> None:
    def score(task: str, method: str, seed: int) -> float:
        return 0.7 if (task, method) == ("one", "lnsr") else gained(task, method, seed)

    data = averaged(several_tasks(score))
    assert data is not None
    (comparison,) = data.inside.comparisons
    assert comparison.without_ratio == ("one",)
    assert comparison.spread.pooled.estimate == pytest.approx(0.5)
