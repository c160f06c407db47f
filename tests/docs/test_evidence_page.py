"""The reports in docs/evidence are those of the records beside them, and the page quotes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from steadytune.method_lines import describe_recorded
from steadytune.method_text import format_method, method_identity, parse_method
from steadytune.records.ledger import Ledger
from steadytune.records.recipe import Changes, Recipe
from steadytune.records.spec import RunSpec
from steadytune.reporting import Outputs, report_folders
from steadytune.runs.plan import LoadedTask, plan
from steadytune.study import read_study

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = sorted(path.parent for path in (DOCS / "evidence").glob("*/runs.jsonl.xz"))
BASELINES = {
    "report.md": "",
    "against-half-the-rate.md": "plain, 1e-4",
    "against-lnsr.md": "lnsr",
}
COMPLETE = (
    "main",
    "main_qa",
    "defaults",
    "precision",
    "bill",
    "late",
    "strength",
    "h1_dose",
    "h1_mpnet",
    "mpnet_rates",
    "h3_brittle",
)
REPORTS = sorted((DOCS / "evidence").glob("*/*.md"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_report_is_that_of_its_records(path: Path, tmp_path: Path) -> None:
    outputs = Outputs(page=tmp_path / "report.html", markdown=tmp_path / "report.md")
    report_folders(
        [path.parent], outputs, describe=describe_recorded, baseline=BASELINES[path.name]
    )
    assert (tmp_path / "report.md").read_text() == path.read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_records_are_linked(folder: Path) -> None:
    pages = (DOCS / name for name in ("evidence.md", "log.md"))
    own = (page.read_text() for page in (DOCS / "evidence").glob("*.md"))
    assert any(f"({folder.name}/" in text for text in own) or any(
        f"(evidence/{folder.name}/" in page.read_text() for page in pages
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_record_is_named_as_its_run_is_now(folder: Path) -> None:
    """Otherwise `compare` would not find it once a default or a method's version has changed."""
    for record in Ledger(folder).read().records:
        spec = RunSpec(**record.spec.fields)
        methods = parse_method(spec.method)
        assert (spec.method, spec.method_options) == (
            format_method(methods),
            method_identity(methods),
        )
        assert record.spec_hash == spec.hash


@pytest.mark.parametrize("name", COMPLETE)
def test_all_runs_of_a_study_are_there(name: str) -> None:
    """So that `compare` with its file trains nothing again, on the rows and weights it ran with."""
    study = read_study(DOCS.parent / "studies" / f"{name}.yaml")
    records = Ledger(DOCS / "evidence" / name.replace("_", "-")).read().records
    found = {_without_content(RunSpec(**record.spec.fields)) for record in records}
    for entry, arm in product(study.tasks, study.arms):
        named = SimpleNamespace(name=entry.source.task, kind="classification", metric="f1")
        task = cast(LoadedTask, _Unread(named, entry.changes))
        runs = plan(
            [task],
            [arm],
            study.recipe,
            study.seeds,
            model=study.find_model(),
            subset_seeds=study.subset_seeds,
        )
        assert {_without_content(run.spec) for run in runs} <= found


@dataclass(frozen=True)
class _Unread:
    """A task whose rows are not read: their hash is no part of what is compared."""

    task: SimpleNamespace
    changes: Changes

    def sample(self, recipe: Recipe, subset_seed: int) -> tuple[str, dict[str, Any]]:
        return "", {"sizes": {"train": 1}}


def _without_content(spec: RunSpec) -> RunSpec:
    return replace(spec, data_hash="", model_hash="")


def test_the_tables_of_the_main_study_stand_in_its_reports() -> None:
    pages = [(DOCS / "evidence" / f"{name}.md").read_text() for name in ("main", "ensembles")]
    rows = [line for page in pages for line in page.splitlines() if line.startswith("|")]
    texts = [path.read_text() for path in REPORTS if path.parent.name == "main"]
    reports = {line for text in texts for line in text.splitlines()}
    assert [row for row in rows if row not in reports] == []
    for arm in read_study(DOCS.parent / "studies" / "main.yaml").arms:
        assert any(row.startswith(f"| {arm.name} |") for row in rows)


def test_the_table_of_question_answering_is_that_of_its_report() -> None:
    page = (DOCS / "evidence" / "main-qa.md").read_text()
    report = DOCS / "evidence" / "main-qa" / "report.md"
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    arms = [arm.name for arm in read_study(DOCS.parent / "studies" / "main_qa.yaml").arms]
    text = report.read_text()
    assert sorted(row[0] for row in rows[2:]) == sorted(arms)
    for method, mean, std, *_ in rows[2:]:
        assert f"| {method} | 10 | {mean} | {std} |" in text
    for method, _, _, difference, interval, p, ratio, bounds, *outside in rows[3:]:
        differences, spreads = (
            text.split(f"| **{method} {word} plain** |")[1].split("| **")[0]
            for word in ("minus", "over")
        )
        inside = next(line for line in differences.splitlines() if "in domain" in line).split(" | ")
        assert [inside[2], inside[3], inside[5]] == [difference, interval, p]
        assert f"| {method} | 10 | {outside[0]} |" in text
        assert f"mlqa\\_en | 10 | {outside[1]} | {outside[2]} |" in differences
        assert f"in domain | 10 | {ratio} | {bounds} |" in spreads


def test_every_page_of_a_study_is_linked_and_every_link_leads_somewhere() -> None:
    overview = (DOCS / "evidence.md").read_text()
    assert len(overview.split()) < 1300
    for page in (DOCS / "evidence").glob("*.md"):
        assert f"(evidence/{page.name}" in overview
    for page in (DOCS / "evidence.md", *(DOCS / "evidence").glob("*.md")):
        for link in re.findall(r"\]\(([^)\s#]+)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (page, link)
