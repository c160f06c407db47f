"""Several seeds: the best, an ensemble, a soup; chosen by the validation rows alone."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from transformers import AutoModelForSequenceClassification

from steadytune.finetune import load_saved, predict_columns
from steadytune.finetune.card import write_card
from steadytune.finetune.members import TrainMember
from steadytune.finetune.model_record import model_record
from steadytune.pretrained import Pretrained
from steadytune.records.outcome import Outcome
from steadytune.records.prediction_file import read_predictions
from steadytune.records.spec import RunSpec
from steadytune.runs.executors import Progress
from steadytune.tasks import TRAIN
from steadytune.tasks.source import DataSource
from tests.finetune.toy_files import QUICK, steadytune, succeed, write_model, write_reviews
from tests.tiny_bert import with_old_names


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reviews")
    return {**write_reviews(folder), "model": write_model(folder), "folder": folder}


def train(data: dict[str, Path], out: Path, *options: object) -> dict[str, Any]:
    succeed(
        *("train", "--train", data["train"], "--test", data["test"]),
        *("--model", data["model"], *QUICK, "--epochs", "1", "--seeds", "2", *options),
        *("--out", out),
    )
    record: dict[str, Any] = json.loads((out / "record.json").read_text())
    return record


@pytest.fixture(scope="module")
def ensemble(data: dict[str, Path]) -> Path:
    options = ("--keep", "ensemble", "--train-size", "40", "--epochs", "8")
    train(data, data["folder"] / "ensemble", *options)
    return data["folder"] / "ensemble"


def dev_scores(record: dict[str, Any]) -> dict[int, float]:
    return {m["seed"]: m["scores"]["dev"] for m in record["selection"]["members"]}


def test_the_best_is_the_one_that_dev_prefers(data: dict[str, Path], tmp_path: Path) -> None:
    record = train(data, tmp_path / "out")
    scores = dev_scores(record)
    (taken,) = record["selection"]["taken"]
    assert scores[taken] == max(scores.values())
    assert record["spec"]["seed"] == taken
    assert record["task"]["sizes"]["dev"] == 16  # all that are not trained on
    assert len(list((tmp_path / "out" / "members" / "runs").iterdir())) == 2
    card = (tmp_path / "out" / "README.md").read_text()
    assert "standard deviation" in card and "Seeds 1, 2;" in card
    assert "Choices were made by `dev` alone." in card and "Left out" not in card


def test_an_ensemble_averages_probabilities(ensemble: Path) -> None:
    record = json.loads((ensemble / "record.json").read_text())
    assert record["selection"]["taken"] == [1, 2]
    members = [read_predictions(p) for p in sorted((ensemble / "members/predictions").iterdir())]
    each = [
        np.exp(log_softmax(member[record["task"]["in_domain"]]["logits"])) for member in members
    ]
    kept = read_predictions(ensemble / "predictions.npz")[record["task"]["in_domain"]]["logits"]
    assert np.allclose(np.exp(kept), np.mean(each, axis=0), atol=1e-6)


def test_an_ensemble_predicts_the_same_whatever_rows_go_together(
    ensemble: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, quiet = load_saved(ensemble), Console(quiet=True)
    rows = {"sentence": [f"the film was {word}" for word in ("good", "bad", "fine", "so so", "x")]}
    at_once = predict_columns(saved, rows, console=quiet).predictions["logits"]
    monkeypatch.setattr("steadytune.finetune.saved._ROWS_AT_A_TIME", 2)
    in_parts = predict_columns(saved, rows, console=quiet).predictions["logits"]
    assert in_parts.shape == (5, 2) and in_parts.std(axis=0).min() > 0
    np.testing.assert_allclose(in_parts, at_once, atol=1e-6)


def test_an_ensemble_needs_no_rows_to_choose_by(ensemble: Path) -> None:
    record = json.loads((ensemble / "record.json").read_text())
    assert "dev" not in record["results"] and record["task"]["sizes"]["train"] == 40
    card = (ensemble / "README.md").read_text()
    assert "Choices were made by `train` alone." in card and "Left out" not in card


def test_a_card_says_that_one_run_is_left_of_an_ensemble(ensemble: Path) -> None:
    record = json.loads((ensemble / "record.json").read_text())
    text = "What is kept is an ensemble with a single run left"
    assert text not in write_card(model_record(record), "again")
    every = record["selection"]["taken"]
    record["selection"]["taken"] = every[:1]
    assert text in write_card(model_record(record), "again")
    record["selection"]["frozen"] = 0.5
    beside = "of a linear model on the frozen model's features and of a single run"
    assert beside in write_card(model_record(record), "again")
    record["selection"]["taken"] = every
    assert "features (weight 0.5)" in write_card(model_record(record), "again")


def test_an_ensemble_leaves_out_a_run_that_learned_nothing(
    data: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out = TrainMember.__call__

    def with_given_score(self: TrainMember, spec: RunSpec, progress: Progress) -> Outcome:
        outcome = carry_out(self, spec, progress)
        constant = outcome.record.task.constant[TRAIN]
        gain = 0.0 if spec.seed == 2 else 0.1
        outcome.record.results[TRAIN]["accuracy"] = constant + gain
        return outcome

    monkeypatch.setattr(TrainMember, "__call__", with_given_score)
    out = tmp_path / "out"
    printed = succeed(
        *("train", "--train", data["train"], "--test", data["test"]),
        *("--model", data["model"], *QUICK, "--epochs", "1", "--seeds", "3", "--keep", "ensemble"),
        *("--patience", "1", "--out", out),
    )
    record, content = (
        json.loads((out / name).read_text()) for name in ("record.json", "ensemble.json")
    )
    selection = record["selection"]
    assert selection["taken"] == [1, 3]
    assert [member["seed"] for member in selection["members"]] == [1, 2, 3]
    assert content["members"] == ["member-1", "member-3"]
    assert sorted(path.name for path in out.glob("member-*")) == ["member-1", "member-3"]
    assert len(list((out / "members" / "runs").iterdir())) == 3

    notice = "Left out of the ensemble: seed 2, which learned nothing from its training rows."
    card = (out / "README.md").read_text()
    assert notice in printed and notice in card
    assert "1, taken" in printed and "3, taken" in printed and "2, taken" not in printed
    assert "\n| 2 | no |" in card and "\n| 3 | yes |" in card
    assert "Choices were made by `train` and `dev` alone." in card

    domain = record["task"]["in_domain"]
    kept = read_predictions(out / "predictions.npz")[domain]["logits"]
    (left,) = (p for p in (out / "members" / "predictions").iterdir() if "seed2" in p.name)
    members = [
        read_predictions(path)[domain]["logits"]
        for path in (out / "members" / "predictions").iterdir()
        if path != left
    ]
    mean = np.mean([np.exp(log_softmax(logits)) for logits in members], axis=0)
    assert np.allclose(np.exp(kept), mean, atol=1e-6)


def test_an_ensemble_is_evaluated_and_predicts(ensemble: Path, data: dict[str, Path]) -> None:
    succeed("evaluate", ensemble, "--data", data["test"], "--json", ensemble.parent / "scores.json")
    scores = json.loads((ensemble.parent / "scores.json").read_text())["domains"]["test"]["scores"]
    record = json.loads((ensemble / "record.json").read_text())
    assert scores["loss"] == pytest.approx(
        record["results"][record["task"]["in_domain"]]["loss"], abs=1e-6
    )
    printed = succeed("predict", ensemble, data["test"])
    assert "probability_positive" in printed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"version": 1, "members": ["../elsewhere"]}', "names no members"),
        ('{"version": 1, "members": []}', "names no members"),
        ('{"version": 1, "members": ["member-9"]}', "lacks the member member-9"),
        ("{", "names no members"),
    ],
)
def test_a_broken_ensemble_is_refused(
    tmp_path: Path, data: dict[str, Path], content: str, reason: str
) -> None:
    (tmp_path / "ensemble.json").write_text(content)
    result = steadytune("predict", tmp_path, data["test"])
    assert result.exit_code == 2 and reason in result.stderr


def test_a_soup_shares_its_head_and_does_not_fall_on_dev(
    data: dict[str, Path], tmp_path: Path
) -> None:
    record = train(data, tmp_path / "out", "--keep", "soup")
    specs = [
        json.loads(path.read_text())["spec"]
        for path in (tmp_path / "out" / "members" / "runs").iterdir()
    ]
    assert {spec["head_seed"] for spec in specs} == {1}
    assert record["results"]["dev"]["accuracy"] >= max(dev_scores(record).values())
    assert (tmp_path / "out" / "model.safetensors").is_file()


@pytest.mark.parametrize("options", [("--keep", "soup"), ("--patience", "1", "--epochs", "4")])
def test_the_names_in_the_pretrained_file_change_nothing(
    options: tuple[str, ...], data: dict[str, Path], tmp_path: Path
) -> None:
    """bert-base-uncased, for one, has other names in its file than transformers' BERT."""
    old = with_old_names(Path(shutil.copytree(data["model"], tmp_path / "old")))
    found = []
    for model in (data["model"], old):
        out = tmp_path / f"of-{model.name}"
        train({**data, "model": model}, out, "--learning-rate", "0.01", *options)
        saved = AutoModelForSequenceClassification.from_pretrained(out)
        found.append((read_predictions(out / "predictions.npz"), saved.state_dict()))
    (predictions, weights), (of_old, of_old_weights) = found
    for split, columns in predictions.items():
        for name, values in columns.items():
            assert np.array_equal(values, of_old[split][name]), (split, name)
    for name, tensor in weights.items():
        assert torch.equal(tensor, of_old_weights[name]), name


def test_a_member_can_be_sent_to_a_worker(tmp_path: Path) -> None:
    member = TrainMember(
        DataSource(task="vader-movies"), tmp_path, tmp_path, Pretrained.find("minilm")
    )
    assert pickle.loads(pickle.dumps(member)) == member


def log_softmax(logits: Any) -> Any:
    from scipy.special import log_softmax as of

    return of(logits, axis=1)
