"""Runs of other tools: read as they are written, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune._exceptions import ConfigError, DataError, SteadytuneError
from steadytune.reporting import Elsewhere, Outputs, report_folders
from steadytune.reporting.reading.elsewhere import parse_elsewhere
from steadytune.reporting.reading.run import Run

RUNS = """method,seed,score,task
plain,0,0.60,rte
plain,1,0.62,rte
plain,2,0.58,rte
"mixout, p=0.7",0,0.64,rte
"mixout, p=0.7",1,0.65,rte
"mixout, p=0.7",2,0.63,rte
"""


def read(*sources: Elsewhere) -> list[Run]:
    return parse_elsewhere(sources)[0]


def table(tmp_path: Path, content: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "runs.csv"
    path.write_text(content, encoding="utf-8")
    return path


def scores(tmp_path: Path, content: str, **options: object) -> dict[tuple[str, int], float | None]:
    records = read(Elsewhere(table(tmp_path, content), **options))  # type: ignore[arg-type]
    return {
        (r.method, r.spec.seed): (r.results[r.task.in_domain][r.task.metric] if r.results else None)
        for r in records
        if r.task
    }


def test_the_report_has_the_paired_difference(tmp_path: Path) -> None:
    source = Elsewhere(table(tmp_path, RUNS), "accuracy")
    report, written = report_folders(
        [], Outputs(tmp_path / "page.html", markdown=tmp_path / "r.md"), elsewhere=[source]
    )
    # By hand: 4, 3 and 5 points of difference.
    (row,) = [
        line
        for line in (tmp_path / "r.md").read_text().splitlines()
        if "mixout" in line and "+4.0" in line
    ][:1]
    assert "+1.5 to +6.5" in row
    assert report.runs == 6 and report.baseline == "plain"
    assert "mixout, p=0.7" in Path(written["Report"]).read_text()


def test_columns_of_other_names(tmp_path: Path) -> None:
    content = "number;params_method;params_seed;value\n0;sam;3.0;0.5\n1;sam;4.0;\n2;sam;5;nan\n"
    columns = {"method": "params_method", "seed": "params_seed", "score": "value"}
    # A run without a score failed; it is not left out in silence.
    assert scores(tmp_path, content, columns=columns) == {
        ("sam", 3): 0.5,
        ("sam", 4): None,
        ("sam", 5): None,
    }
    statuses = [r.status for r in read(Elsewhere(tmp_path / "runs.csv", "", columns))]
    assert statuses == ["ok", "failed", "failed"]


@pytest.mark.parametrize("heading", ["state", "State"])
def test_a_run_that_did_not_end_well_has_failed_whatever_its_score(
    tmp_path: Path, heading: str
) -> None:
    """A pruned trial's last value is not that of a finished training."""
    content = f"method,seed,score,{heading}\nplain,0,0.6,TrialState.COMPLETE\nplain,1,0.4,PRUNED\n"
    content += "plain,2,0.7,finished\nplain,3,0.1,crashed\nplain,4,0.5,\n"
    records = read(Elsewhere(table(tmp_path, content)))
    assert [record.reason for record in records] == [
        None,
        "its file says PRUNED",
        None,
        "its file says crashed",
        None,
    ]
    assert [bool(record.results) for record in records] == [True, False, True, False, True]


def test_a_state_that_is_none_is_refused(tmp_path: Path) -> None:
    content = "method,seed,score,state\nplain,0,0.6,Ohio\n"
    with pytest.raises(DataError, match=r"line 2: state is 'Ohio'; expected how the run ended"):
        read(Elsewhere(table(tmp_path, content)))


def test_the_majority_class_baseline_may_be_told(tmp_path: Path) -> None:
    content = "method,seed,score,metric,majority,subset\nplain,0,0.5,accuracy,0.55,7\n"
    (record,) = read(Elsewhere(table(tmp_path, content)))
    assert record.task and record.task.constant == {"runs": 0.55}
    assert record.spec.subset_seed == 7 and record.task.metric == "accuracy"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "has no column 'method'"),
        ("method,seed,score\n", "has no runs"),
        ("method,seed,scroe\nplain,0,1\n", "has no column 'score'; did you mean scroe?"),
        ("method,seed,score,seed\nplain,0,1,1\n", "has two columns 'seed'"),
        ("method,seed,score\nplain,0\n", "line 2 has 2 values"),
        ("method,seed,score\nplain,one,0.5\n", "line 2: seed is 'one'; expected a whole number"),
        ("method,seed,score\nplain,1.5,0.5\n", "line 2: seed is '1.5'"),
        ("method,seed,score\nplain,-1,0.5\n", "line 2: seed is '-1'"),
        ("method,seed,score\nplain,1e400,0.5\n", "line 2: seed is '1e400'"),
        ("method,seed,score\nplain,0,good\n", "line 2: score is 'good'; expected a number"),
        ("method,seed,score\n,0,0.5\n", "line 2 has no method"),
        ("method,seed,score\na,0,0.5\na,0,0.6\n", "line 2 and "),
        ('method,seed,score\n"a,0,0.5\n', "is not a CSV file"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(DataError, match=r"^[^\n]*$") as caught:
        scores(tmp_path, content)
    assert problem in str(caught.value) and "runs.csv" in str(caught.value)


def test_a_place_that_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a file"):
        read(Elsewhere(tmp_path / "missing.csv"))
    (tmp_path / "b.csv").write_bytes(b"method,seed,score\n\xff,0,1\n")
    with pytest.raises(DataError, match="not UTF-8"):
        read(Elsewhere(tmp_path / "b.csv"))


def test_a_column_that_no_run_has(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a run has no 'sead'"):
        scores(tmp_path, RUNS, columns={"sead": "seed"})


def test_percentages_are_refused(tmp_path: Path) -> None:
    source = Elsewhere(table(tmp_path, "method,seed,score\na,0,81.5\n"), "accuracy")
    with pytest.raises(DataError, match=r"accuracy of 'a', seed 0, is 81\.5; expected a share"):
        report_folders([], Outputs(tmp_path / "p.html"), elsewhere=[source])


def test_a_baseline_that_no_run_has(tmp_path: Path) -> None:
    source = Elsewhere(table(tmp_path, RUNS))
    with pytest.raises(ConfigError, match=r"baseline 'plane'; did you mean plain\?"):
        report_folders([], Outputs(tmp_path / "p.html"), elsewhere=[source], baseline="plane")
    assert not (tmp_path / "p.html").exists()


def state(folder: Path, *evaluations: dict[str, float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    log = [{"loss": 1.0, "step": 1}, *evaluations, {"train_loss": 0.5}]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": log}))


def test_folders_of_a_trainer(tmp_path: Path) -> None:
    good = [{"eval_loss": 1.0, "eval_f1": 0.1}, {"eval_loss": 0.9, "eval_f1": 0.4}]
    state(tmp_path / "lnsr" / "seed-3", *good)
    state(tmp_path / "lnsr" / "seed-3" / "checkpoint-5", good[0])
    state(tmp_path / "plain_seed4", {"eval_loss": 0.9, "eval_f1": 0.5})
    state(tmp_path / "plain-5")
    found = read(Elsewhere(tmp_path, "f1"))
    # The last evaluation counts, and a checkpoint is not a run of its own.
    assert [(r.method, r.spec.seed, r.status) for r in found] == [
        ("lnsr", 3, "ok"),
        ("plain", 5, "failed"),
        ("plain", 4, "ok"),
    ]
    assert found[0].results == {tmp_path.name: {"f1": 0.4}}
    with pytest.raises(DataError, match="no 'eval_accuracy'; expected a metric that it has: loss"):
        read(Elsewhere(tmp_path, "accuracy"))


def test_the_last_checkpoint_counts_where_a_run_has_no_final_state(tmp_path: Path) -> None:
    for step, f1 in ((500, 0.1), (1000, 0.3), (1500, 0.2)):
        state(tmp_path / "plain" / "seed-1" / f"checkpoint-{step}", {"eval_loss": 1, "eval_f1": f1})
    state(tmp_path / "plain" / "seed-2", {"eval_loss": 1, "eval_f1": 0.4})
    found = read(Elsewhere(tmp_path, "f1"))
    assert [(r.spec.seed, r.results[tmp_path.name]["f1"]) for r in found] == [(1, 0.2), (2, 0.4)]


def test_a_checkpoint_alone_does_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    state(tmp_path / "checkpoint-5", {"eval_loss": 1, "eval_f1": 0.1})
    with pytest.raises(DataError, match="does not say method and seed"):
        read(Elsewhere(tmp_path / "checkpoint-5", "f1"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lnsr/seed-3", ("lnsr", 3, False)),
        ("lnsr_seed3", ("lnsr", 3, False)),
        ("lr2e-5_seed=3", ("lr2e-5", 3, False)),
        ("lnsr/seed 12", ("lnsr", 12, False)),
        ("lnsr-3", ("lnsr", 3, True)),
        ("lr2e-5/3", ("lr2e-5", 3, True)),
        ("lr2e-5", None),
        ("dropout-0.1", None),
        ("bert2", None),
        ("lr=3", None),
    ],
)
def test_seeds_in_names(tmp_path: Path, name: str, expected: tuple[str, int, bool] | None) -> None:
    state(tmp_path / name, {"eval_loss": 1, "eval_f1": 0.1})
    source = Elsewhere(tmp_path, "f1")
    if expected is None:
        with pytest.raises(DataError, match="does not say method and seed"):
            read(source)
        return
    (record,), notes = parse_elsewhere([source])
    assert (record.method, record.spec.seed, bool(notes)) == expected
    if notes:
        assert f"method {record.method}, seed {record.spec.seed}" in notes[0]


def test_one_run_of_two_sources_is_refused(tmp_path: Path) -> None:
    paths = [table(folder, RUNS) for folder in (tmp_path / "a", tmp_path / "b")]
    with pytest.raises(DataError, match=r"a/runs\.csv: line 2 and .*b/runs\.csv: line 2 both have"):
        read(*map(Elsewhere, paths))
    paths[1].write_text(RUNS.replace("rte", "cola"))
    assert len(read(*map(Elsewhere, paths))) == 12


def test_folders_that_do_not_name_their_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no trainer_state\.json"):
        read(Elsewhere(tmp_path))
    state(tmp_path / "best", {"eval_loss": 0.9, "eval_f1": 0.5})
    with pytest.raises(DataError, match="'best' does not say method and seed"):
        read(Elsewhere(tmp_path, "f1"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"log_history": 3}',
        '{"log_history": [[1]]}',
        '{"log_history": ["eval_f1"]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_state(tmp_path: Path, content: str) -> None:
    (tmp_path / "a-1").mkdir()
    (tmp_path / "a-1" / "trainer_state.json").write_text(content)
    try:
        (record,) = read(Elsewhere(tmp_path, "f1"))
    except DataError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
    else:
        assert record.status == "failed"


@given(content=st.text("am,;\t\n\"'0.1e-\x00é=", max_size=60), heading=st.booleans())
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: str, heading: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes((("method,seed,score\n" if heading else "") + content).encode())
    try:
        records = read(Elsewhere(path))
    except SteadytuneError as error:
        assert "\n" not in str(error)
    else:
        assert all(record.method for record in records)


def test_each_metric_of_a_table_is_a_comparison_of_its_own(tmp_path: Path) -> None:
    rows = [
        f"{method},{seed},{score + gain + seed / 100},{metric}"
        for seed in range(3)
        for method, gain in (("plain", 0.0), ("lnsr", 0.01))
        for metric, score in (("accuracy", 0.5), ("f1", 0.8))
    ]
    path = table(tmp_path, "\n".join(["method,seed,score,metric", *rows]))
    report, _ = report_folders([], Outputs(tmp_path / "p.html"), elsewhere=[Elsewhere(path)])
    found = {s.numbers.task.metric: s.numbers.primary[0].difference for s in report.sections}
    assert {name: d.count for name, d in found.items()} == {"accuracy": 3, "f1": 3}
    assert all(d.mean == pytest.approx(0.01) for d in found.values())
