"""The reports in docs/evidence are those of the records beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune.compare import read_study
from steadytune.report import Outputs, report_folders

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = sorted(path.parent for path in (DOCS / "evidence").glob("*/runs.jsonl.xz"))
REPORTED = [folder for folder in FOLDERS if (folder / "report.md").exists()]


@pytest.mark.parametrize("folder", REPORTED, ids=lambda folder: folder.name)
def test_a_report_is_that_of_its_records(folder: Path, tmp_path: Path) -> None:
    outputs = Outputs(page=tmp_path / "report.html", markdown=tmp_path / "report.md")
    report_folders([folder], outputs, describe=lambda methods: {})
    assert (tmp_path / "report.md").read_text() == (folder / "report.md").read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_page_names_every_folder_of_records(folder: Path) -> None:
    assert f"evidence/{folder.name}" in "".join(
        path.read_text() for path in (DOCS / "evidence.md", DOCS / "log.md")
    )


def test_the_main_study_compares_what_the_page_says() -> None:
    page = (DOCS / "evidence.md").read_text()
    study = read_study(DOCS.parent / "studies" / "main.yaml")
    assert len(study.seeds) >= 10
    for arm in study.arms:
        assert arm.name in page
