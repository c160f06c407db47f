"""A task makes features with targets of any of its splits, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset

from steadytune import ConfigError
from steadytune.tasks import PROBLEMS, Encoding, Task
from tests.tasks.tiny_tokenizers import tokenizer_like

CONTEXT = "the date of the year is wrong and what is the date"
TARGETS = {
    "classification": {"labels"},
    "regression": {"labels"},
    "ordinal": {"labels"},
    "multilabel": {"labels"},
    "tagging": {"labels"},
    "seq2seq": {"labels"},
    **{key: {"start_positions", "end_positions"} for key in ("qa", "qa_no_answer")},
}


LABELS: dict[str, list[Any]] = {
    "classification": [0, 1],
    "regression": [0.5, 2.0],
    "ordinal": [1.0, 4.0],
    "multilabel": [[0, 1], [1, 1]],
    "tagging": ["O B-x", " ".join(["O B-x"] * 300)],
    "seq2seq": ["what is it", "the year"],
}


NAMES = {
    **dict.fromkeys(("classification", "multilabel"), ("no", "yes")),
    "tagging": ("O", "B-x"),
    "ordinal": ("1", "4"),
}


def rows(kind: str) -> Dataset:
    if kind in ("qa", "qa_no_answer"):
        answer = {"text": ["wrong"], "answer_start": [CONTEXT.index("wrong")]}
        columns: dict[str, list[Any]] = {
            "question": ["what is it"] * 2,
            "context": [CONTEXT, CONTEXT * 40],
            "answers": [answer, answer],
        }
    else:
        labels = LABELS[kind]
        (column,) = PROBLEMS[kind].columns or ("text",)
        columns = {column: ["the date", " ".join(["the date"] * 300)], "label": labels}
    return Dataset.from_dict({"idx": [0, 1], **columns})


def task(kind: str) -> Task:
    return Task(
        name="toy",
        kind=kind,
        columns=PROBLEMS[kind].columns or ("text",),
        label_names=NAMES.get(kind, ()),
        metric=PROBLEMS[kind].metrics[0],
        domain="home",
        train=rows(kind),
        dev=rows(kind).select([0]),
        test={"home": rows(kind)},
        source="made for tests",
    )


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_kind_has_its_targets(kind: str) -> None:
    tokenizer = tokenizer_like("bert")
    features = task(kind).encode("train", tokenizer, max_length=48)
    assert TARGETS[kind] < set(features.column_names)
    assert max(map(len, features["input_ids"])) == 48
    encoding = Encoding(48, label_names=NAMES.get(kind, ()))
    made = PROBLEMS[kind].encode(rows(kind), task(kind).columns, tokenizer, encoding)
    assert features[:] == made.dataset[:]


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_split_can_be_encoded(kind: str) -> None:
    tokenizer, whole = tokenizer_like("bert"), task(kind)
    assert whole.encode("home", tokenizer)[:] == whole.encode("train", tokenizer)[:]
    assert len(whole.encode("dev", tokenizer)) == 1


@pytest.mark.parametrize("kind", ["classification", "qa"])
def test_the_length_is_the_usual_one_as_far_as_the_tokenizer_goes(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = tokenizer_like("bert")
    assert (
        max(map(len, task(kind).encode("train", tokenizer)["input_ids"]))
        == PROBLEMS[kind].usual_length
    )
    monkeypatch.setattr(tokenizer, "model_max_length", 64)
    assert max(map(len, task(kind).encode("train", tokenizer)["input_ids"])) == 64


def test_an_unknown_split_is_refused_with_near_matches() -> None:
    with pytest.raises(ConfigError, match="toy has no split 'trian': did you mean train"):
        task("classification").encode("trian", tokenizer_like("bert"))
