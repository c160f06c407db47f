"""Predictions beside the records: compared where they can be, named where they cannot."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune.records.prediction_file import write_predictions
from steadytune.reporting import build_report
from steadytune.reporting.analysis.across_seeds import with_predictions
from steadytune.reporting.analysis.section_numbers import Disagreement, SectionNumbers
from steadytune.reporting.reading.predictions import PredictionFiles
from steadytune.reporting.reading.records import parse_folder, read_folder
from steadytune.stats import LabelDisagreement, ValueDisagreement
from tests.reporting.fabricated import cells, record, section_of, write

P = 1 / (1 + np.e)
LOGITS = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [0.0, 2.0]])


def folder_of(tmp_path: Path, predictions: list[dict[str, Any]]) -> Path:
    """One run of plain for each prediction; predictions of the domain movie."""
    folder = write(tmp_path, [record(seed=seed) for seed in range(len(predictions))])
    (folder / "predictions").mkdir()
    for index, columns in enumerate(predictions):
        with (folder / "predictions" / f"{index:05d}.npz").open("wb") as file:
            write_predictions(file, {"movie": {"idx": np.arange(4), **columns}})
    return folder


def section_in(folder: Path) -> SectionNumbers:
    return section_of(list(read_folder(folder).records))


def disagreements_in(section: SectionNumbers) -> tuple[tuple[Disagreement, ...], list[str]]:
    files = PredictionFiles()
    found = with_predictions(section, files, np.random.default_rng(0)).disagreements
    return found, [line for line in files.problems if not line.startswith("no ensembles of ")]


def test_classifiers_that_differ_in_one_of_four_rows(tmp_path: Path) -> None:
    other = LOGITS.copy()
    other[0] = [0.0, 2.0]
    folder = folder_of(tmp_path, [{"logits": LOGITS}, {"logits": other}, {"logits": LOGITS}])
    (result,), problems = disagreements_in(section_in(folder))
    assert isinstance(result.found, LabelDisagreement)
    assert (result.method, result.domain.name, result.found.runs) == ("plain", "movie", 3)
    assert result.found.churn == pytest.approx(2 / 3 * 0.25)
    assert result.found.ambiguity == 0.25
    assert problems == []


def test_of_much_the_same_rows_of_all_columns_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.reporting.analysis.disagreement.MOST_NUMBERS", 8)
    thresholds = np.array([-9.0, 0.5, -9.0, 0.5])  # the second and fourth row are left out
    other = LOGITS.copy()
    other[[1, 3]] = 5.0
    runs = [{"logits": each, "decision_threshold": thresholds} for each in (LOGITS, other)]
    (result,), _ = disagreements_in(section_in(folder_of(tmp_path, runs)))
    assert result.found.examples == 2 and result.found.churn == 0


def test_the_table_in_the_report(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [{"logits": LOGITS}, {"logits": -LOGITS}])
    report = build_report(parse_folder(folder)[0], title="t")
    found = cells(report.sections[0].tables.disagreement)
    row = found["movie, in domain", "plain"]
    assert row[:5] == ("2", "4", "100.0 %", "100.0 %", "100.0 %")


def test_sets_of_labels(tmp_path: Path) -> None:
    other = LOGITS.copy()
    other[0] = [2.0, 1.0]
    runs = [{"logits": each - 1, "decision_threshold": np.full(4, 0.5)} for each in (LOGITS, other)]
    (result,), _ = disagreements_in(section_in(folder_of(tmp_path, runs)))
    assert isinstance(result.found, LabelDisagreement)
    # The second label of the first row: its probability is 0.27 in one run and 0.5 in the other.
    assert result.found.churn == 0.25
    one, middle = (float(-p * np.log2(p) - (1 - p) * np.log2(1 - p)) for p in (P, (P + 0.5) / 2))
    assert result.found.jensen_shannon == pytest.approx((middle - (one + 1) / 2) / 8)


def test_answers_and_numbers(tmp_path: Path) -> None:
    texts = folder_of(tmp_path / "a", [{"text": list("abcd")}, {"text": list("abcx")}])
    (answers,), _ = disagreements_in(section_in(texts))
    assert isinstance(answers.found, LabelDisagreement)
    assert (answers.found.churn, answers.found.jensen_shannon) == (0.25, None)
    values = folder_of(tmp_path / "b", [{"value": np.zeros(4)}, {"value": np.ones(4)}])
    (numbers,), _ = disagreements_in(section_in(values))
    assert isinstance(numbers.found, ValueDisagreement)
    assert numbers.found.mean_difference == 1.0
    report = build_report(parse_folder(values)[0], title="t")
    assert cells(report.sections[0].tables.disagreement)["movie, in domain", "plain"][2] == "1.000"


def test_grades_differ_or_do_not(tmp_path: Path) -> None:
    grades = ([1, 2, 3, 3], [1, 2, 3, 1])
    runs = [{"grade": np.array(g), "value": np.array(g) + shift} for shift, g in enumerate(grades)]
    (result,), _ = disagreements_in(section_in(folder_of(tmp_path, runs)))
    assert isinstance(result.found, LabelDisagreement) and result.found.churn == 0.25


def test_missing_predictions_are_no_problem(tmp_path: Path) -> None:
    folder = write(tmp_path, [record(seed=s) for s in range(3)])
    assert disagreements_in(section_in(folder)) == ((), [])
    assert disagreements_in(section_of([record(seed=s) for s in range(3)])) == ((), [])


def test_broken_files_are_named_and_the_others_compared(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [{"logits": LOGITS}] * 5)
    beside = folder / "predictions"
    (beside / "00000.npz").write_bytes(b"garbage")
    (beside / "00001.npz").write_bytes((beside / "00002.npz").read_bytes()[:-40])
    np.savez(beside / "00003.npz", **{"movie/logits": np.array([object()])})
    with zipfile.ZipFile(beside / "00004.npz", "w") as archive:
        archive.writestr("movie/logits.npy", b"\x93NUMPY")
    results, problems = disagreements_in(section_in(folder))
    assert results == ()
    assert len(problems) == 4
    assert all("were left out" in line and "\n" not in line for line in problems)


def test_what_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadytune.reporting.reading.predictions.LARGEST_FILE", 10)
    folder = folder_of(tmp_path, [{"logits": LOGITS}, {"logits": LOGITS}])
    results, problems = disagreements_in(section_in(folder))
    assert results == ()
    assert "larger than" in problems[0]


@pytest.mark.parametrize(
    "columns",
    [
        {"logits": np.full((4, 2), np.nan)},
        {"logits": np.zeros(4)},
        {"logits": np.zeros((3, 2))},
        {"idx": np.arange(1, 5), "logits": LOGITS},
        {"value": np.full(4, np.inf)},
        {"odd": np.zeros(4)},
    ],
)
def test_what_cannot_be_compared_is_left_out(tmp_path: Path, columns: dict[str, Any]) -> None:
    folder = folder_of(tmp_path, [{"logits": LOGITS}, columns])
    assert disagreements_in(section_in(folder))[0] == ()


def test_only_runs_on_one_subset_are_compared(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [{"logits": LOGITS}] * 4)
    write(folder, [record(seed=s, spec={"subset_seed": s // 3}) for s in range(4)])
    (result,), _ = disagreements_in(section_in(folder))
    assert result.found.runs == 3
