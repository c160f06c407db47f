"""Methods by tasks: means and standard deviations over runs."""

from __future__ import annotations

from statistics import fmean, stdev

from steadytune.reporting.tables.score_matrix import MOST_TASKS, score_matrix
from tests.reporting.analysis.test_over_tasks import gained
from tests.reporting.fabricated import cells
from tests.reporting.fabricated_tasks import averaged, several_tasks


def shown(values: list[float]) -> str:
    return f"{100 * fmean(values):.1f} ({100 * stdev(values):.1f})"


def test_cells_are_means_and_standard_deviations_in_points() -> None:
    data = averaged(several_tasks(gained, exposed=[]))
    assert data is not None
    table = score_matrix(data)
    found = cells(table)
    ours = {t: [gained(t, "lnsr", s) for s in range(6)] for t in ("one", "two")}
    average = fmean(fmean(values) for values in ours.values())
    expected = (shown(ours["one"]), shown(ours["two"]), f"{100 * average:.1f}")
    assert found["In domain", "lnsr"] == expected
    below = [value - 0.1 for value in ours["one"]]
    assert found["Out of domain, unseen", "lnsr"][0] == shown(below)
    assert table is not None and table.headings == ("one", "two", "Average")


def test_a_method_that_lacks_a_task_has_no_average() -> None:
    records = several_tasks(gained)
    records += several_tasks(lambda *_: 0.7, ("three",), ("plain", "other"))
    records += several_tasks(lambda *_: 0.7, ("one",), ("other",), seeds=1)
    data = averaged(records)
    assert data is not None
    table = score_matrix(data)
    assert table is not None and table.headings == ("one", "three", "two", "Average")
    assert cells(table)["In domain", "other"] == ("70.0", "70.0 (0.0)", "n/a", "n/a")


def test_too_many_tasks_have_no_matrix() -> None:
    names = tuple(f"task{i}" for i in range(MOST_TASKS + 1))
    data = averaged(several_tasks(lambda *_: 0.7, names, seeds=2))
    assert data is not None and score_matrix(data) is None
