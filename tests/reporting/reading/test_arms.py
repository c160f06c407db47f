"""Arms: methods with a recipe of their own are compared within one section."""

from __future__ import annotations

from typing import Any

import pytest

from steadytune.reporting import build_report
from steadytune.reporting.reading.arms import distinct_arms, grouped
from steadytune.reporting.reading.run import Run
from steadytune.reporting.tables.arms import arm_table
from tests.reporting.fabricated import cells, record, run_of, study

VARIES = ["epochs", "learning_rate"]


def arm(name: str, method: str, seed: int, rate: float, **changes: Any) -> dict[str, Any]:
    spec = {"learning_rate": rate, "epochs": 3.0, **changes.pop("spec", {})}
    return record(method, seed, spec=spec, arm={"name": name, "varies": VARIES}, **changes)


def tuned(seeds: int = 3) -> list[dict[str, Any]]:
    return [
        made
        for seed in range(seeds)
        for made in (
            arm("plain (tuned)", "plain", seed, 1e-4, movie=0.80 + seed / 100),
            arm("lnsr (tuned)", "lnsr:std=0.1", seed, 5e-5, movie=0.82 + seed / 100),
        )
    ]


def test_arms_are_compared_although_their_settings_differ() -> None:
    report = build_report(tuned(), title="t")
    (section,) = report.sections
    numbers = section.numbers
    assert numbers.methods == ("plain (tuned)", "lnsr (tuned)")
    assert numbers.baseline == "plain (tuned)"
    assert numbers.primary[0].difference.mean == pytest.approx(0.02)
    assert numbers.varied == ("learning_rate",)
    assert numbers.spec["epochs"] == 3.0
    assert "learning_rate" not in numbers.spec
    assert any("do not share all options" in sentence for sentence in section.verdict.details)


def test_a_field_that_any_arm_varies_does_not_split_the_study() -> None:
    own = [record("plain", seed, spec={"epochs": 3.0}) for seed in range(2)]
    longer = [
        record("plain", s, spec={"epochs": 9.0}, arm={"name": "longer", "varies": ["epochs"]})
        for s in range(2)
    ]
    (section,) = build_report([*own, *longer], title="t").sections
    assert section.numbers.methods == ("plain", "longer")


def test_a_model_that_lies_elsewhere_is_the_same_model() -> None:
    """Of a run that came back from another machine one record counts, in the section of home."""
    spec = {"model": "home/tiny", "model_hash": "m"}
    home = [record("plain", seed, spec=spec) for seed in (0, 1)]
    away = [record("plain", seed, spec={**spec, "model": "tiny"}) for seed in (1, 2)]
    (section,) = build_report([*home, *away], title="t").sections
    assert len(section.numbers.records) == 3
    assert section.numbers.spec["model"] == "home/tiny" and section.numbers.varied == ()
    other = record("plain", 3, spec={**spec, "model_hash": "other"})
    assert len(build_report([*home, other], title="t").sections) == 2


def test_without_arms_settings_are_split_as_ever() -> None:
    other = [record("plain", 0, spec={"epochs": 9.0})]
    assert len(build_report([*study(2), *other], title="t").sections) == 2


def test_one_study_does_not_decide_for_another() -> None:
    first = [{**made, "origin": {"folder": "a", "stem": "x"}} for made in tuned(2)]
    second = [
        {**record("plain", 0, spec={"epochs": e}), "origin": {"folder": "b", "stem": "y"}}
        for e in (1.0, 2.0)
    ]
    groups = grouped([run_of(made) for made in first + second])
    assert sorted(len(group) for group in groups) == [1, 1, 4]


def test_fields_that_no_run_has_tell_no_arms_apart() -> None:
    """Two studies of one section, each with arms that vary a field which their runs lack."""

    def made(folder: str, field: str, seed: int, **spec: Any) -> Run:
        arms, origin = {"name": "ours", "varies": [field]}, {"folder": folder, "stem": str(seed)}
        return run_of(record("lnsr", seed, spec=spec, arm=arms, origin=origin))

    first = [made("a", "gone", seed) for seed in range(3)]
    kept, warnings = distinct_arms([*first, made("b", "lost", 3)])
    assert ({r.arm.name for r in kept if r.arm}, warnings) == ({"ours"}, [])
    known = [made("a", "gone", seed, method_options="(LNSR(),) LNSR v1") for seed in range(3)]
    kept, _ = distinct_arms([*known, made("b", "lost", 3)])
    assert kept[-1].arm is not None and kept[-1].arm.name == "ours (options unknown)"


def test_arms_of_one_name_and_several_settings_are_told_apart() -> None:
    again = arm("lnsr (tuned)", "lnsr:std=0.1", 0, 2e-5)
    report = build_report([*tuned(), again], title="t")
    names = report.sections[0].numbers.methods
    assert "lnsr (tuned)" in names
    assert "lnsr (tuned) (learning_rate=2e-05)" in names
    assert any("differ in their options" in warning for warning in report.warnings)
    kept, warnings = distinct_arms([run_of(made) for made in tuned()])
    assert (len(kept), warnings) == (6, [])


def test_an_arm_that_was_given_another_method_is_told_apart() -> None:
    arms = {"name": "ours", "varies": []}
    records = [record("lnsr:strength=1", s, movie=0.6, arm=arms) for s in range(3)]
    records += [record("lnsr:strength=10", s, movie=0.9, arm=arms) for s in range(2)]
    report = build_report(records, title="t")
    assert report.sections[0].numbers.methods == ("ours", "ours (method=lnsr:strength=10)")
    assert any("differ in their options" in warning for warning in report.warnings)


def test_rows_that_changed_are_apart_from_those_drawn_since() -> None:
    """Subset 0 was run, its file changed, then subsets 0 and 1 were run on the new rows."""

    def run(subset: int, rows: str, day: int) -> dict[str, Any]:
        spec = {"subset_seed": subset, "data_hash": rows}
        return record(spec=spec, finished=f"2026-01-0{day}T00:00:00+00:00")

    records = [run(0, "old", 1), run(0, "new", 2), run(1, "other", 3)]
    groups = grouped([run_of(made) for made in records])
    hashes = [[r.spec.fields["data_hash"] for r in group] for group in groups]
    assert hashes == [["old"], ["new", "other"]]


def test_a_run_may_serve_two_arms() -> None:
    records = [arm(name, "plain", 0, 1e-4) for name in ("plain (tuned)", "plain, longer")]
    assert build_report(records, title="t").runs == 2


def test_the_arms_name_stands_everywhere_and_its_settings_in_a_table() -> None:
    failed = arm("lnsr (tuned)", "lnsr:std=0.1", 9, 5e-5, status="diverged", reason="NaN")
    report = build_report(
        [*tuned(), failed], title="t", descriptions={"lnsr:std=0.1": "adds noise"}
    )
    assert {note.method: note.description for note in report.methods}[
        "lnsr (tuned)"
    ] == "adds noise"
    assert report.failures is not None
    assert report.failures.groups[0].rows[0].label == "lnsr (tuned)"
    found = cells(arm_table(report.sections[0].numbers))
    assert found["", "lnsr (tuned)"] == ("lnsr:std=0.1", "5e-05")


def test_methods_without_arms_share_everything() -> None:
    assert build_report(study(2), title="t").sections[0].tables.arms is None


@pytest.mark.parametrize("odd", [{"name": ""}, {"varies": []}, "lnsr", {"name": "x", "varies": 1}])
def test_an_arm_that_is_none_is_located(odd: Any) -> None:
    report = build_report([record(), record(seed=1, arm=odd)], title="t")
    assert report.runs == 1
    assert "arm" in report.warnings[0]


def test_runs_made_before_their_rows_changed_are_a_setting_of_their_own() -> None:
    def made(method: str, rows: str, when: int, score: float) -> list[dict[str, Any]]:
        finished = f"2026-01-0{when}T00:00:00+00:00"
        return [
            record(method, s, score + s / 100, finished=finished, spec={"data_hash": rows})
            for s in range(3)
        ]

    records = [
        *made("plain", "new", 2, 0.5),
        *made("plain", "old", 1, 0.6),
        *made("lnsr", "old", 1, 0.7),
        *made("smart", "new", 2, 0.8),
    ]
    report = build_report(records, title="t")
    assert [s.heading for s in report.sections] == [
        "reviews, minilm, rows old",
        "reviews, minilm, rows new",
    ]
    for section, method, difference in zip(
        report.sections, ("lnsr", "smart"), (0.1, 0.3), strict=True
    ):
        (comparison,) = section.numbers.primary
        assert comparison.method == method
        assert comparison.difference.differences == pytest.approx([difference] * 3)
        assert [m.summary.count for m in section.numbers.in_domain.methods] == [3, 3]


def test_other_rows_of_other_training_subsets_are_no_change() -> None:
    records = [
        record(m, s, 0.7 + s / 100, spec={"subset_seed": k, "data_hash": f"d{k}"})
        for m in ("plain", "lnsr")
        for s in range(2)
        for k in range(3)
    ]
    (section,) = build_report(records, title="t").sections
    assert section.heading == "reviews, minilm"
    assert section.numbers.primary[0].subsets == 3


@pytest.mark.parametrize("field", ["train_size", "dev_size", "eval_size"])
def test_arms_that_draw_more_rows_are_still_paired_by_seed(field: str) -> None:
    arms = (("plain", 100, "d1", 0.6), ("more", 200, "d2", 0.7))
    records = [
        record(
            "plain",
            s,
            score + s / 100,
            spec={field: size, "data_hash": rows},
            arm={"name": name, "varies": [field]},
        )
        for name, size, rows, score in arms
        for s in range(3)
    ]
    (section,) = build_report(records, title="t").sections
    (comparison,) = section.numbers.primary
    assert comparison.difference.differences == pytest.approx([0.1] * 3)


def test_runs_scored_by_two_metrics_are_never_compared() -> None:
    task = {**record()["task"], "metric": "f1"}
    scored = {"movie": {"accuracy": 0.8, "f1": 0.9}}
    plain = [record("plain", seed, results=scored) for seed in range(3)]
    lnsr = [record("lnsr", seed, task=task, results=scored) for seed in range(3)]
    lost = record("lnsr", 3, status="failed", task=None)
    report = build_report([*plain, *lnsr, lost], title="t")
    found = [(s.numbers.task.metric, s.numbers.methods) for s in report.sections]
    assert found == [("accuracy", ("plain", "lnsr")), ("f1", ("lnsr",))]
    assert not report.sections[0].numbers.primary[0].difference.count
    first, second = (section.heading for section in report.sections)
    assert first != second and second.endswith("F1")


@pytest.mark.parametrize(
    ("then", "now", "name"),
    [
        ("(LNSR(std=0.01),) LNSR v1", "(LNSR(std=0.05),) LNSR v1", "lnsr (std=0.05)"),
        ("(LNSR(std=0.01),) LNSR v1", "(LNSR(std=0.01),) LNSR v2", "lnsr (LNSR v2)"),
        ("(LNSR(),) LNSR v1", "(SAM(),) LNSR v1", "lnsr (options (SAM(),) LNSR v1)"),
    ],
    ids=["default", "code", "other"],
)
def test_runs_of_another_default_or_code_are_another_arm(then: str, now: str, name: str) -> None:
    plain = [record("plain", seed) for seed in range(5)]
    old = [record("lnsr", seed, spec={"method_options": then}) for seed in range(3)]
    new = [record("lnsr", seed, spec={"method_options": now}) for seed in (3, 4)]
    report = build_report([*plain, *old, *new], title="t")
    assert report.sections[0].numbers.methods == ("plain", "lnsr", name)
    assert any(f"differ in their options: '{name}'" in line for line in report.warnings)
