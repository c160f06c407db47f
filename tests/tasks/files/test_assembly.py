"""Tasks of own rows: which rows train, choose and test, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from steadytune import ConfigError, DataError
from steadytune.tasks import TASKS
from steadytune.tasks.files import Target, read_evaluation_rows, read_texts
from steadytune.tasks.source import DataSource
from tests.tasks.local_copy import write_copy


def csv(
    path: Path, rows: int = 40, start: int = 0, text: str = "review", label: str = "verdict"
) -> str:
    lines = [f"sentence {n} of many,{'yes' if n % 4 else 'no'}" for n in range(start, start + rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"{text},{label}", *lines]))
    return str(path)


def saved(folder: Path, **labels: list[int]) -> str:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    splits = {
        split: Dataset.from_dict(
            {"text": [f"{split} {n}" for n in range(len(given))], "label": given}, features
        )
        for split, given in labels.items()
    }
    DatasetDict(splits).save_to_disk(str(folder))
    return str(folder)


def texts(rows: Dataset | None) -> set[str]:
    assert rows is not None
    return set(rows["text"][:])


def test_a_fifth_is_held_out_of_one_file(tmp_path: Path) -> None:
    source = DataSource(train=csv(tmp_path / "reviews.csv"))
    task = source.load()
    assert (task.name, task.domain, task.metric) == ("reviews", "reviews", "accuracy")
    assert (len(task.train), len(task.test["reviews"]), task.dev) == (32, 8, None)
    assert not texts(task.train) & texts(task.test["reviews"])
    assert source.notes() == (
        f"{source.train}: 40 rows; text: review; label: verdict (no, yes)",
        "held out: 8 of the 40 rows, drawn by their content; `test` names others",
    )


def test_no_path_stands_in_a_task_and_the_place_of_a_file_changes_nothing(tmp_path: Path) -> None:
    here, there = (
        DataSource(train=csv(tmp_path / folder / "reviews.csv")).load() for folder in "ab"
    )
    assert here == there
    assert str(tmp_path) not in repr(here)


def test_the_held_out_rows_do_not_change_with_the_order_of_the_file(tmp_path: Path) -> None:
    first = DataSource(train=csv(tmp_path / "a" / "reviews.csv")).load()
    header, *lines = (tmp_path / "a" / "reviews.csv").read_text().split("\n")
    (tmp_path / "reviews.csv").write_text("\n".join([header, *reversed(lines)]))
    second = DataSource(train=str(tmp_path / "reviews.csv")).load()
    assert texts(first.test["reviews"]) == texts(second.test["reviews"])


def test_copies_do_not_part(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    csv(path)
    header, *lines = path.read_text().split("\n")
    copies = [line.replace("sentence", " Sentence ") for line in lines]
    path.write_text("\n".join([header, *lines, *copies]))
    task = DataSource(train=str(path)).load()
    assert (len(task.train), len(task.test["reviews"])) == (64, 16)
    kept, held_out = (
        {" ".join(text.casefold().split()) for text in texts(rows)}
        for rows in (task.train, task.test["reviews"])
    )
    assert not kept & held_out


def test_files_have_three_uses(tmp_path: Path) -> None:
    train = csv(tmp_path / "t.csv")
    test = csv(tmp_path / "v.csv", 10, start=100, text="tweet")
    dev = csv(tmp_path / "d.csv", 12, start=36)
    task = DataSource(train=train, test=test, validation=dev).load()
    assert {name: len(rows) for name, rows in task.splits.items()} == {
        **{"train": 40, "dev": 12, "t": 10}
    }
    source = DataSource(train=train, test=test, validation=dev)
    notes = source.notes()
    assert notes[1] == f"held out: {test}: 10 rows; text: tweet; label: verdict (no, yes)"
    assert notes[2].endswith("(no, yes)")
    leak = "4 of the 12 examples of dev are among the training examples too"
    assert any(leak in warning for warning in source.look().warnings)


def test_no_choice_sees_a_row_that_is_scored(tmp_path: Path) -> None:
    given = {
        "train": csv(tmp_path / "t.csv", 40),
        "test": csv(tmp_path / "v.csv", 10, start=100),
        "ood": (f"o={csv(tmp_path / 'o.csv', 10, start=200)}",),
    }
    dev = csv(tmp_path / "d.csv", 106, start=104)  # 6 of them are held out, 10 of another domain
    source = DataSource(**given, validation=dev)
    task = source.load()
    assert texts(task.dev) == {f"sentence {n} of many" for n in range(110, 200)}
    assert source.notes()[-1] == "dev: 16 rows left out, test examples too"
    with pytest.raises(DataError, match="all validation examples are test examples too"):
        DataSource(**given, validation=given["test"]).load()


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ({"train": [0, 1]}, None),
        ({"train": [0, 1], "test": [1]}, ("test", None)),
        ({"train": [0, 1], "validation": [1]}, ("validation", None)),
        ({"train": [0, 1], "dev": [1], "test": [0]}, ("test", "dev")),
        ({"train": [0, 1], "validation": [1], "test": [-1, -1]}, ("validation", None)),
    ],
)
def test_the_splits_of_a_folder_have_three_uses(
    splits: dict[str, list[int]], expected: tuple[str, str | None] | None, tmp_path: Path
) -> None:
    source = DataSource(train=saved(tmp_path / "mine", **splits))
    if expected is None:
        with pytest.raises(DataError, match="too few rows"):
            source.load()
        return
    task = source.load()
    test, dev = expected
    assert texts(task.test["mine"]) == {f"{test} {n}" for n in range(len(splits[test]))}
    assert (task.dev is None) == (dev is None)
    if dev:
        assert texts(task.dev) == {f"{dev} {n}" for n in range(len(splits[dev]))}


def test_labels_that_are_kept_secret_are_not_used(tmp_path: Path) -> None:
    source = DataSource(train=saved(tmp_path / "mine", train=[0, 1], test=[-1], validation=[0]))
    assert source.notes()[1] == "not used: test, where every label is -1"


@pytest.mark.parametrize(
    ("train", "test", "why"),
    [
        (["no", "yes"], ["-1", "-1"], "every label is -1"),
        (["0.5", "4"], ["-1", "-1.0"], "every label is -1"),
        (["no", "yes"], ["", ""], "no row has a label"),
        (["-1", "1"], ["-1", "-1"], None),
        (["-1.0", "0.5"], ["-1.0", "-1.0"], None),
        (["0", "1"], ["0", "0"], None),
    ],
)
def test_labels_may_be_kept_secret_in_any_kind_of_file(
    train: list[str], test: list[str], why: str | None, tmp_path: Path
) -> None:
    for split, labels in (("train", train * 10), ("test", test)):
        rows = [f"{split} {n},{label}" for n, label in enumerate(labels)]
        (tmp_path / f"{split}.csv").write_text("\n".join(["text,label", *rows]))
    source = DataSource(train=str(tmp_path), name="mine")
    assert any(why in note for note in source.notes()) if why else len(source.notes()) == 2
    prefix = "train" if why else "test"
    assert all(text.startswith(prefix) for text in texts(source.load().test["mine"]))


def test_other_rows_are_those_that_have_labels(tmp_path: Path) -> None:
    other = saved(tmp_path / "other", validation=[0, 1], test=[-1, -1])
    source = DataSource(train=csv(tmp_path / "t.csv"), label="verdict", ood=(f"o={other}",))
    assert texts(source.load().test["o"]) == {"validation 0", "validation 1"}
    assert "not used: test, where every label is -1" in source.notes()
    rows = read_evaluation_rows(other, Target("classification", ("text",), ("no", "yes")))
    assert texts(rows.dataset) == {"validation 0", "validation 1"}


def test_splits_that_are_not_used_are_named(tmp_path: Path) -> None:
    folder = saved(tmp_path / "mine", train=[0, 1], test=[1], extra=[0, 0])
    assert DataSource(train=folder).notes()[-1] == "not used: extra"
    validation = csv(tmp_path / "v.csv", 8, label="label")
    assert DataSource(train=folder, test=validation).notes()[-1] == "not used: test, extra"


def test_rows_that_are_named_come_before_those_of_a_folder(tmp_path: Path) -> None:
    folder = saved(tmp_path / "mine", train=[0, 1] * 9, validation=[1], test=[0])
    test = csv(tmp_path / "v.csv", 8, label="label")
    task = DataSource(train=folder, test=test).load()
    assert len(task.test["mine"]) == 8
    assert texts(task.dev) == {"validation 0"}


def test_domains_are_added(tmp_path: Path) -> None:
    folder = saved(tmp_path / "tweets", train=[0, 1], test=[1, 1, 0])
    ood = (f"shop={csv(tmp_path / 'o.csv', 6)}", f"tweets={folder}")
    task = DataSource(train=csv(tmp_path / "r.csv"), ood=ood, name="mine").load()
    assert {name: len(rows) for name, rows in task.test.items()} == {
        **{"mine": 8, "shop": 6, "tweets": 3}
    }


def squad(path: Path, contexts: int) -> str:
    answers = [{"text": "red", "answer_start": 0}]
    paragraphs = [
        {
            "context": f"red {n}",
            "qas": [{"question": f"{n} {q}?", "answers": answers} for q in "ab"],
        }
        for n in range(contexts)
    ]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    return str(path)


def test_a_context_is_on_one_side_as_a_whole(tmp_path: Path) -> None:
    task = DataSource(train=squad(tmp_path / "house.json", 10)).load()
    assert (task.kind, task.metric, len(task.train), len(task.test["house"])) == ("qa", "f1", 16, 4)
    assert not set(task.train["context"][:]) & set(task.test["house"]["context"][:])


def test_regression_on_few_rows(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("text,score\n" + "".join(f"t{n},{n}.5\n" for n in range(10)))
    task = DataSource(train=str(tmp_path / "r.csv"), metric="spearman").load()
    assert (task.kind, task.metric, len(task.test["r"])) == ("regression", "spearman", 2)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": "mine"}, "mine"),
        ({"name": "my task!"}, "my-task"),
        ({}, "train.csv"),
    ],
)
def test_a_task_is_called_after_its_file_or_folder(
    given: dict[str, Any], name: str, tmp_path: Path
) -> None:
    train = csv(tmp_path / "house" / "train.csv")
    task = DataSource(train=train, **given).load()
    assert task.name == name
    assert task.domain == ("test" if name == "train.csv" else name)
    assert DataSource(train=csv(tmp_path / "r.csv")).load().domain == "r"


def test_a_reserved_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'train' is reserved"):
        DataSource(train=csv(tmp_path / "r.csv"), name="train").load()


@pytest.fixture
def copy(tmp_path: Path) -> str:
    card = TASKS["rte"].card
    assert card is not None
    return str(write_copy(tmp_path / "data", card))


def test_a_named_task_has_the_companions_that_are_asked_for(copy: str) -> None:
    assert list(DataSource(task="rte", data_root=copy).load().test) == ["rte"]
    assert list(DataSource(task="rte", data_root=copy, ood=("snli",)).load().test) == [
        "rte",
        "snli",
    ]
    assert len(DataSource(task="rte", data_root=copy, ood=("all",)).load().test) == 6
    assert DataSource(task="rte", data_root=copy).notes() == ()


def test_own_rows_join_a_named_task(copy: str, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(
        '{"premise": "a", "hypothesis": "b", "label": "contradiction"}\n'
        '{"premise": "c", "hypothesis": "d", "label": "entailment"}\n'
    )
    mine = str(tmp_path / "m.jsonl")
    (tmp_path / "d.csv").write_text("sentence1,sentence2,label\ne,f,0\ng,h,neutral\n")
    dev = str(tmp_path / "d.csv")
    source = DataSource(task="rte", data_root=copy, ood=(f"mine={mine}",), validation=dev)
    task = source.load()
    assert task.test["mine"]["label"][:] == [1, 0]
    assert task.test["mine"]["sentence1"][:] == ["a", "c"]
    assert task.dev is not None
    assert task.dev["label"][:] == [0, 1]
    assert len(source.notes()) == 2
    assert task.content_hash != DataSource(task="rte", data_root=copy).load().content_hash
    with pytest.raises(ConfigError, match="already a domain"):
        DataSource(task="rte", data_root=copy, ood=("all", f"snli={mine}")).load()


def test_rows_to_evaluate_on_and_to_predict_for(tmp_path: Path) -> None:
    folder = saved(tmp_path / "mine", train=[0, 1], test=[1, 0, 1])
    target = Target("classification", ("text",), ("no", "yes"), numbered=True)
    assert read_evaluation_rows(folder, target).dataset["label"][:] == [1, 0, 1]
    assert texts(read_texts(folder, ("text",)).dataset) == {"test 0", "test 1", "test 2"}


@pytest.mark.data
@pytest.mark.parametrize("name", ["rte", "stsb", "squad"])
def test_a_named_tasks_file_gives_its_rows(name: str, data_root: Path) -> None:
    named = DataSource(task=name, data_root=str(data_root)).load()
    target = Target(named.kind, named.columns, named.label_names, numbered=True)
    group = "qa" if named.kind == "qa" else "glue"
    file = str(data_root / group / name / "validation.jsonl.gz")
    own = read_evaluation_rows(file, target).dataset
    for column in (*named.columns, named.problem.answer):
        assert own[column][:] == named.test[name][column][:]


def scores(path: Path, header: str, rows: int = 20) -> str:
    fields = {"id": lambda n: str(n), "text": lambda n: f"{path.name} text {n}"}
    lines = [
        ",".join(fields.get(name, lambda n: str(n % 2))(n) for name in header.split(","))
        for n in range(rows)
    ]
    path.write_text("\n".join([header, *lines]))
    return str(path)


def test_a_split_without_labels_is_left_out(tmp_path: Path) -> None:
    scores(tmp_path / "train.csv", "id,text,target")
    test = scores(tmp_path / "test.csv", "id,text")
    source = DataSource(train=str(tmp_path), name="mine")
    assert all(text.startswith("train.csv") for text in texts(source.load().test["mine"]))
    assert "not used: test, where no column is a label" in source.notes()
    for kind in (None, "ordinal", "regression", "seq2seq"):
        with pytest.raises(DataError, match=r"test.csv has no column with a usual name for a lab"):
            DataSource(train=str(tmp_path / "train.csv"), test=test, kind=kind).load()


def test_training_rows_never_stand_in_for_test_rows_without_labels(tmp_path: Path) -> None:
    train = scores(tmp_path / "train.csv", "text,label")
    (tmp_path / "folder").mkdir()
    for split, header in (("train", "text,label"), ("test", "text,id")):
        scores(tmp_path / "folder" / f"{split}.csv", header)
    folder = str(tmp_path / "folder")
    target = Target("classification", ("text",), ("0", "1"))
    for read in (
        lambda: DataSource(train=train, ood=(f"o={folder}",)).load(),
        lambda: read_evaluation_rows(folder, target),
    ):
        with pytest.raises(DataError, match=r"test.csv has no column with a usual name for a lab"):
            read()


def test_a_label_of_another_name_is_said_or_refused_where_it_was_named(tmp_path: Path) -> None:
    train = scores(tmp_path / "train.csv", "text,verdict,score")
    test = scores(tmp_path / "test.csv", "text,score")
    says = r"^.*test.csv has no column 'verdict': its columns are text, score$"
    with pytest.raises(DataError, match=says):
        DataSource(train=train, test=test, label="verdict").load()
    ood = DataSource(train=train, ood=(f"o={test}",), label="verdict")
    assert any("no column 'verdict', the label in training" in line for line in ood.remarks())
    other = scores(tmp_path / "other.csv", "text,rating")
    guessed = DataSource(train=train, test=other, text="text")
    assert any("no column 'score', the label in training" in line for line in guessed.remarks())
