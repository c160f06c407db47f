"""Several sections beside each other."""

from __future__ import annotations

from typing import Any

from steadytune.reporting import build_report, render_html
from tests.reporting.exports.test_page import Outline
from tests.reporting.fabricated import BARE, cells, profile, record, study

TASKS = ("rte", "stsb", "squad")
METRICS = ("accuracy", "pearson", "f1")
KINDS = ("classification", "regression", "qa")


def several(gains: tuple[float, ...] = (0.05, 0.0, -0.05), seeds: int = 8) -> list[dict[str, Any]]:
    records = []
    for task, metric, kind, gain in zip(TASKS, METRICS, KINDS, gains, strict=True):
        for method in ("plain", "lnsr"):
            for s in range(seeds):
                score = 0.7 + (method == "lnsr") * gain + (s * 7 % 5) / 500 * (1 + (s % 2))
                score += (method == "lnsr") * ((s % 3) - 1) / 1000
                made = record(method, s, spec={"task": task}, **BARE)
                made["task"].update(name=task, metric=metric, kind=kind, exposed=["tweet"])
                made["results"] = {d: {metric: score} for d in ("movie", "tweet", "dev")}
                records.append(made)
    return records


def test_one_setting_has_no_overview() -> None:
    assert build_report(study(2), title="t").overview is None


def test_a_row_a_method_in_a_group_a_section() -> None:
    overview = build_report(several(), title="t").overview
    assert overview is not None
    found = cells(overview.table)
    assert found["rte, minilm", "plain"][4] == "baseline"
    assert found["rte, minilm", "lnsr"][4] == "+5.0"
    assert found["stsb, minilm", "lnsr"][0] == "8"
    remarks = [group.remark for group in overview.table.groups]
    assert remarks == [
        "accuracy (%), movie",
        "F1 over words (%), movie",
        "Pearson correlation, movie",
    ]


def test_the_verdict_over_all_settings_counts_what_is_shown() -> None:
    overview = build_report(several(seeds=10), title="t").overview
    assert overview is not None
    (finding,) = overview.findings
    assert (
        finding.claim
        == "Compared with plain, lnsr scored higher in 1 and lower in 1 of 3 sections."
    )
    assert finding.evidence == "No difference shown in 1."


def test_nothing_shown_anywhere_is_said_plainly() -> None:
    overview = build_report(several((0.0, 0.0, 0.0)), title="t").overview
    assert overview is not None
    assert overview.findings[0].claim == (
        "No difference between lnsr and plain is shown in any of 3 sections."
    )
    assert overview.findings[0].evidence == ""


def test_tasks_are_averaged_before_the_settings_are_counted() -> None:
    report = build_report(several(), title="t")
    assert report.overview is not None and report.overview.over_tasks is not None
    (finding,) = report.overview.over_tasks.findings
    assert "on average over 3 tasks" in finding.claim
    outline = Outline(render_html(report))
    assert outline.open == []
    assert "Averages over 3 tasks, against plain" in outline.words
    assert outline.words.index("Verdict over tasks") < outline.words.index("Section by section")


def test_settings_of_one_task_are_not_averaged() -> None:
    records = [r for epochs in (3.0, 9.0) for r in study(2, spec={"epochs": epochs}, **BARE)]
    overview = build_report(records, title="t").overview
    assert overview is not None and overview.over_tasks is None


def test_stability_is_a_sentence_below_the_findings() -> None:
    records = [
        record(m, s, movie=0.7 + s / 100, spec={"epochs": e}, profile=profile(0.05 - s / 1000))
        for m in ("plain", "lnsr")
        for s in range(5)
        for e in (3.0, 9.0)
    ]
    report = build_report(records, title="t")
    assert report.overview is not None
    (sentence,) = report.overview.details
    assert "inside 4 groups" in sentence and "scored higher" in sentence
    assert sentence.split(":")[0] in Outline(render_html(report)).words


def test_what_the_model_has_seen_is_never_called_out_of_domain_without_saying_so() -> None:
    words = Outline(render_html(build_report(several(), title="t"))).words
    assert "tweet, out of domain, seen by the model in pretraining" in words
    assert words.count("tweet, out of domain") == words.count(
        "tweet, out of domain, seen by the model in pretraining"
    )
    assert "tweet (seen by the model in pretraining)" in words
    assert "plain : tweet (seen by the model in pretraining)" in words


def test_dev_rows_are_no_domain() -> None:
    report = build_report(several(), title="t")
    names = {d.domain.name for s in report.sections for d in s.numbers.domains}
    assert names == {"movie", "tweet"}
