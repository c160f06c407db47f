"""Sequence to sequence: trained, evaluated and used to predict with tiny T5 and BART."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from peft import AutoPeftModel
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from steadytune import ConfigError
from steadytune.finetune import evaluate_model, load_saved, rows_of_files
from steadytune.finetune.saved import write_ensemble
from steadytune.metrics.seq2seq import scorers
from tests.finetune.toy_files import steadytune, succeed
from tests.tiny_bert import write_tiny_bert
from tests.tiny_seq2seq import write_pairs, write_tiny_bart, write_tiny_t5

QUICK = "--learning-rate", "5e-3", "--workers", "0", "--max-new-tokens", "6", "--kind", "seq2seq"


def files(folder: Path, count: int = 160) -> dict[str, Path]:
    train, test = folder / "train.jsonl", folder / "test.jsonl"
    return {"train": write_pairs(train, count, 0), "test": write_pairs(test, 30, 1)}


def train(folder: Path, model: Path, *options: object, count: int = 160) -> Path:
    given = files(folder, count)
    succeed(
        *("train", "--train", given["train"], "--test", given["test"], "--model", model),
        *(*QUICK, *options, "--out", folder / "trained"),
    )
    return folder / "trained"


def record(folder: Path) -> Any:
    return json.loads((folder / "record.json").read_text())


@pytest.mark.parametrize(("write", "rate"), [(write_tiny_t5, "5e-3"), (write_tiny_bart, "7e-3")])
def test_it_learns_and_is_used(tmp_path: Path, write: Any, rate: str) -> None:
    model = train(tmp_path, write(tmp_path / "model"), "--epochs", "4", "--learning-rate", rate)
    found = record(model)
    assert (found["task"]["kind"], found["task"]["metric"]) == ("seq2seq", "chrf")
    recorded = found["results"]["test"]
    assert recorded["chrf"] > 0.3 + found["task"]["constant"]["test"]
    assert recorded["rouge1"] > 0.6
    saved = json.loads((model / "generation_config.json").read_text())
    assert saved["max_new_tokens"] == 6
    (model / "record.json").unlink()  # what is needed is in the model itself
    scores, test = tmp_path / "scores.json", tmp_path / "test.jsonl"
    succeed("evaluate", model, "--data", test, "--json", scores)
    (again,) = json.loads(scores.read_text())["domains"].values()
    assert again["scores"] == pytest.approx(recorded, abs=1e-5)
    assert again["intervals"]["chrf"]["low"] < recorded["chrf"] < again["intervals"]["chrf"]["high"]
    lines = steadytune("predict", model, test, "--text", "source").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert list(rows[0]) == ["source", "target", "prediction", "score"]
    right = sum(row["prediction"] == row["target"] for row in rows) / len(rows)
    assert right == pytest.approx(recorded["exact_match"])
    plain, tokenizer = (
        AutoModelForSeq2SeqLM.from_pretrained(model),
        AutoTokenizer.from_pretrained(model),
    )
    inputs = tokenizer(rows[0]["source"], return_tensors="pt")
    tokens = plain.generate(inputs["input_ids"], attention_mask=inputs["attention_mask"])
    assert tokenizer.decode(tokens[0], skip_special_tokens=True).strip() == rows[0]["prediction"]
    short = steadytune(
        "predict", model, test, "--text", "source", "--max-new-tokens", "2"
    ).stdout.splitlines()
    assert all(len(json.loads(line)["prediction"].split()) <= 2 for line in short)
    line = refused("evaluate", model, "--data", test, "--max-new-tokens", "999")
    assert "max_new_tokens 999 is more than" in line and "give a --max-new-tokens of" in line


@pytest.mark.parametrize("keep", ["ensemble", "soup", "best"])
def test_several_models(tmp_path: Path, keep: str) -> None:
    options = "--seeds", "2", "--keep", keep, "--dev-size", "20", "--epochs", "2"
    model = train(tmp_path, write_tiny_t5(tmp_path / "model"), *options, count=100)
    recorded = record(model)["results"]["test"]
    scores = tmp_path / "scores.json"
    succeed("evaluate", model, "--data", tmp_path / "test.jsonl", "--json", scores)
    (again,) = json.loads(scores.read_text())["domains"].values()
    assert again["scores"] == pytest.approx(recorded, abs=1e-5)
    succeed("predict", model, tmp_path / "test.jsonl", "--out", tmp_path / "rows.csv")
    card = (model / "README.md").read_text()
    assert ("the text that is most like those of all" in card) == (keep == "ensemble")
    assert "pipeline_tag" not in card and "type: seq2seq" in card


def test_a_missing_package_is_said_before_anything_is_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_t5(tmp_path / "a"), write_tiny_t5(tmp_path / "b")
    write_ensemble(tmp_path, ["a", "b"], "seq2seq")
    one = load_saved(tmp_path / "a")
    rows = rows_of_files(one, {"x": write_pairs(tmp_path / "x.jsonl", 2, 0)})
    scorers.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    monkeypatch.setattr("steadytune.finetune.evaluate.predict_rows", None)
    with pytest.raises(ConfigError, match="pip install"):
        evaluate_model(one, rows)
    with pytest.raises(ConfigError, match="pip install"):
        load_saved(tmp_path)


def test_early_stopping_beside_methods_in_both_stacks(tmp_path: Path) -> None:
    options = "--method", "lnsr+smart", "--patience", "1", "--dev-size", "20", "--epochs", "2"
    found = record(train(tmp_path, write_tiny_t5(tmp_path / "model"), *options, count=80))
    assert found["spec"]["layers"] == "both"
    assert any("eval_chrf" in entry for entry in found["history"])
    assert any("lnsr_penalty" in entry for entry in found["history"])


@pytest.mark.parametrize("save", ["merged", "adapter"])
def test_adapters(tmp_path: Path, save: str) -> None:
    lora = "--lora", f"r=4,save={save}"
    model = train(tmp_path, write_tiny_bart(tmp_path / "model"), *lora, "--epochs", "1", count=80)
    recorded, scores = record(model)["results"]["test"], tmp_path / "scores.json"
    succeed("evaluate", model, "--data", tmp_path / "test.jsonl", "--json", scores)
    (again,) = json.loads(scores.read_text())["domains"].values()
    assert again["scores"] == pytest.approx(recorded, abs=1e-5)
    if save == "adapter":
        card = (model / "README.md").read_text()
        assert "has an adapter; " in card and 'AutoPeftModel.from_pretrained("DIR")' in card
        assert type(AutoPeftModel.from_pretrained(model).base_model.model).__name__ == (
            "BartForConditionalGeneration"
        )


def test_long_targets_and_doubtful_predictions_are_said(tmp_path: Path) -> None:
    given = files(tmp_path, 40)
    printed = succeed(
        *("train", "--train", given["train"], "--test", given["test"], "--kind", "seq2seq"),
        *("--model", write_tiny_t5(tmp_path / "model"), "--workers", "0", "--max-new-tokens", "2"),
        *("--learning-rate", "1e-9", "--epochs", "1", "--out", tmp_path / "trained"),
    )
    assert (
        "targets of more than 2 tokens, longer than any prediction and cut in training" in printed
    )
    assert "give a larger --max-new-tokens" in printed
    assert re.search(r"warning: test: \d+% of the predictions are empty", printed)


def refused(*words: object) -> str:
    result = steadytune(*words)
    assert result.exit_code == 2 and "\n" not in result.stderr.strip(), result.output
    return result.stderr


def test_bad_input_is_refused_in_one_line(tmp_path: Path) -> None:
    given, t5 = files(tmp_path, 40), write_tiny_t5(tmp_path / "t5")
    start = "train", "--train", given["train"], "--kind", "seq2seq", "--out", tmp_path / "out"
    line = refused(*start, "--model", write_tiny_bert(tmp_path / "bert"))
    assert "no encoder with a decoder that writes text" in line and "T5 or BART" in line
    assert "head_first needs a new head" in refused(*start, "--model", t5, "--head-first")
    more = tmp_path / "more.txt"
    more.write_text("one two\n")
    line = refused(*start, "--model", t5, "--method", "lnsr", "--unlabelled", more)
    assert "unlabelled texts have no targets" in line
    assert "balanced class weights need" in refused(
        *start, "--model", t5, "--class-weights", "balanced"
    )
    assert "max_new_tokens 99 is more than" in refused(
        *start, "--model", t5, "--max-new-tokens", "99"
    )
    assert "layers='encoder' or layers='decoder'" in refused(
        *start, "--model", t5, "--method", "reinit"
    )
    start = "fit", given["train"], *start[3:], "--model", t5
    assert "--one-model is not possible for seq2seq" in refused(*start, "--one-model")
    assert "--allow-frozen is not possible for seq2seq" in refused(*start, "--allow-frozen")
    assert "max_new_tokens 99 is more than" in refused(*start, "--max-new-tokens", "99")
    assert not (tmp_path / "out").exists()


def test_the_length_of_texts_is_for_models_that_write(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("text,label\n" + "".join(f"good {n},a\nbad {n},b\n" for n in range(9)))
    bert = write_tiny_bert(tmp_path / "bert")
    options = "--workers", "0", "--epochs", "1", "--out", tmp_path / "out"
    succeed("train", "--train", reviews, "--model", bert, *options)
    line = refused("predict", tmp_path / "out", reviews, "--max-new-tokens", "5")
    assert "a model for classification, which generates no text" in line
