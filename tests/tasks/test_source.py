"""Where rows come from, as a value: checked when made, sent as it is, read once."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from steadytune import ConfigError, DataError
from steadytune.tasks import TASKS
from steadytune.tasks.source import DataSource, Domain
from tests.tasks.local_copy import write_copy


def test_it_is_a_value() -> None:
    source = DataSource(train="reviews.csv", ood=("tweets=tweets.csv",), text=("a", "b"))
    assert pickle.loads(pickle.dumps(source)) == source
    assert hash(source) == hash(DataSource(**vars(source)))


def test_domains_have_a_file_or_are_companions() -> None:
    source = DataSource(task="rte", ood=("all", "a = x=y.csv", "snli"))
    assert source.domains == (Domain("all"), Domain("a", "x=y.csv"), Domain("snli"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "neither a task nor training rows"),
        ({"task": "rte", "train": "r.csv"}, "both a task and training rows"),
        ({"train": "r.csv", "kind": "regresion"}, "did you mean regression"),
        (
            {"train": "r.csv", "kind": "spans"},
            "expected classification, multilabel, tagging, ordinal, regression, qa",
        ),
        ({"train": "r.csv", "ood": ("all",)}, "only a named task has companions"),
        ({"train": "r.csv", "ood": ("t.csv",)}, "tweets=tweets.csv"),
        ({"train": "r.csv", "ood": ("a b=t.csv",)}, "is not a domain"),
        ({"train": "r.csv", "ood": ("=t.csv",)}, "is not a domain"),
        ({"train": "r.csv", "ood": ("t=",)}, "is not a domain"),
        ({"train": "r.csv", "ood": ("train=t.csv",)}, "'train' is reserved"),
        ({"train": "r.csv", "ood": ("t=t.csv", "t=s.csv")}, "'t' is given twice"),
        ({"task": "rte", "test": "v.csv"}, "leave `test` out"),
        ({"train": "r.csv", "validation": "v.csv"}, "give `test=FILE`, alone or with `val"),
        ({"train": "r.csv", "validation": "v.csv", "dev": "d.csv"}, "dev is the old name"),
        ({"task": "rte", "kind": "qa"}, "leave `kind` out"),
        ({"task": "rte", "positive": "entailment"}, "leave `positive` out"),
        ({"task": "rte", "name": "mine"}, "leave `name` out"),
        ({"task": "rte", "text": ("a",)}, "leave `text` out"),
        ({"task": "rte", "label": "a", "ood": ("all",)}, "leave `label` out"),
    ],
)
def test_what_cannot_be_is_refused_before_a_file_is_read(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        DataSource(**given)
    assert len(str(raised.value).splitlines()) == 1


def test_columns_can_be_named_for_further_rows_of_a_named_task() -> None:
    assert DataSource(task="rte", text=("a", "b"), label="y", ood=("t=t.csv",)).label == "y"


def test_validation_rows_had_another_name(tmp_path: Path) -> None:
    for name in ("t", "v"):
        rows = [f"{name} {n},{'yes' if n % 2 else 'no'}" for n in range(40)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *rows]))
    train, other = str(tmp_path / "t.csv"), str(tmp_path / "v.csv")
    old = DataSource(train=train, dev=other)
    assert old.validation == other
    assert dataclasses.replace(old, name="mine").validation == other
    task = old.load()
    assert (len(task.train), len(task.dev or ()), len(task.test["t"])) == (32, 40, 8)
    notice = "dev is now called validation: rows to select and stop early by"
    assert notice in old.notes()
    assert notice not in DataSource(train=train, test=train, validation=other).notes()


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        ({"task": "rte"}, True),
        ({"task": "rte", "data_root": "copies"}, False),
        ({"task": "vader-movies"}, False),
        ({"task": "vader-movies", "ood": ("o=owner/name",)}, True),
        ({"task": "no such task"}, False),
        ({"train": "owner/name"}, True),
        ({"train": "reviews.csv"}, False),
        ({"train": "reviews.csv", "dev": "owner/name:config"}, True),
        ({"train": "."}, False),
    ],
)
def test_it_says_whether_the_hub_is_asked(
    given: dict[str, Any], asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)
    assert DataSource(**given).asks_hub == asks
    monkeypatch.setenv("STEADYTUNE_DATA", "copies")
    assert DataSource(**given).asks_hub == (asks and given.get("task") != "rte")


def test_equal_values_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("text,label\n" + "".join(f"text {n},{n % 2}\n" for n in range(20)))
    assert DataSource(train=str(path)).load() is DataSource(train=str(path)).load()


def test_changed_files_and_another_folder_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = DataSource(train="rows.csv")
    for name, rows in (("first", 10), ("second", 20)):
        folder = tmp_path / name
        folder.mkdir()
        write_rows(folder / "rows.csv", rows)
        monkeypatch.chdir(folder)
        assert count_rows(source) == rows
    write_rows(Path("rows.csv"), 30)
    assert count_rows(source) == 30


@pytest.mark.parametrize("where", ["~/rows.csv", "~/folder", "folder"])
def test_changed_files_of_a_folder_and_at_home_are_read_again(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    file = tmp_path / ("rows.csv" if where.endswith(".csv") else "folder/train.csv")
    for rows in (10, 20):
        write_rows(file, rows)
        assert count_rows(DataSource(train=where, name="mine")) == rows


def test_changed_splits_of_a_saved_data_set_are_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    for rows in (10, 20):
        content = {"text": [f"text {n}" for n in range(rows)], "label": [0, 1] * (rows // 2)}
        DatasetDict(train=Dataset.from_dict(content)).save_to_disk(str(folder))
        assert count_rows(DataSource(train=str(folder), name="mine")) == rows


def test_a_name_that_no_file_can_have_is_one_line() -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        DataSource(train="r" * 5000 + ".csv").load()


def count_rows(source: DataSource) -> int:
    return sum(map(len, source.load().splits.values()))


def write_rows(path: Path, count: int) -> None:
    rows = (f"text {number},{number % 2}\n" for number in range(count))
    path.write_text("text,label\n" + "".join(rows))


def test_the_metric_can_be_another(tmp_path: Path) -> None:
    card = TASKS["rte"].card
    assert card is not None
    copy = str(write_copy(tmp_path, card))
    other = DataSource(task="rte", data_root=copy, metric="f1").load()
    own = DataSource(task="rte", data_root=copy).load()
    assert (other.metric, own.metric) == ("f1", "accuracy")
    assert other.content_hash == own.content_hash
    with pytest.raises(ConfigError, match="unknown metric 'bleu'"):
        DataSource(task="rte", data_root=copy, metric="bleu").load()


def test_paths_and_lists_are_kept_in_one_form() -> None:
    given = DataSource(train=Path("rows.csv"), ood=["a=b.csv"], text="words")  # type: ignore[arg-type]
    assert given == DataSource(train="rows.csv", ood=("a=b.csv",), text=("words",))
    assert hash(given) == hash(DataSource(train="rows.csv", ood=("a=b.csv",), text=("words",)))
