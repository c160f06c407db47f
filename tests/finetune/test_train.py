"""`steadytune train` end to end on tiny models: what lies in the folder, and when it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from steadytune import SteadytuneError
from steadytune._one_writer import LOCK
from steadytune.records.prediction_file import read_predictions
from tests.finetune.toy_files import QUICK, steadytune, succeed, write_model, write_reviews


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reviews")
    return {**write_reviews(folder), "model": write_model(folder), "folder": folder}


def words(data: dict[str, Path], *more: object) -> list[object]:
    return [
        *("train", "--train", data["train"], "--test", data["test"]),
        *("--model", data["model"], *QUICK, *more),
    ]


@pytest.fixture(scope="module")
def trained(data: dict[str, Path]) -> Path:
    out = data["folder"] / "trained"
    options = ("--ood", f"product={data['product']}", "--method", "lnsr:strength=0.1")
    printed = succeed(*words(data, *options, "--out", out))
    assert "24 rows to train on" in printed and "out of domain: product" in printed
    return out


def test_the_folder_holds_the_model_and_what_is_known_of_it(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == {
        *("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"),
        *("README.md", "record.json", "predictions.npz"),
    }
    record = json.loads((trained / "record.json").read_text())
    assert record["status"] == "ok"
    assert record["results"]["product"]["accuracy"] > 0.8
    assert record["input"]["columns"] == ["text"]
    assert record["task"]["cut"] == {name: 0.0 for name in record["task"]["sizes"]}


def test_it_loads_without_steadytune_and_predicts_what_was_recorded(
    trained: Path, data: dict[str, Path]
) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(trained)
    tokenizer = AutoTokenizer.from_pretrained(trained)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    texts = [line.split(",")[0] for line in data["product"].read_text().splitlines()[1:]]
    with torch.inference_mode():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits.numpy()
    kept = read_predictions(trained / "predictions.npz")["product"]["logits"]
    assert np.allclose(logits, kept, atol=1e-5)


def test_the_card_tells_how_it_was_made(trained: Path, data: dict[str, Path]) -> None:
    card = ModelCard.load(trained / "README.md")
    record = json.loads((trained / "record.json").read_text())
    found = {(r.dataset_split, r.metric_type): r.metric_value for r in card.data.eval_results}
    name = record["task"]["in_domain"]
    assert found[name, "accuracy"] == round(record["results"][name]["accuracy"], 6)
    assert ("product", "accuracy") in found and ("train", "accuracy") not in found
    for text in (
        "lnsr:strength=0.1",
        "noise='gaussian'",
        record["spec"]["data_hash"],
        record["spec"]["model_hash"],
        "product (out of domain)",
        "Seed 1;",
        f"--train {data['train']} --test {data['test']}",
        "--train-size 24",
    ):
        assert text in card.text, text


def test_the_same_command_again_says_that_it_is_finished(
    trained: Path, data: dict[str, Path]
) -> None:
    before = (trained / "record.json").read_bytes()
    options = ("--ood", f"product={data['product']}", "--method", "lnsr:strength=0.1")
    assert "Finished already" in succeed(*words(data, *options, "--out", trained))
    assert (trained / "record.json").read_bytes() == before


def test_another_command_does_not_touch_the_folder(trained: Path, data: dict[str, Path]) -> None:
    result = steadytune(*words(data, "--out", trained))
    assert result.exit_code == 2
    assert "it has a model of lnsr:strength=0.1 on" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_with_other_files_is_refused(tmp_path: Path, data: dict[str, Path]) -> None:
    (tmp_path / "thesis.tex").write_text("words")
    result = steadytune(*words(data, "--out", tmp_path))
    assert result.exit_code == 2 and "thesis.tex" in result.stderr
    (tmp_path / "file").write_text("words")
    result = steadytune(*words(data, "--out", tmp_path / "file"))
    assert result.exit_code == 2 and "is a file" in result.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--method", "lnrs"), "did you mean lnsr"),
        (("--method", "deni:start=20"), "deni:start=20.0: 6 copies of 1 steps"),
        (("--set", "adam_betta1=1"), "did you mean adam_beta1"),
        (("--set", "seed=3"), "is set by --seed"),
        (("--set", "save_strategy=best"), "give --patience instead"),
        (("--set", "lr_scheduler_type=cosine_with_min_lr"), "min_lr"),
        (("--set", "lr_scheduler_kwargs={num_cycle: 2}"), "num_cycle"),
        (("--set", "lr_scheduler_type=cosin"), "lr_scheduler_type=cosin"),
        (("--train-size", "500"), "train size 500"),
        (("--patience", "2", "--train-size", "40"), "none is left for validation"),
        (("--seeds", "2", "--train-size", "40"), "none is left for validation"),
        (("--keep", "soup"), "needs several runs"),
        (("--keep", "all", "--seeds", "2"), "keep"),
        (("--seed", "1", "--seeds", "2"), "both given"),
        (("--seeds", "2,2"), "appears twice"),
        (("--precision", "int8"), "precision"),
        (("--max-length", "4000"), "max_length"),
        (("--max-length", "0"), "--max-length 0"),
        (("--threads", "0"), "threads"),
        (("--set", "hub_token=hf_secret"), "hub_token is not supported"),
        (("--class-weights", "even"), "--class-weights 'even'"),
        (("--epochs", "0"), "epochs"),
        (("--ood", "x=nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    data: dict[str, Path], tmp_path: Path, options: tuple[str, ...], reason: str
) -> None:
    result = steadytune(*words(data, *options, "--out", tmp_path / "out"))
    assert result.exit_code == 2
    assert reason in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_killed_command_goes_on(data: dict[str, Path], tmp_path: Path) -> None:
    command = [str(word) for word in words(data, "--epochs", "2", "--out", tmp_path / "out")]
    code = (
        "import os, signal, sys; from steadytune.runs import run as module\n"
        "class Killer(module._Meter):\n"
        "    def add(self, units=1):\n"
        "        super().add(units)\n"
        "        if self._done == 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "module._Meter = Killer\n"
        "from steadytune.cli import app; app(sys.argv[1:])"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    killed = subprocess.run(
        [sys.executable, "-c", code, *command], env=environment, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"checkpoints", LOCK}
    other = steadytune(*command, "--seed", "2")
    assert other.exit_code == 2 and "unfinished work of another command" in other.stderr
    assert "Continuing" in succeed(*command)
    assert not (tmp_path / "out" / "checkpoints").exists()
    again = tmp_path / "again"
    succeed(*words(data, "--epochs", "2", "--out", again))
    weights = [(place / "model.safetensors").read_bytes() for place in (tmp_path / "out", again)]
    assert weights[0] == weights[1]


def test_a_refusal_later_on_keeps_the_checkpoints(
    data: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops a run that is gone on with, what it had reached is not thrown away."""

    def refuse(*args: object, **kwargs: object) -> None:
        checkpoint = tmp_path / "out" / "checkpoints" / "seed-1" / "steps" / "checkpoint-3"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text("{}")
        raise SteadytuneError("a worker has ended")

    monkeypatch.setattr("steadytune.runs.run.train", refuse)
    result = steadytune(*words(data, "--out", tmp_path / "out"))
    assert result.exit_code == 2 and "a worker has ended" in result.stderr
    assert list((tmp_path / "out").rglob("checkpoint-3"))


def test_a_folder_that_cannot_be_made_is_one_line(data: dict[str, Path], tmp_path: Path) -> None:
    result = steadytune(*words(data, "--out", tmp_path / ("x" * 300)))
    assert result.exit_code == 2 and "cannot write to" in result.stderr


def test_a_divergence_leaves_nothing(data: dict[str, Path], tmp_path: Path) -> None:
    result = steadytune(*words(data, "--learning-rate", "1e30", "--out", tmp_path / "out"))
    assert result.exit_code == 3
    assert "the training diverged" in result.stderr and "lower --learning-rate" in result.stderr
    assert not (tmp_path / "out").exists()


def test_after_a_crash_the_same_command_tries_again(
    data: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object) -> None:
        raise RuntimeError("out of memory")

    command = words(data, "--epochs", "1", "--out", tmp_path / "out")
    with monkeypatch.context() as patched:
        patched.setattr("steadytune.runs.run.train", crash)
        result = steadytune(*command)
    assert result.exit_code == 3
    assert "out of memory" in result.stderr and "the same command" in result.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"checkpoints"}
    succeed(*command)
    assert (tmp_path / "out" / "record.json").is_file()


def test_many_cut_rows_are_warned_of(data: dict[str, Path], tmp_path: Path) -> None:
    short = words(data, "--max-length", "7", "--epochs", "1", "--out", tmp_path / "out")
    printed = succeed(*short)
    assert "warning: longer than 7 tokens" in printed
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert 0 < record["task"]["cut"]["train"] < 1


def test_patience_and_settings_reach_the_run(data: dict[str, Path], tmp_path: Path) -> None:
    options = ("--patience", "1", "--dev-size", "12", "--set", "lr_scheduler_type=constant")
    printed = succeed(*words(data, *options, "--learning-rate", "1e-9", "--out", tmp_path / "out"))
    assert "12 for validation" in printed and "patience 1" in printed
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["cost"]["steps"] == 6
    assert record["spec"]["settings"] == {"lr_scheduler_type": "constant"}
    assert record["spec"]["dev_size"] == 12
