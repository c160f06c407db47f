"""Tasks of texts to generate: their rows, how they are encoded, generated and scored."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import BartConfig

from steadytune import ConfigError, DataError
from steadytune.tasks import PROBLEMS, DataSource, Encoding, kind_of_model
from steadytune.tasks.encoding import Padding
from steadytune.tasks.seq2seq import Seq2Seq
from tests.tiny_seq2seq import tokenizer, write_tiny_bart, write_tiny_t5

PROBLEM = Seq2Seq()
TEXTS = ["one two three", "four", "five one"]
TARGETS = ["uno due tre", "quattro", "cinque uno"]


def rows(targets: Any = TARGETS, texts: Any = TEXTS) -> Dataset:
    return Dataset.from_dict({"text": texts, "label": targets, "idx": [*range(len(texts))]})


def outputs(*texts: str) -> dict[str, Any]:
    scores = [np.float32(-0.1)] * len(texts)
    return {"text": [np.array(text) for text in texts], "score": scores}


def predicted(*texts: str) -> dict[str, Any]:
    return PROBLEM.predict(outputs(*texts), None, rows())  # type: ignore[arg-type]


# --- rows -----------------------------------------------------------------------------------------


def test_a_file_of_pairs_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    lines = [f"story {n},summary {n % 3}" for n in range(12)]
    file.write_text("\n".join(["article,summary", *lines]) + "\n")
    source = DataSource(train=str(file), kind="seq2seq")
    task = source.load()
    assert (task.kind, task.metric, task.columns) == ("seq2seq", "chrf", ("text",))
    assert task.train["label"][0].startswith("summary ") and task.label_names == ()
    assert "text: article; target: summary" in source.notes()[0]
    assert not any("more than one label" in line for line in source.look().warnings)


@pytest.mark.parametrize(
    ("line", "why"),
    [("five,", "line 3, column 'target' is empty: expected text"), ("five, ", "empty")],
)
def test_an_empty_target_is_refused(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(f"source,target\none,uno\n{line}\n")
    with pytest.raises(DataError, match=why):
        DataSource(train=str(file), test=str(file), kind="seq2seq").load()


def test_targets_must_differ_and_be_text() -> None:
    with pytest.raises(DataError, match="one and the same target"):
        PROBLEM.check_training_rows(rows(["uno"] * 3), "pairs")
    with pytest.raises(DataError, match="row 2 of pairs has the target ' ': expected text"):
        PROBLEM.check_rows(rows(["uno", " ", "tre"]), (), "pairs")


def test_other_columns_of_many_texts_lead_to_the_kind(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("text,label\n" + "".join(f"t{n},l{n}\n" for n in range(30)))
    with pytest.raises(DataError, match="for texts to generate, `kind=seq2seq`"):
        DataSource(train=str(file)).load()


def test_there_is_no_positive_class(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("source,target\none,uno\ntwo,due\n")
    with pytest.raises(DataError, match="positive 'uno' was given for texts to generate"):
        DataSource(train=str(file), kind="seq2seq", positive="uno").load()


# --- features -------------------------------------------------------------------------------------


def test_targets_end_and_are_cut_where_they_are_too_long() -> None:
    tok = tokenizer()
    found = PROBLEM.encode(rows(), ("text",), tok, Encoding(16, max_new_tokens=3))
    assert set(found.dataset.column_names) == {"input_ids", "attention_mask", "labels"}
    labels = [tok.decode(ids) for ids in found.dataset["labels"]]
    assert labels == ["uno due </s>", "quattro </s>", "cinque uno </s>"]
    assert (found.long_answers, found.longest_answer, found.cut) == (1, 3, 0)


def test_a_tokenizer_that_ends_nothing_is_helped() -> None:
    tok = tokenizer("$A")
    found = PROBLEM.encode(rows(), ("text",), tok, Encoding(16, max_new_tokens=3))
    assert [tok.decode(ids) for ids in found.dataset["labels"]] == [
        *("uno due </s>", "quattro </s>", "cinque uno </s>")
    ]
    tok.eos_token = None
    with pytest.raises(ConfigError, match="no end-of-text token"):
        PROBLEM.encode(rows(), ("text",), tok, Encoding(16))


def test_a_length_without_room_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_new_tokens 1 leaves no room"):
        PROBLEM.encode(rows(), ("text",), tokenizer(), Encoding(16, max_new_tokens=1))


def test_inputs_and_targets_are_padded_apart() -> None:
    found = PROBLEM.encode(rows(), ("text",), tokenizer(), Encoding(16))
    batch = Padding(tokenizer())([found.dataset[n] for n in (1, 2)])
    assert batch["input_ids"].shape == (2, 3) and batch["labels"].shape == (2, 3)
    assert batch["labels"][0].tolist()[-1] == -100
    longer = Padding(tokenizer())([{**found.dataset[1], "labels": [4, 5, 6, 7, 1]}])
    assert longer["input_ids"].shape[1] < longer["labels"].shape[1] == 5


# --- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [write_tiny_t5, write_tiny_bart])
def test_greedy_texts_and_their_mean_log_probability(tmp_path: Path, write: Any) -> None:
    from transformers import AutoModelForSeq2SeqLM

    folder = write(tmp_path / "model")
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    model.generation_config.num_beams = 4  # as of models that were pretrained to summarise
    PROBLEM.prepare(model, 6)
    tok = tokenizer("<s> $A </s>" if write is write_tiny_bart else "$A </s>")
    inputs = tok(TEXTS[:2], padding=True, return_tensors="pt")
    batch = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        found = PROBLEM.run(model, tok, batch)
        tokens = model.generate(**batch)  # the configuration that is saved says it all
        assert tokens.shape[1] <= 1 + 6
        logits = model(**batch, decoder_input_ids=tokens[:, :-1]).logits
    shares = logits.log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    for row, text, score in zip(range(2), found["text"], found["score"], strict=True):
        new = tokens[row, 1:].tolist()
        count = new.index(1) + 1 if 1 in new else len(new)
        assert str(text) == tok.decode(new, skip_special_tokens=True).strip()
        if write is write_tiny_t5:  # BART's first token is forced, and costs nothing
            assert float(score) == pytest.approx(float(shares[row, :count].mean()), abs=1e-5)


def test_what_a_model_is_for_is_seen() -> None:
    for name in ("T5ForConditionalGeneration", "BartForConditionalGeneration", "MarianMTModel"):
        assert kind_of_model(name, {}) == "seq2seq"
    for name in ("T5EncoderModel", "GPT2LMHeadModel", "BertForMaskedLM", "T5Model"):
        assert kind_of_model(name, {}) is None


def test_the_length_is_the_models_own_unless_it_is_given() -> None:
    config = {"eos_token_id": 1, "pad_token_id": 0, "max_new_tokens": None, "min_length": 50}
    for positions, usual in ((512, 128), (32, 32)):
        model: Any = SimpleNamespace(
            generation_config=SimpleNamespace(**config),
            config=BartConfig(max_position_embeddings=positions),
        )
        for given, expected in ((None, usual), (7, 7), (None, 7)):
            PROBLEM.prepare(model, given)
            assert model.generation_config.max_new_tokens == expected
    assert not model.generation_config.min_length


# --- predictions ----------------------------------------------------------------------------------


def test_predictions_are_read_and_scored() -> None:
    found = predicted("uno due tre", "quattro", "")
    assert PROBLEM.readable(found, ()) == {
        "prediction": ["uno due tre", "quattro", ""],
        "score": pytest.approx([-0.1] * 3),
    }
    assert PROBLEM.readable_names(()) == [*PROBLEM.readable(found, ())]
    scores = PROBLEM.score(found, rows())
    assert scores["exact_match"] == pytest.approx(2 / 3)
    assert (scores["share_empty"], scores["share_copied"]) == (pytest.approx(1 / 3), 0.0)
    assert PROBLEM.doubts(scores) == ["33% of the predictions are empty"]
    copies = PROBLEM.score(predicted(*TEXTS), rows())
    assert PROBLEM.doubts(copies) == ["100% of the predictions are copies of the input"]


def test_statistics_are_the_scores() -> None:
    found = predicted("uno due", "quattro", "uno cinque")
    scores = PROBLEM.score(found, rows())
    for statistic in PROBLEM.statistics(found, PROBLEM.truths(rows())):
        of = statistic.of or (lambda values: float(values.mean()))
        assert of(*statistic.arrays) == pytest.approx(scores[statistic.metric])


@pytest.mark.parametrize("metric", PROBLEM.metrics)
def test_the_baseline_is_the_most_frequent_target(metric: str) -> None:
    truth = rows(["uno due", "tre due", "tre due"])
    score = PROBLEM.score(predicted("tre due", "tre due", "tre due"), truth)
    assert PROBLEM.constant_score(truth, 0, metric) == score[metric] > 0
    assert PROBLEM.doubts(score)[0] == "100% of the predictions are the same text"


def test_an_ensemble_says_what_its_members_agree_on() -> None:
    members = [outputs("uno due", "tre"), outputs("cinque", "tre"), outputs("uno due", "x")]
    found = PROBLEM.average(members)
    assert [str(text) for text in found["text"]] == ["uno due", "tre"]
    weighed = PROBLEM.average(members, [1.0, 9.0, 1.0])
    assert [str(text) for text in weighed["text"]] == ["cinque", "tre"]


def test_the_kind_is_known() -> None:
    assert isinstance(PROBLEMS["seq2seq"], Seq2Seq)
