"""The reports in docs/evidence are those of the records beside them, and the page quotes them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from steadytune.compare import read_study
from steadytune.method_docs import describe_methods
from steadytune.method_text import method_identity, parse_method
from steadytune.report import Outputs, report_folders
from steadytune.study.ledger import Ledger

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = sorted(path.parent for path in (DOCS / "evidence").glob("*/runs.jsonl.xz"))
BASELINES = {
    "report.md": "",
    "against-half-the-rate.md": "plain, 1e-4",
    "against-lnsr.md": "lnsr",
}
REPORTS = sorted((DOCS / "evidence").glob("*/*.md"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_report_is_that_of_its_records(path: Path, tmp_path: Path) -> None:
    outputs = Outputs(page=tmp_path / "report.html", markdown=tmp_path / "report.md")
    describe = partial(describe_methods, imports=False)
    report_folders([path.parent], outputs, describe=describe, baseline=BASELINES[path.name])
    assert (tmp_path / "report.md").read_text() == path.read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_records_are_linked(folder: Path) -> None:
    pages = (DOCS / name for name in ("evidence.md", "log.md"))
    assert any(f"(evidence/{folder.name}/" in page.read_text() for page in pages)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_record_is_named_as_its_run_is_now(folder: Path) -> None:
    """Otherwise `compare` would not find it once a default or a method's version has changed."""
    specs = [record["spec"] for record in Ledger(folder).read().records]
    identities = {s["method"]: method_identity(parse_method(s["method"])) for s in specs}
    assert all(s["method_options"] == identities[s["method"]] for s in specs)


def test_the_tables_of_the_main_study_stand_in_its_reports() -> None:
    section = (DOCS / "evidence.md").read_text().split("\n## The main study\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    texts = [path.read_text() for path in REPORTS if path.parent.name == "main"]
    reports = {line for text in texts for line in text.splitlines()}
    assert [row for row in rows if row not in reports] == []
    for arm in read_study(DOCS.parent / "studies" / "main.yaml").arms:
        assert any(row.startswith(f"| {arm.name} |") for row in rows)
