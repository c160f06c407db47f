"""Files that nothing can be chosen on: one line, exit status 2, nothing written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from steadytune.pretrained import Pretrained
from tests.finetune.toy_files import steadytune, write_model, write_moods


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


def refused(model: Path, folder: Path, rows: Sequence[tuple[str, str]], *options: str) -> str:
    """What is said of a file of texts and labels."""
    file = folder / "reviews.csv"
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    out = folder / "out"
    result = steadytune("fit", file, "--model", model, "--out", out, *options)
    assert result.exit_code == 2, result.output
    assert not out.exists()
    (line,) = [line for line in result.output.splitlines() if line.startswith("error: ")]
    return line


def test_three_examples(model: Path, tmp_path: Path) -> None:
    rows = [("good film", "yes"), ("bad film", "no"), ("fine plot", "yes")]
    assert "expected 10 to train on or more" in refused(model, tmp_path, rows)


def test_one_class(model: Path, tmp_path: Path) -> None:
    rows = [(f"good film {number}", "yes") for number in range(30)]
    assert "one" in refused(model, tmp_path, rows) and "class" in refused(model, tmp_path, rows)


def test_equal_texts(model: Path, tmp_path: Path) -> None:
    rows = [("good film", "yes" if number % 2 else "no") for number in range(30)]
    line = refused(model, tmp_path, rows)
    assert "text" in line


def test_500_classes(model: Path, tmp_path: Path) -> None:
    rows = [(f"film {number}", f"c{number}") for number in range(500)]
    assert "500" in refused(model, tmp_path, rows)


def test_a_budget_that_is_too_small(model: Path, tmp_path: Path) -> None:
    rows = [(f"{'good' if n % 2 else 'bad'} film {n}", "yes" if n % 2 else "no") for n in range(30)]
    line = refused(model, tmp_path, rows, "--budget", "0.01s", "--workers", "0")
    assert "is too small: one training takes about" in line


def test_answers_that_no_prediction_can_have_are_counted_before_the_training(
    model: Path, tmp_path: Path
) -> None:
    file, answer = tmp_path / "long.jsonl", " ".join(["very"] * 40)
    rows = [
        {
            "id": str(n),
            "question": "how good is the film",
            "context": f"the film is {answer} good {n}",
            "answers": {"text": [answer], "answer_start": [12]},
        }
        for n in range(30)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    options = "--max-length", "64", "--budget", "0.01s", "--workers", "0"
    result = steadytune("fit", file, "--model", model, "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert "answers of more than 30 tokens" in result.output and "100.0% of train" in result.output
    assert "is too small" in result.output and "--allow-frozen" not in result.output


@pytest.mark.slow
def test_a_head_on_the_frozen_model_is_given_where_it_is_asked_for(
    model: Path, tmp_path: Path
) -> None:
    rows = [(f"{'good' if n % 2 else 'bad'} film {n}", "yes" if n % 2 else "no") for n in range(60)]
    file, out = tmp_path / "reviews.csv", tmp_path / "out"
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    options = "--budget", "0.01s", "--workers", "0", "--allow-frozen"
    result = steadytune("fit", file, "--model", model, "--out", out, *options)
    assert result.exit_code == 0, result.output
    assert "No time to train the model itself" in result.output
    start = Pretrained.find(model).with_head("classification", ("no", "yes"), 0)[0]
    kept = AutoModelForSequenceClassification.from_pretrained(out)
    parts = kept.base_model.state_dict()
    assert all(
        torch.allclose(parts[name], tensor, atol=1e-9)
        for name, tensor in start.base_model.state_dict().items()
    )
    facts = json.loads((out / "fit.json").read_text())
    assert facts["chosen"]["method"] == "plain with the head first"
    head = kept.classifier.weight
    assert not torch.allclose(head, start.classifier.weight, atol=0.01)


@pytest.mark.slow
def test_without_a_search_labels_take_the_threshold_of_the_floor(
    model: Path, tmp_path: Path
) -> None:
    files, out = write_moods(tmp_path), tmp_path / "out"
    given = files["train"], "--test", files["test"], "--model", model, "--out", out
    options = "--budget", "0.01s", "--workers", "0", "--allow-frozen"
    result = steadytune("fit", *given, *options)
    assert result.exit_code == 0, result.output
    facts = json.loads((out / "fit.json").read_text())
    assert facts["score"]["value"] == pytest.approx(facts["floor"]) and facts["floor"] > 0
    assert json.loads((out / "config.json").read_text())["decision_threshold"] < 1
    assert facts["kept"]["choices"] == {"decision_threshold": pytest.approx(0.5, abs=0.5)}
