"""The real rows: every task with every companion, as many as the card says, and always the same."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from steadytune.tasks import TASKS, Task, load_task
from steadytune.tasks.named import FILE_CARDS, TaskCard
from steadytune.tasks.named.mirror import read_rows
from steadytune.tasks.named.selection import letters_and_digits, text_digest
from steadytune.tasks.named.snli_texts_elsewhere import TEXTS_ELSEWHERE
from tests.tasks.local_copy import STUDIED, letters_of_files

pytestmark = pytest.mark.data

CARDS = {card.name: card for card in FILE_CARDS}

HASHES = {
    "rte": "4ef9258971530ccdc5813fcf8d156b0c",
    "snli": "b9ad53fce2b1ce0fea19158dfb89846e",
    "mrpc": "d1266d1be4a9a9d2ac6eb3e5913aa9cc",
    "cola": "fd13ededcbab4d4f05ab89bab2cdc3f1",
    "stsb": "ae82b5eb5a5c4a86539d26ecb469fe88",
    "sst2": "be4b9bac3ae4b27a03804a3f6abd04ab",
    "movie_reviews": "7af91bacd3a28c7216a2320b4b3c3f0d",
    "squad": "b2219a6b2a7d0619146c20cfeab267ef",
    "go_emotions": "a97ed1a2630e0c92fbee5ff7ab69145d",
    "wnut17": "e7ab0aa3cce27983f539b439607f5726",
    "tydiqa_en": "5b511252b0ff5268f609050a566e1f5d",
}

# Rows that the published sets repeat: domain -> how many of them stand among the training rows.
REPEATED = {
    "cola": {"cola": 4, "unseen_sources": 12},
    "stsb": {"stsb": 6},
    "go_emotions": {"go_emotions": 5},
}

each_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)


@cache
def whole(name: str, root: Path) -> Task:
    return load_task(name, root, ("all",))


@each_card
def test_sizes_are_those_of_the_card(card: TaskCard, data_root: Path) -> None:
    task = whole(card.name, data_root)
    counts = {"train": card.train.count, card.name: card.test.count}
    counts |= {companion.name: companion.rows.count for companion in card.companions}
    assert {split: len(rows) for split, rows in task.splits.items()} == counts


@each_card
def test_the_rows_are_always_the_same(card: TaskCard, data_root: Path) -> None:
    assert whole(card.name, data_root).content_hash == HASHES[card.name]


@each_card
def test_classes_are_named_as_the_index_names_them(card: TaskCard, data_root: Path) -> None:
    index = {entry["path"]: entry for entry in json.loads((data_root / "index.json").read_text())}
    for rows in (card.train, card.test, *(companion.rows for companion in card.companions)):
        entry = index[f"{rows.file}.jsonl.gz"]
        assert tuple(entry["labels"] or ()) == card.label_names
        assert entry["rows"] == rows.count or rows.selection is not None


@each_card
def test_only_known_evaluation_rows_are_training_rows(card: TaskCard, data_root: Path) -> None:
    task = whole(card.name, data_root)
    known = set(zip(*(task.train[column] for column in task.columns), strict=True))
    shared = {
        domain: sum(row in known for row in zip(*(rows[c] for c in task.columns), strict=True))
        for domain, rows in task.test.items()
    }
    found = {domain: count for domain, count in shared.items() if count}
    assert found == REPEATED.get(card.name, {})


@pytest.mark.parametrize("name", ["squad", "tydiqa_en"])
def test_every_answer_stands_in_its_context(name: str, data_root: Path) -> None:
    for rows in whole(name, data_root).splits.values():
        for row in rows:
            places = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
            assert all(text and row["context"][at : at + len(text)] == text for text, at in places)


@pytest.mark.parametrize("name", ["squad", "tydiqa_en"])
def test_no_context_of_the_own_domain_is_both_trained_and_evaluated_on(
    name: str, data_root: Path
) -> None:
    task = whole(name, data_root)
    assert set(task.train["context"]).isdisjoint(task.test[name]["context"])


def test_no_premise_of_snli_is_both_trained_and_evaluated_on(data_root: Path) -> None:
    task = whole("snli", data_root)
    trained = set(map(letters_and_digits, task.train["sentence1"]))
    assert trained.isdisjoint(map(letters_and_digits, task.test["snli"]["sentence1"]))


def test_class_shares_of_snli_are_as_documented(data_root: Path) -> None:
    task = whole("snli", data_root)
    shares = {split: sum(rows["label"]) / len(rows) for split, rows in task.splits.items()}
    assert (shares["train"], shares["snli"]) == pytest.approx((0.666, 0.654), abs=5e-4)


def test_sentences_of_snli_that_stand_in_the_tasks_studied_are_left_out(data_root: Path) -> None:
    known = letters_of_files(data_root, STUDIED)
    texts = {
        row[column]
        for row in read_rows(data_root, "nli/snli/validation")
        for column in ("sentence1", "sentence2")
    }
    shared = {text for text in texts if letters_and_digits(text) in known}
    assert frozenset(map(text_digest, shared)) == TEXTS_ELSEWHERE
    task = whole("snli", data_root)
    for rows in (task.train, task.test["snli"]):
        assert shared.isdisjoint(rows["sentence1"]) and shared.isdisjoint(rows["sentence2"])


def test_no_row_of_counterfactual_nli_is_an_edit_of_a_row_of_snli(data_root: Path) -> None:
    """The rows before they were edited stand in a file beside them that no task reads."""
    premises = {
        letters_and_digits(row["sentence1"])
        for split in ("counterfactual", "validation")
        for row in read_rows(data_root, f"nli/counterfactual_nli/{split}")
    }
    rows = read_rows(data_root, "nli/snli/validation")
    assert premises.isdisjoint(letters_and_digits(row["sentence1"]) for row in rows)


def test_the_validation_rows_of_tydiqa_have_no_answers(data_root: Path) -> None:
    """Why evaluation rows are held out of its training rows."""
    rows = read_rows(data_root, "qa/tydiqa_en/validation")
    assert {text for row in rows for text in row["answers"]["text"]} == {""}


def test_sources_of_the_second_part_of_cola_are_not_trained_on(data_root: Path) -> None:
    seen = {row["source"] for row in read_rows(data_root, "glue/cola/train")}
    sources = [row["source"] for row in read_rows(data_root, "glue/cola/validation")]
    task = whole("cola", data_root)
    assert {sources[idx] for idx in task.test["cola"]["idx"]} <= seen
    assert seen.isdisjoint(sources[idx] for idx in task.test["unseen_sources"]["idx"])


def test_the_source_says_what_squad_s_rows_are(data_root: Path) -> None:
    assert "first 1,650 contexts of the official dev set" in whole("squad", data_root).source
    train = read_rows(data_root, "qa/squad/train")
    assert len({row["context"] for row in train}) == 1650


def test_reviews_are_as_long_as_documented(data_root: Path) -> None:
    halves = {
        kind: median(
            len(row["sentence"].split())
            for row in read_rows(data_root, f"sentiment/amazon_{kind}/validation")
        )
        for kind in ("books", "dvd", "electronics")
    }
    assert halves == {"books": 131.5, "dvd": 122.5, "electronics": 79.5}


def test_texts_of_mrpc_stand_in_stsb(data_root: Path) -> None:
    """Why the two are never mixed."""
    tested = {
        (row["sentence1"], row["sentence2"]) for row in read_rows(data_root, "glue/mrpc/test")
    }
    trained = {(row["sentence1"], row["sentence2"]) for row in whole("stsb", data_root).train}
    assert len(tested & trained) > 400
    assert TASKS["mrpc"].card is not None
    assert "stsb" in TASKS["mrpc"].card.shares_texts_with
