"""The end of a study: its own runs are counted, and what else the folder holds is named."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from steadytune import NoResultError
from steadytune.records.ledger import Ledger
from steadytune.study.present import present
from tests.study.conftest import MakeStudy
from tests.study.outcomes import outcome_of, planned


def test_runs_of_another_study_in_the_folder_are_not_counted(
    make_study: MakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.reporting.write_page", lambda report, path: path)
    other, study = make_study(seeds=(1, 2)), make_study(seeds=(3,))
    for run in (*planned(other), *planned(study)):
        Ledger(tmp_path).add(outcome_of(run))
    console = Console(file=io.StringIO(), width=200)
    report = present(study, tmp_path, planned(study), console)
    assert [record.spec.seed for record in report.records] == [3, 3]
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "4 more records there belong to other studies" in text


def test_a_study_of_failures_is_an_error_whatever_else_the_folder_holds(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    other, study = make_study(seeds=(1,)), make_study(seeds=(3,))
    for run in planned(other):
        Ledger(tmp_path).add(outcome_of(run))
    for run in planned(study):
        Ledger(tmp_path).add(outcome_of(run, "failed"))
    with pytest.raises(NoResultError, match=r"every run failed.*: a reason"):
        present(study, tmp_path, planned(study), Console(file=io.StringIO()))


def test_a_method_without_a_result_is_named(
    make_study: MakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.reporting.write_page", lambda report, path: path)
    study = make_study(seeds=(1, 2))
    runs = planned(study)
    plain = runs[0].spec.method
    for run in runs:
        Ledger(tmp_path).add(outcome_of(run, "ok" if run.spec.method == plain else "diverged"))
    console = Console(file=io.StringIO(), width=200)
    report = present(study, tmp_path, runs, console)
    (lost,) = report.without_result
    assert lost[1] != plain
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert (
        f"Every run of {lost[1]} on {lost[0]} failed or diverged: the method has no result" in text
    )
