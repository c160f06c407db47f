"""Rows of the hub in our columns and classes; a hub that does not answer costs one line."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from steadytune._exceptions import DataError
from steadytune.tasks import load_task
from tests.tasks.local_copy import write_file

NLI = ["entailment", "neutral", "contradiction"]


def labelled(columns: dict[str, list[Any]], names: list[str]) -> Dataset:
    texts = {name: Value("string") for name in columns if name != "label"}
    return Dataset.from_dict(columns, Features({**texts, "label": ClassLabel(names=names)}))


def pairs(first: str, second: str, labels: list[int], names: list[str]) -> Dataset:
    texts = [f"text {number}" for number in range(len(labels))]
    return labelled({first: texts, second: texts, "label": labels}, names)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str | None, str], Any]:
    """What the hub holds, by repository, configuration and split; it is always reached."""
    held: dict[tuple[str, str | None, str], Any] = {
        ("nyu-mll/glue", "rte", "train"): pairs(
            "sentence1", "sentence2", [0, 1], ["entailment", "not_entailment"]
        ),
        ("nyu-mll/glue", "rte", "validation"): pairs(
            "sentence1", "sentence2", [1, 0], ["entailment", "not_entailment"]
        ),
    }

    def load_dataset(name: str, config: str | None, *, split: str, revision: str | None) -> Dataset:
        assert (revision is None) == (name == "google-research-datasets/tydiqa")
        return held[name, config, split]

    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return held


def test_rows_come_in_our_columns(hub: dict[Any, Any]) -> None:
    task = load_task("rte")
    assert task.train[1] == {"sentence1": "text 1", "sentence2": "text 1", "label": 1, "idx": 1}
    assert "hub" in task.source and "local copy" not in task.source


def test_three_classes_become_two_and_rows_without_label_are_left_out(hub: dict[Any, Any]) -> None:
    rows = pairs("premise", "hypothesis", [2, -1, 0, 1], NLI)
    hub["stanfordnlp/snli", None, "validation"] = rows
    task = load_task("rte", companions=("snli",))
    assert list(task.test["snli"]["label"]) == [1, 0, 1]
    assert list(task.test["snli"]["sentence1"]) == ["text 0", "text 2", "text 3"]


def test_the_mapping_goes_by_name_not_by_number(hub: dict[Any, Any]) -> None:
    rows = pairs("premise", "hypothesis", [0, 1, 2], NLI[::-1])
    hub["stanfordnlp/snli", None, "validation"] = rows
    task = load_task("rte", companions=("snli",))
    assert list(task.test["snli"]["label"]) == [1, 1, 0]


def test_snli_is_split_alike_on_the_hub_and_in_a_local_copy(
    hub: dict[Any, Any], tmp_path: Path
) -> None:
    """The hub calls the columns otherwise, has rows without label, and spaces words otherwise."""
    premises = [f"A dog, number {number // 3}." for number in range(240)]
    hypotheses = [f"It is {number}." for number in range(240)]
    labels = [-1, 2, 0, 1] * 60
    columns: dict[str, list[Any]] = {"premise": premises, "hypothesis": hypotheses, "label": labels}
    hub["stanfordnlp/snli", None, "validation"] = labelled(columns, NLI)
    there = load_task("snli")
    rows = [
        {"sentence1": one.replace(",", " ,"), "sentence2": two, "label": int(label > 0)}
        for one, two, label in zip(premises, hypotheses, labels, strict=True)
        if label >= 0
    ]
    write_file(tmp_path, "nli/snli/validation", rows)
    here = load_task("snli", tmp_path)
    assert set(there.train["sentence1"]).isdisjoint(there.test["snli"]["sentence1"])
    assert len(there.train) + len(there.test["snli"]) == 180
    for split, found in there.splits.items():
        for column in ("idx", "sentence2", "label"):
            assert list(found[column]) == list(here.splits[split][column])
    assert there.exposed == here.exposed == ("snli",)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pairs("premise", "hypothesis", [0, 1], ["yes", "no"]), "has the classes yes, no"),
        (pairs("premise", "other", [0, 1], NLI), "has no column 'hypothesis'"),
    ],
)
def test_a_split_that_has_changed_is_one_line(
    hub: dict[Any, Any], rows: Dataset, words: str
) -> None:
    hub["stanfordnlp/snli", None, "validation"] = rows
    with pytest.raises(DataError) as caught:
        load_task("rte", companions=("snli",))
    text = str(caught.value)
    assert words in text and "`data_root`" in text and "\n" not in text


def test_only_rows_of_the_language_are_used(hub: dict[Any, Any]) -> None:
    answers = {"text": ["the"], "answer_start": [0]}
    rows = [
        {"id": name, "question": "what?", "context": "the end", "answers": answers}
        for name in ("english-1", "finnish-1", "english-2")
    ]
    for split in ("train", "validation"):
        key = ("google-research-datasets/tydiqa", "secondary_task", split)
        hub[key] = Dataset.from_list(rows)
    task = load_task("tydiqa_en")
    assert list(task.train["id"]) == ["english-1", "english-2"]
    assert list(task.train["idx"]) == [0, 1]


def test_what_the_hub_does_not_have_is_left_out_of_all_and_refused_by_name(
    hub: dict[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    hub["stanfordnlp/snli", None, "validation"] = pairs("premise", "hypothesis", [0], NLI)
    hub["nyu-mll/glue", "mnli", "validation_matched"] = pairs("premise", "hypothesis", [0], NLI)
    with caplog.at_level(logging.WARNING):
        task = load_task("rte", companions=("all",))
    assert list(task.test) == ["rte", "mnli_matched", "snli"]
    assert "hans_style, glue_diagnostic, counterfactual_nli" in caplog.text
    with pytest.raises(DataError, match=r"does not have hans_style of rte: .* `data_root`"):
        load_task("rte", companions=("hans_style",))


@pytest.mark.usefixtures("no_network")
def test_offline_is_one_line_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)
    with pytest.raises(DataError) as caught:
        load_task("stsb")
    text = str(caught.value)
    assert "nyu-mll/glue, stsb, train" in text and "`data_root`" in text and "\n" not in text


def test_a_hub_that_does_not_answer_is_asked_once(
    hub: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dataset_info(*_: object, **__: object) -> None:
        raise ConnectionError("no route\nto host")

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    with pytest.raises(DataError, match=r"\(no route\): .*HF_HUB_OFFLINE=1 reads what is cached"):
        load_task("rte")
