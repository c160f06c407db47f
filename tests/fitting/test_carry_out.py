"""A whole fit: what it prints and saves, and that it ends alike after a kill."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

import steadytune
from steadytune import ConfigError, DataError, ModelError
from steadytune.fitting import FitResult, candidates, carry_out, final
from steadytune.fitting.forms import FROZEN, Choice, Form
from steadytune.fitting.page import write_page
from steadytune.fitting.plan import MEMBERS, Plan
from steadytune.fitting.result import FACTS, summary
from steadytune.records.ledger import Ledger
from steadytune.records.spec import spec_hash_of
from steadytune.tasks import DataSource
from tests.finetune.toy_files import (
    succeed,
    write_grades,
    write_model,
    write_moods,
    write_optional_questions,
    write_questions,
    write_ratings,
    write_reviews,
    write_sentences,
)
from tests.fitting import quick
from tests.fitting.quick import quick_fit
from tests.tiny_seq2seq import write_pairs, write_tiny_bart, write_tiny_t5


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reviews")
    return {**write_reviews(folder), "model": write_model(folder), "folder": folder}


@pytest.fixture(scope="module")
def fitted(data: dict[str, Path]) -> FitResult:
    return quick_fit(data["train"], data["model"], data["folder"] / "fitted", data["test"])


@pytest.mark.slow
def test_it_ends_with_at_most_eight_true_lines(fitted: FitResult) -> None:
    lines = summary(fitted.facts, fitted.folder)
    assert len(lines) <= 8
    assert lines[0].startswith("Expect accuracy ") and "on 70 held-out test examples" in lines[0]
    assert lines[-1] == f"Predict: steadytune predict {fitted.folder} FILE --out predictions.csv"
    assert str(fitted) == "\n".join(lines)
    low, high = fitted.interval or (fitted.score, fitted.score)
    assert low <= fitted.score <= high


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, "{}", '{"score": 1}'], ids=["none", "empty", "other"])
def test_a_damaged_result_is_one_line(
    fitted: FitResult, data: dict[str, Path], tmp_path: Path, content: str | None
) -> None:
    out = tmp_path / "copy"
    shutil.copytree(fitted.folder, out)
    (out / FACTS).unlink()
    if content is not None:
        (out / FACTS).write_text(content)
    with pytest.raises(
        ModelError, match=r"fit\.json.*; make one with .*in another folder"
    ) as found:
        quick_fit(data["train"], data["model"], out, data["test"])
    assert "\n" not in str(found.value)


@pytest.mark.slow
def test_the_folder_holds_what_is_needed(fitted: FitResult, data: dict[str, Path]) -> None:
    names = {path.name for path in fitted.folder.iterdir()}
    assert {"README.md", "report.html", "fit.json", "record.json", "search"} <= names
    assert "checkpoints" not in names
    page = (fitted.folder / "report.html").read_text()
    assert "What was tried" in page and "<script" not in page
    tried = fitted.facts["tried"]
    assert {entry["method"] for entry in tried} >= {"plain", fitted.facts["chosen"]["method"]}
    records = Ledger(fitted.folder / "search").read().records
    assert all(record.status == "ok" for record in records)
    out = fitted.folder.with_name("predictions.csv")
    succeed("predict", fitted.folder, data["product"], "--out", out)
    assert len(out.read_text().splitlines()) == 21


@pytest.mark.slow
def test_the_score_is_that_of_the_saved_model(fitted: FitResult, data: dict[str, Path]) -> None:
    printed = succeed("evaluate", fitted.folder, "--data", data["test"])
    assert f"{fitted.score:.4f}" in printed or f"{100 * fitted.score:.1f}" in printed


@pytest.mark.slow
def test_the_same_call_trains_nothing_again(
    fitted: FitResult, data: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "_carry_out", lambda *_: pytest.fail("trained again"))
    again = quick_fit(data["train"], data["model"], fitted.folder, data["test"])
    assert again.facts == fitted.facts


@pytest.mark.slow
def test_a_killed_fit_ends_with_the_same_model(data: dict[str, Path], tmp_path: Path) -> None:
    given = data["train"], data["model"]
    uninterrupted = quick_fit(*given, tmp_path / "whole", repetitions=1)
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "tests.fitting.quick"]
    command += [str(data["train"]), str(data["model"]), str(out)]
    for records in (2, 5, 13):  # among rates, among stabilisers, among members
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while len(list(out.glob("checkpoints/search/runs/*.json"))) < records:
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    resumed = quick_fit(*given, out, repetitions=1)
    assert resumed.facts == uninterrupted.facts
    weights = [path.relative_to(out) for path in sorted(out.glob("**/*.safetensors"))]
    assert weights
    for path in weights:
        assert (out / path).read_bytes() == (tmp_path / "whole" / path).read_bytes()


@pytest.mark.slow
def test_a_fit_that_is_late_trains_fewer_seeds_and_says_so(
    data: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shortened(plan: Plan, before: str, *_: Any) -> Plan:
        return dataclasses.replace(plan, members=1) if before == MEMBERS else plan

    monkeypatch.setattr(carry_out, "shortened", shortened)
    found = quick_fit(data["train"], data["model"], tmp_path / "out", data["test"], 1)
    assert len(found.facts["members"]) == 1
    assert found.facts["shortened"] == "1 instead of 2 seeds"
    assert "shortened: 1 instead of 2 seeds" in (found.folder / "report.html").read_text()


@pytest.mark.slow
def test_few_test_examples_leave_the_lead_to_cross_validation(
    data: dict[str, Path], tmp_path: Path
) -> None:
    found = quick_fit(data["train"], data["model"], tmp_path / "out")
    assert "by cross-validation on 32 examples, corrected for the choice" in str(found)
    assert found.score <= 1.0


@pytest.mark.slow
def test_numbers_get_an_interval_of_residuals(tmp_path: Path) -> None:
    files, model = write_ratings(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"])
    assert found.metric == "pearson"
    assert found.facts["kept"]["temperature"] is None
    assert "linear model on frozen features" in str(found)


@pytest.mark.slow
def test_several_labels_get_a_threshold_that_the_model_keeps(tmp_path: Path) -> None:
    files, model = write_moods(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"], 1)
    assert found.metric == "f1_micro"
    threshold = found.facts["kept"]["choices"]["decision_threshold"]
    assert f"decision threshold {threshold:.2g}" in str(found)
    assert [m.config.decision_threshold for m in found.model.models] == [
        pytest.approx(threshold)
    ] * len(found.model.models)
    assert found.facts["floor"] > 0
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed


@pytest.mark.slow
def test_tags_of_words(tmp_path: Path) -> None:
    files, model = write_sentences(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"], 1)
    assert found.metric == "f1" and found.score > 0.5 > found.facts["constant"]
    assert found.facts["floor"] > 0.5 and found.facts["calibration"]
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed
    out = tmp_path / "said.conll"
    succeed("predict", found.folder, files["test"], "--out", out)
    truth, said = (path.read_text().split() for path in (files["test"], out))
    assert truth[2::2] == said[::2]  # behind the line of -DOCSTART-
    with pytest.raises(ConfigError, match="`one_model` is not possible for tagging"):
        quick_fit(files["train"], model, tmp_path / "out", one_model=True)


@pytest.mark.slow
def test_tags_without_a_search_are_those_of_the_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "PLAN", dataclasses.replace(quick.PLAN, folds=0))
    files, model = write_sentences(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"], 1)
    assert found.facts["kept"]["frozen"] == 0 and len(found.model.models) == 2


@pytest.mark.slow
def test_the_linear_model_tags_words_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final, "choose_form", lambda *_: Choice(FROZEN, "it is best"))
    files, model = write_sentences(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"], 1)
    assert found.score == pytest.approx(found.facts["floor"])
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed
    assert "reads each of its last hidden states" in (found.folder / "README.md").read_text()


@pytest.mark.slow
def test_questions_have_no_floor_and_no_temperature(tmp_path: Path) -> None:
    files, model = write_questions(tmp_path), write_model(tmp_path)
    given = files["train"], model, tmp_path / "out", files["test"]
    found = quick_fit(*given, 1, max_length=24)
    assert found.metric == "f1" and found.facts["floor"] is None
    assert "Against the floor" not in str(found) and found.facts["kept"]["temperature"] is None
    assert (found.folder / "ensemble.json").is_file()
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed
    with pytest.raises(ConfigError, match="`one_model` is not possible for qa"):
        quick_fit(*given, 1, max_length=24, one_model=True)


@pytest.mark.slow
def test_questions_without_answer_get_a_threshold_that_every_member_keeps(tmp_path: Path) -> None:
    files, model = write_optional_questions(tmp_path), write_model(tmp_path)
    given = files["train"], model, tmp_path / "out", files["test"]
    found = quick_fit(*given, 1, max_length=24)
    assert found.model.kind == "qa_no_answer"
    assert found.score >= found.facts["constant"] == 0.5
    (name, threshold), *_ = found.facts["kept"]["choices"].items()
    assert f"null score diff threshold {threshold:.2g}" in str(found)
    assert {getattr(m.config, name) for m in found.model.models} == {threshold}
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_tiny_t5, write_tiny_bart])
def test_texts_to_generate(tmp_path: Path, write: Any) -> None:
    tested = write is write_tiny_t5
    train = write_pairs(tmp_path / "train.jsonl", 60, 0)
    test = write_pairs(tmp_path / "test.jsonl", 50 if tested else 20, 1)
    source = DataSource(train=str(train), test=str(test), kind="seq2seq")
    model = write(tmp_path / "model")
    found = quick_fit(source, model, tmp_path / "out", repetitions=1 + tested, max_new_tokens=6)
    facts = found.facts
    assert found.metric == "chrf"
    assert found.score > facts["constant"] or not tested
    assert facts["floor"] is None and facts["kept"]["temperature"] is None
    assert ("a single seed" in str(found)) == tested  # one repetition compares nothing
    tried = {entry["method"] for entry in facts["tried"]}
    assert tried == {"plain", candidates.DEFAULT.method}
    assert all(entry["score"] is not None for entry in facts["tried"])
    assert "most typical text of the seeds" in str(found)
    assert (
        "Against the majority-class baseline: " in str(found) and len(str(found).splitlines()) <= 8
    )
    scores = tmp_path / "scores.json"
    succeed("evaluate", found.folder, "--data", test, "--json", scores)
    (again,) = json.loads(scores.read_text())["domains"].values()
    if tested:
        assert again["scores"]["chrf"] == pytest.approx(found.score)
    else:
        assert "by cross-validation on 60 examples" in facts["score"]["basis"]
    assert found.model.max_new_tokens == 6
    out = tmp_path / "said.jsonl"
    succeed("predict", found.folder, test, "--out", out)
    said = [json.loads(line) for line in out.read_text().splitlines()]
    assert np.mean([r["prediction"] == r["target"] for r in said]) == pytest.approx(
        again["scores"]["exact_match"]
    )


@pytest.mark.slow
def test_one_plain_model_learns_from_the_others(data: dict[str, Path], tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("good film\nbad film\na good story\n")
    given = data["train"], data["model"], tmp_path / "out", data["test"]
    found = quick_fit(*given, 1, one_model=True, unlabelled=str(texts))
    assert not (found.folder / "ensemble.json").exists() and not list(found.folder.glob("member-*"))
    model = AutoModelForSequenceClassification.from_pretrained(found.folder)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    assert "one plain model that learned from the average of the seeds" in str(found)
    card = (found.folder / "README.md").read_text()
    assert "one model that learned what the runs, averaged, say" in card
    told = json.loads((found.folder / "record.json").read_text())
    assert told["spec"]["seed"] not in {run["seed"] for run in told["selection"]["members"]}
    assert told["spec_hash"] == spec_hash_of(told["spec"])
    assert f"| epochs | {told['spec']['epochs']} |" in card
    assert f", {told['spec']['seed']}; steadytune " in card
    printed = succeed("evaluate", found.folder, "--data", data["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed


@pytest.mark.slow
def test_numbers_are_learned_from_others_too(tmp_path: Path) -> None:
    files, model = write_ratings(tmp_path), write_model(tmp_path)
    found = quick_fit(files["train"], model, tmp_path / "out", files["test"], 1, one_model=True)
    assert found.model.kind == "regression" and len(found.model.models) == 1


@pytest.mark.slow
@pytest.mark.parametrize("form", [None, FROZEN], ids=["chosen", "frozen"])
def test_grades_are_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form | None
) -> None:
    if form is not None:
        monkeypatch.setattr(final, "choose_form", lambda *_: Choice(form, "it is best"))
    files, model = write_grades(tmp_path), write_model(tmp_path)
    source = DataSource(train=files["train"], test=files["test"], kind="ordinal", label="stars")
    found = quick_fit(source, model, tmp_path / "out", repetitions=1)
    assert (found.metric, found.model.label_names) == ("qwk", ("2", "3", "5"))
    answers = steadytune.predict(found.model, {"text": ["very good film", "a bad plot"]})
    assert set(answers["prediction"]) <= {2, 3, 5}
    printed = succeed("evaluate", found.folder, "--data", files["test"])
    assert f"{found.score:.4f}" in printed


@pytest.mark.slow
def test_the_linear_model_is_kept_and_used_where_it_is_best(
    data: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(final, "choose_form", lambda *_: Choice(FROZEN, "it is best"))
    found = quick_fit(data["train"], data["model"], tmp_path / "out", data["test"], 1)
    assert "the linear model on frozen features alone (it is best)" in str(found)
    assert found.score == pytest.approx(found.facts["floor"])
    printed = succeed("evaluate", found.folder, "--data", data["test"])
    assert f"{found.score:.4f}" in printed or f"{100 * found.score:.1f}" in printed
    assert "frozen_head.safetensors" in (found.folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unlabelled": "more.txt"}, "give `one_model` too"),
        ({"one_model": True, "allow_frozen": True}, "give one"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        steadytune.fit("reviews.csv", "out", **options)


def test_unlabelled_texts_that_are_not_there_are_found_before_anything_is_written(
    data: dict[str, Path], tmp_path: Path
) -> None:
    more = {"one_model": True, "unlabelled": str(tmp_path / "none.txt")}
    with pytest.raises(DataError, match="cannot be read"):
        quick_fit(data["train"], data["model"], tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_results_of_version_0_1_are_read(fitted: FitResult) -> None:
    kept = {**fitted.facts["kept"], "ensemble": True}
    del kept["form"], kept["distilled"]
    assert "an ensemble of" in "\n".join(summary({**fitted.facts, "kept": kept}, fitted.folder))


def test_it_is_public() -> None:
    assert steadytune.FitResult is FitResult
    with pytest.raises(ConfigError, match="expected a time such as"):
        steadytune.fit("reviews.csv", "out", budget="soon")
    for budget in (None, [1], True, 0, float("nan")):
        with pytest.raises(ConfigError, match="expected seconds above 0, or a time such as 90s"):
            steadytune.fit("reviews.csv", "out", budget=budget)  # type: ignore[arg-type]


@pytest.mark.slow
def test_members_are_plain_models_and_the_page_is_made_of_the_facts(
    fitted: FitResult, tmp_path: Path
) -> None:
    member = next(fitted.folder.glob("member-*"), fitted.folder)
    model = AutoModelForSequenceClassification.from_pretrained(member)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    assert all(torch.isfinite(p).all() for p in model.parameters())
    facts = json.loads((fitted.folder / "fit.json").read_text())
    write_page(tmp_path / "report.html", facts, "fit")
    assert (tmp_path / "report.html").read_text() == (fitted.folder / "report.html").read_text()
    assert np.sum(facts["confusion"]) == 70
