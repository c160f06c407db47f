"""The first hour and the how-to pages run, on a tiny model."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.finetune.toy_files import succeed, write_model
from tests.fitting.quick import quickly

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TRAIN = ("--train", "reviews.csv", "--train-size", 16, "--epochs", 1, "--max-length", 32)


def blocks(page: str, language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, (DOCS / page).read_text(), flags=re.DOTALL | re.MULTILINE)


def run(page: str) -> dict[str, Any]:
    """The names that the Python of a page leaves behind."""
    names: dict[str, Any] = {"__name__": page}
    for source in blocks(page, "python"):
        exec(compile(source, page, "exec"), names)
    return names


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model, in a folder with the files of the examples."""
    for name in ("reviews.csv", "posts.csv"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return write_model(tmp_path)


@pytest.mark.slow
def test_the_first_hour_runs_from_top_to_bottom(model: Path) -> None:
    commands = [
        shlex.split(line)[1:]
        for block in blocks("first_hour.md", "sh")
        for line in block.splitlines()
    ]
    assert [words[0] for words in commands] == ["fit", "predict", "evaluate"]
    for words in commands:
        tiny = ["--model", model, "--max-length", 32, "--workers", 0]
        with quickly(repetitions=1):
            succeed(*words, *(tiny if words[0] == "fit" else []))
    assert len(Path("predictions.csv").read_text().splitlines()) == 13
    assert Path("reviews-model/report.html").is_file()
    assert set(run("first_hour.md")["found"]["prediction"]) <= {"negative", "positive"}


@pytest.mark.filterwarnings("ignore:.*top_k:UserWarning")
def test_a_shipped_model_is_read_by_a_pipeline(model: Path) -> None:
    succeed("train", *TRAIN, "--model", model, "--out", "model")
    succeed(
        "train", *TRAIN, "--model", model, "--seeds", 2, "--keep", "ensemble", "--out", "ensemble"
    )
    names = run("howto/ship.md")
    assert names["mean"].keys() == {"negative", "positive"}
    assert sum(names["mean"].values()) == pytest.approx(1, abs=1e-6)
    ours = names["predict"](names["saved"], {"text": ["It broke at once."]})
    assert ours["probability_negative"][0] == pytest.approx(names["mean"]["negative"], abs=1e-5)


def test_a_model_of_ones_own_is_found() -> None:
    names = run("howto/own_model.md")
    assert names["model"].config.num_labels == 2


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_single_model_becomes_onnx(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    succeed("train", *TRAIN, "--model", model, "--out", "model")
    monkeypatch.syspath_prepend(ROOT / "examples")
    from export_onnx import export  # type: ignore[import-not-found]

    export("model", "model.onnx")
    texts = ["It broke.", "A joy from start to end, and cheap.", "Fine."]
    tokenizer = AutoTokenizer.from_pretrained("model")
    batch = tokenizer(texts, padding=True, return_tensors="np")
    names = ("input_ids", "attention_mask")
    (found,) = onnxruntime.InferenceSession("model.onnx").run(
        ["logits"], {name: batch[name] for name in names}
    )
    plain = AutoModelForSequenceClassification.from_pretrained("model").eval()
    with torch.no_grad():
        expected = plain(**{name: torch.from_numpy(batch[name]) for name in names}).logits
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)
