"""Tasks from local copies: domains, types, sources, and one line for whatever is wrong."""

import gzip
from pathlib import Path

import pytest

from steadytune._exceptions import ConfigError, DataError
from steadytune.tasks import TASKS, load_task
from steadytune.tasks.named import FILE_CARDS, TaskCard
from tests.tasks.local_copy import made_up_row, write_copy, write_file, write_index

RTE, COLA = (TASKS[name].card for name in ("rte", "cola"))
assert RTE is not None and COLA is not None


@pytest.fixture(autouse=True)
def no_data_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    assert RTE is not None
    return write_copy(tmp_path, RTE)


def packed(content: bytes) -> bytes:
    """The same bytes whenever it is called, as names of test cases have to be."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize("card", FILE_CARDS, ids=[card.name for card in FILE_CARDS])
def test_every_task_is_read_with_all_companions(card: TaskCard, tmp_path: Path) -> None:
    task = load_task(card.name, write_copy(tmp_path, card, rows=600), ("all",))
    assert list(task.test) == [card.name, *(companion.name for companion in card.companions)]
    assert (task.kind, task.columns, task.metric) == (card.kind, card.columns, card.metric)
    assert task.exposed == card.exposed_domains
    expected = {"idx", *card.columns, *(["id", "answers"] if card.kind == "qa" else ["label"])}
    assert all(set(rows.column_names) == expected for rows in task.splits.values())
    assert "local copy" in task.source and card.train.origin.licence in task.source


def test_without_companions_the_task_has_its_own_domain_only(copy: Path) -> None:
    task = load_task("rte", copy)
    assert list(task.test) == ["rte"] and task.exposed == ()
    assert task.train[1] == {
        "sentence1": "sentence1 1 of rte",
        "sentence2": "sentence2 1 of rte",
        "label": 1,
        "idx": 1,
    }
    assert task.train.features["label"].names == ["entailment", "not_entailment"]


def test_only_what_is_asked_for_is_read(copy: Path) -> None:
    (copy / "nli/hans_style/validation.jsonl.gz").unlink()
    task = load_task("rte", copy, ("snli", "mnli_matched"))
    assert list(task.test) == ["rte", "mnli_matched", "snli"]
    assert task.exposed == ("mnli_matched", "snli")
    assert "SNLI" in task.source and "HANS" not in task.source


def test_the_variable_names_the_folder(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYTUNE_DATA", str(copy))
    assert load_task("rte").content_hash == load_task("rte", str(copy)).content_hash


def test_unseen_sources_follow_the_seen_ones(tmp_path: Path) -> None:
    assert COLA is not None
    task = load_task("cola", write_copy(tmp_path, COLA, rows=530), ("unseen_sources",))
    assert list(task.test["cola"]["idx"]) == list(range(527))
    assert list(task.test["unseen_sources"]["idx"]) == [527, 528, 529]


def test_an_index_that_fits_changes_nothing(copy: Path) -> None:
    before = load_task("rte", copy).content_hash
    write_index(copy)
    assert load_task("rte", copy).content_hash == before


def line_of(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_file_that_is_not_the_one_of_the_index(copy: Path) -> None:
    write_index(copy)
    assert RTE is not None
    write_file(copy, "glue/rte/train", [made_up_row(RTE, number) for number in range(3)])
    with pytest.raises(DataError, match=r"train\.jsonl\.gz has sha256 .* copy the file again"):
        load_task("rte", copy)


@pytest.mark.parametrize("text", ["{", "{}", "[3]", '[{"path": "x"}, {"sha256": "y"}]', "\xff"])
def test_an_index_that_is_none(copy: Path, text: str) -> None:
    (copy / "index.json").write_text(text, encoding="latin-1")
    if text == "{}":
        load_task("rte", copy)  # an empty list of files
        return
    with pytest.raises(DataError, match=r"index\.json is not a list of files"):
        load_task("rte", copy)


def test_a_missing_folder_and_a_missing_file_are_named(copy: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere is not a folder: .* `data_root`") as caught:
        load_task("rte", copy / "nowhere")
    line_of(caught)
    (copy / "nli/snli/validation.jsonl.gz").unlink()
    with pytest.raises(DataError, match=r"snli/validation\.jsonl\.gz cannot be read") as caught:
        load_task("rte", copy, ("all",))
    assert "`data_root`" in line_of(caught)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"plain text", "is not a gzip file"),
        (packed(b"{}\n" * 99)[:20], "is not a gzip file"),
        (packed(b'{"label": "\xff"}'), "is not a gzip file of UTF-8"),
        (packed(b'{"label": 1}\n\n{'), "line 3 is not a JSON object"),
        (packed(b"[1]\n"), "line 1 is not a JSON object"),
        (packed(b"[" * 100_000), "line 1 is not a JSON object"),
        (
            packed(b'{"sentence1": "a", "label": 1}\n'),
            "row 1 of train of rte has no sentence2",
        ),
        (packed(b""), "is empty"),
    ],
)
def test_a_broken_file_is_one_line(copy: Path, content: bytes, words: str) -> None:
    (copy / "glue/rte/train.jsonl.gz").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_task("rte", copy)
    assert words in line_of(caught)


@pytest.mark.parametrize(
    "change",
    [{"sentence1": 3}, {"sentence1": ["a"]}, {"label": "yes"}, {"label": True}, {"label": 7}],
)
def test_a_value_of_another_type_is_one_line(copy: Path, change: dict[str, object]) -> None:
    assert RTE is not None
    rows = [made_up_row(RTE, number) for number in range(5)]
    write_file(copy, "glue/rte/train", [*rows, {**rows[0], **change}])
    with pytest.raises(DataError) as caught:
        load_task("rte", copy)
    assert "train of rte" in line_of(caught)


def test_a_companion_that_there_is_not(copy: Path) -> None:
    with pytest.raises(ConfigError, match=r"no companion 'snil': did you mean snli\?") as caught:
        load_task("rte", copy, ("snil",))
    assert "expected all or some of mnli_matched" in line_of(caught)
