"""The reports in docs/evidence are those of the records beside them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from steadytune.compare import read_study
from steadytune.method_docs import describe_methods
from steadytune.report import Outputs, report_folders

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = sorted(path.parent for path in (DOCS / "evidence").glob("*/runs.jsonl.xz"))
REPORTED = [folder for folder in FOLDERS if (folder / "report.md").exists()]


@pytest.mark.parametrize("folder", REPORTED, ids=lambda folder: folder.name)
def test_a_report_is_that_of_its_records(folder: Path, tmp_path: Path) -> None:
    outputs = Outputs(page=tmp_path / "report.html", markdown=tmp_path / "report.md")
    report_folders([folder], outputs, describe=partial(describe_methods, imports=False))
    assert (tmp_path / "report.md").read_text() == (folder / "report.md").read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_records_are_linked(folder: Path) -> None:
    pages = (DOCS / name for name in ("evidence.md", "log.md"))
    assert any(f"(evidence/{folder.name}/" in page.read_text() for page in pages)


def test_the_page_shows_every_arm_of_the_main_study() -> None:
    page = (DOCS / "evidence.md").read_text()
    for arm in read_study(DOCS.parent / "studies" / "main.yaml").arms:
        assert f"| {arm.name} |" in page
