"""The picture over tasks: the numbers of the table, one row a method."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune.reporting import build_report
from steadytune.reporting.exports.figure_files import write_figures
from steadytune.reporting.exports.page import render_html
from steadytune.reporting.figures.section_figures import overview_figure
from tests.reporting.fabricated import study
from tests.reporting.fabricated_tasks import several_tasks


def score(task: str, method: str, key: int) -> float:
    wiggle = (0.3, -0.2, 0.1, 0.4, -0.3, 0.2)[key % 6]
    gain = 0.02 + wiggle / 50 if method == "lnsr" else 0.0
    return 0.7 + wiggle / 10 + gain + 0.1 * (task == "one")


def test_two_drawings_with_a_row_for_each_method_compared(tmp_path: Path) -> None:
    report = build_report(several_tasks(score), title="t")
    view = overview_figure(report)
    assert view is not None
    assert [panel.heading for panel in view.panels] == ["Higher scores?", "Steadier?"]
    assert report.overview is not None and report.overview.over_tasks is not None
    compared = report.overview.over_tasks.data.inside.comparisons
    for panel in view.panels:
        assert all(c.method in panel.drawing.label for c in compared)
    mean = compared[0].difference.mean
    assert mean is not None
    assert f"{compared[0].method} {mean:+.2f}" in view.panels[0].drawing.label
    files = write_figures(report, tmp_path, ("svg",))
    assert {"0-over-0-higher-scores.svg", "0-over-1-steadier.svg"} <= {f.name for f in files}
    assert "Steadier?" in render_html(report)


def test_none_where_there_is_one_section() -> None:
    assert overview_figure(build_report(study(3), title="t")) is None


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_have_no_ratio(seeds: int) -> None:
    report = build_report(several_tasks(score, seeds=seeds), title="t")
    view = overview_figure(report)
    if view:
        assert [panel.heading for panel in view.panels] == ["Higher scores?"]
