"""Whole diagnoses of tiny models: files, numbers, page, and errors in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel
from typer.testing import CliRunner, Result

from steadytune._random import isolated_rng
from steadytune.cli import app
from steadytune.pretrained import Pretrained
from steadytune.tasks import TASKS, NamedTask

from ...tiny_bert import write_tiny_bert
from ...tiny_seq2seq import write_tiny_bart, write_tiny_t5
from ...toy_task import load_toy


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["diagnose", *arguments], env={"COLUMNS": "120"})


def write_classifier(folder: Path, source: Path, kind: str = "classification") -> str:
    """A model with a head, its weights a little apart from the source's."""
    labels = ("negative", "positive") if kind == "classification" else ()
    model, tokenizer = Pretrained.find(source).with_head(kind, labels, head_seed=1)
    with torch.no_grad(), isolated_rng(torch.device("cpu"), 3):
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def tuned(folder: Path) -> str:
    return write_classifier(folder.parent / "tuned", folder)


def test_a_full_comparison(folder: Path, tuned: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rng = torch.get_rng_state()
    result = call(str(folder), tuned, "--task", "toy", "--examples", "10", "--full",
                  "--out", str(out))  # fmt: skip
    assert result.exit_code == 0, result.output
    assert torch.equal(torch.get_rng_state(), rng)
    assert "Top layer moved by 5 % Gaussian noise" in result.stdout and "tuned" in result.stdout
    with np.load(out / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["base/gaussian/example_ratio/0"].shape == (10, 4)
        assert arrays["tuned/outputs/change"].shape == (6, 10)
        assert "base/outputs/change" not in arrays  # no head, no predictions
        assert arrays["tuned/similarity/values"].shape == (4, 4)
        assert arrays["tuned/jacobian/spectral"].shape[0] == 3
        assert arrays["tuned/logits/target"].tolist() == ["logits"] * 3
        assert not arrays["base/drift/relative"].any() and arrays["tuned/drift/relative"].all()
        assert len(arrays["texts"]) == 10
    numbers = json.loads((out / "diagnostics.json").read_text())
    assert numbers["models"]["tuned"]["drift"] > 0 and numbers["drift_from"] == str(folder)
    assert numbers["models"]["base"]["changed"] is None
    assert numbers["command"].endswith(f"--full --out {out} {folder} {tuned}")
    drawn = {path.stem for path in (out / "figures").glob("*.svg")}
    assert {"gaussian-0", "in_manifold-1", "amplification-0", "outputs-classes-change", "drift",
            "ranks", "likeness", "jacobian-spectral", "logits-spectral"} <= drawn  # fmt: skip
    require_page(out / "diagnostics.html", "base", "tuned", "a plot is")
    assert not list(out.rglob("*.tmp"))


def require_page(path: Path, *words: str) -> None:
    text = path.read_text()
    for word in words:
        assert word in text
    assert "<script" not in text and "http://" not in text and "https://" not in text
    body = text[text.index("<main>") : text.index("</main>") + 7]
    ElementTree.fromstring(body)  # every element is closed, and all text escaped


def test_a_quick_look_at_a_file_of_pairs_and_hostile_text(tuned: str, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [{"a": f"the film <script>{i}</script>", "b": "was good & fine"} for i in range(4)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    result = call(tuned, "--data", str(file), "--text", "a", "--text", "b", "--relative-noise",
                  "0.3", "--out", str(out))  # fmt: skip
    assert result.exit_code == 0, result.output
    require_page(out / "diagnostics.html", "4 examples of pairs.jsonl", "&lt;script&gt;")
    with np.load(out / "arrays.npz", allow_pickle=False) as arrays:
        assert 0.3 in arrays["tuned/outputs/sizes"]
        assert not any("jacobian" in name for name in arrays)


def test_a_model_of_another_family(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    config = DistilBertConfig(vocab_size=21, dim=8, n_layers=2, n_heads=2, hidden_dim=16)
    with isolated_rng(torch.device("cpu"), 0):
        DistilBertModel(config).save_pretrained(other)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(folder / name, other)
    out = tmp_path / "out"
    arguments = [str(folder), str(other), "--task", "toy", "--examples", "4", "--full"]
    result = call(*arguments, "--out", str(out))
    assert result.exit_code == 0, result.output
    with np.load(out / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["other/jacobian/spectral"].shape[0] == 2
        assert not any(name.startswith("other/drift") for name in arrays)
    assert call(*arguments, "--start", str(folder), "--out", str(out)).exit_code == 2


def test_the_same_numbers_again(tuned: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        result = call(tuned, "--task", "toy", "--examples", "6", "--out", str(tmp_path / name))
        assert result.exit_code == 0
    one, two = (np.load(tmp_path / name / "arrays.npz") for name in ("one", "two"))
    for name in one.files:
        np.testing.assert_array_equal(one[name], two[name])


def test_a_model_that_answers_questions(folder: Path, tmp_path: Path) -> None:
    model = write_classifier(tmp_path / "qa", folder, "qa")
    file = tmp_path / "questions.jsonl"
    row = {"question": "was the film good", "context": "the film was very good . the plot was poor"}
    file.write_text("".join(json.dumps(row) + "\n" for _ in range(3)))
    out = tmp_path / "out"
    result = call(model, "--data", str(file), "--max-length", "60", "--out", str(out))
    assert result.exit_code == 0, result.output
    with np.load(out / "arrays.npz") as arrays:
        assert str(arrays["qa/outputs/kind"]) == "span"


def test_a_regression(folder: Path, tmp_path: Path) -> None:
    model = write_classifier(tmp_path / "rating", folder, "regression")
    out = tmp_path / "out"
    result = call(model, "--task", "toy", "--examples", "5", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "Value moved by 5 % noise" in result.stdout
    require_page(out / "diagnostics.html", "How far the value moves")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}/nowhere"], ["no model folder"]),
        (["{tuned}", "--task", "toyy"], ["toyy"]),
        (["{tuned}", "--data", "{tmp}/none.csv"], ["none.csv"]),
        (["{tuned}", "--task", "toy", "--data", "x.csv"], ["either a task or a file"]),
        (["{tuned}", "--task", "toy", "--examples", "1"], ["examples=1"]),
        (["{tuned}", "--task", "toy", "--out", "/proc/none"], ["cannot write to /proc/none"]),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], words: list[str], tuned: str, tmp_path: Path
) -> None:
    filled = [text.format(tmp=tmp_path, tuned=tuned) for text in arguments]
    settings: list[Any] = [] if "--out" in filled else ["--out", str(tmp_path / "out")]
    result = call(*filled, *settings)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


def test_a_model_that_has_diverged(folder: Path, tmp_path: Path) -> None:
    model, tokenizer = Pretrained.find(folder).with_head("classification", ("a", "b"), head_seed=0)
    model.bert.encoder.layer[0].output.dense.weight.data.fill_(float("nan"))
    model.save_pretrained(tmp_path / "lost")
    tokenizer.save_pretrained(tmp_path / "lost")
    result = call(str(tmp_path / "lost"), "--task", "toy", "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "'lost' are not finite" in result.stderr and not list((tmp_path / "out").glob("*.npz"))


def test_help_has_an_example() -> None:
    assert "steadytune diagnose minilm models/plain models/lnsr" in call("--help").stdout


@pytest.mark.parametrize("write", [write_tiny_t5, write_tiny_bart])
def test_of_a_model_that_writes_the_encoder_is_looked_at(tmp_path: Path, write: Any) -> None:
    texts, out = tmp_path / "texts.csv", tmp_path / "out"
    texts.write_text("text\none two three\nfour\nfive one\ntwo four\n")
    result = call(str(write(tmp_path / "model")), "--data", str(texts), "--full", "--out", str(out))
    assert result.exit_code == 0, result.output
    with np.load(out / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["model/gaussian/example_ratio/0"].shape == (4, 3)
        assert "model/outputs/change" not in arrays  # an encoder predicts nothing
