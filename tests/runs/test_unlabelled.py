"""Files of unlabelled texts: how they are read, which runs have them, and what they change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError, DataError
from steadytune.pretrained import Pretrained
from steadytune.records.recipe import Recipe
from steadytune.records.spec import RunSpec
from steadytune.runs import plan as planning
from steadytune.runs.plan import Arm, LoadedTask, plan, require_use_of_unlabelled
from steadytune.runs.run import run
from steadytune.runs.unlabelled import unlabelled_texts
from tests.toy_task import load_toy

TEXTS = ["a book was good", "the news is not fine", "the phone is very poor"]
RECIPE = Recipe(train_size=8, epochs=1, learning_rate=1e-2, max_length=16, batch_size=4)


def write(folder: Path, name: str, texts: Any = TEXTS) -> str:
    path = folder / name
    if name.endswith(".txt"):
        path.write_text("\n".join(texts) + "\n\n")
    else:
        path.write_text("".join(json.dumps({"words": text}) + "\n" for text in texts))
    return str(path)


def runs(model: Pretrained, methods: Any, where: str | None) -> tuple[RunSpec, ...]:
    recipe = RECIPE.changed({"unlabelled": where})
    planned = plan([LoadedTask(load_toy())], methods, recipe, (1,), model=model)
    return tuple(run.spec for run in planned)


@pytest.mark.parametrize("name", ["more.txt", "more.jsonl"])
def test_texts_are_encoded_like_those_of_the_task(
    model: Pretrained, tmp_path: Path, name: str
) -> None:
    (spec,) = runs(model, ["lnsr"], write(tmp_path, name))
    tokenizer = model.tokenizer()
    found = unlabelled_texts(spec, load_toy(), tokenizer)
    assert "labels" not in found.column_names
    assert found["input_ids"][:] == tokenizer(TEXTS)["input_ids"]


def test_a_line_ends_at_a_line_feed_alone(model: Pretrained, tmp_path: Path) -> None:
    texts = ["a book\u2028was good", "the news\x0cis not\x85fine", "the phone\ris very poor"]
    path = tmp_path / "more.txt"
    path.write_bytes("\r\n".join(texts).encode())
    (spec,) = runs(model, ["lnsr"], str(path))
    tokenizer = model.tokenizer()
    found = unlabelled_texts(spec, load_toy(), tokenizer)
    assert found["input_ids"][:] == tokenizer(texts)["input_ids"]


def test_the_file_is_hashed_once_for_all_runs(
    model: Pretrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(planning, "hash_of", lambda where: hashed.append(where) or "hash")
    runs(model, ["lnsr", "rdrop", "smart"], write(tmp_path, "more.txt"))
    assert len(hashed) == 1


def test_only_methods_with_a_use_for_them_have_them(model: Pretrained, tmp_path: Path) -> None:
    """Plain fine-tuning with unlabelled texts is plain fine-tuning, and stays the same run."""
    where = write(tmp_path, "more.txt")
    plain, treated = runs(model, ["plain", "lnsr"], where)
    assert (plain,) == runs(model, ["plain"], None)
    assert treated.unlabelled == where and len(treated.unlabelled_hash) == 16
    (before,) = runs(model, ["lnsr"], None)
    assert treated.hash != before.hash
    planned = plan(
        [LoadedTask(load_toy())],
        ["plain", "lnsr"],
        RECIPE.changed({"unlabelled": where}),
        (1,),
        model=model,
    )
    assert [run.arm["varies"] for run in planned if run.arm] == [
        ["unlabelled", "unlabelled_hash"]
    ] * 2


def test_an_arm_may_have_them_for_itself(model: Pretrained, tmp_path: Path) -> None:
    where = write(tmp_path, "more.txt")
    arms = [Arm("alone", "lnsr"), Arm("with texts", "lnsr", (("unlabelled", where),))]
    alone, beside = runs(model, arms, None)
    assert (alone.unlabelled, beside.unlabelled) == (None, where)


def test_a_run_trains_on_them(model: Pretrained, tmp_path: Path) -> None:
    (spec,) = runs(model, ["r3f:std=0.5"], write(tmp_path, "more.txt"))
    records = [
        run(one, load=lambda name: load_toy(), model=model).record
        for one in (spec, replace(spec, unlabelled=None, unlabelled_hash=""), spec)
    ]
    assert [record.status for record in records] == ["ok"] * 3
    beside, alone, again = (record.results for record in records)
    assert beside == again
    assert beside != alone
    passes = [record.cost["forwards_per_step"] for record in records]
    assert passes[0] > 1.9 * passes[1]


@pytest.mark.parametrize(
    ("arms", "match"),
    [
        ([Arm("plain", "plain")], "of no use to any of the methods"),
        (
            [Arm("lnsr", "lnsr"), Arm("m", "mixout", (("unlabelled", "more.txt"),))],
            "of no use to m",
        ),
    ],
    ids=["all", "one"],
)
def test_texts_of_no_use_are_refused(arms: list[Arm], match: str) -> None:
    recipe = RECIPE.changed({"unlabelled": "more.txt"})
    with pytest.raises(ConfigError, match=match):
        require_use_of_unlabelled(recipe, arms)


def test_a_file_that_has_changed_is_refused(model: Pretrained, tmp_path: Path) -> None:
    (spec,) = runs(model, ["lnsr"], write(tmp_path, "more.txt"))
    write(tmp_path, "more.txt", ["another text"])
    with pytest.raises(DataError, match="has changed since the run was planned"):
        unlabelled_texts(spec, load_toy(), model.tokenizer())


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"\n \n", "has no text; expected one per line"), (b"caf\xe9\n", r"not UTF-8 \(byte 4\)")],
    ids=["empty", "latin-1"],
)
def test_files_without_texts_are_refused(
    model: Pretrained, tmp_path: Path, content: bytes, match: str
) -> None:
    path = tmp_path / "more.txt"
    path.write_bytes(content)
    (spec,) = runs(model, ["lnsr"], str(path))
    with pytest.raises(DataError, match=match):
        unlabelled_texts(spec, load_toy(), model.tokenizer())


def test_a_file_that_is_not_there_is_refused(model: Pretrained, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        runs(model, ["lnsr"], str(tmp_path / "none.txt"))


def test_lines_are_no_pairs(model: Pretrained, tmp_path: Path) -> None:
    (spec,) = runs(model, ["lnsr"], write(tmp_path, "more.txt"))
    task = replace(load_toy(), columns=("sentence", "idx"))
    with pytest.raises(DataError, match="one text per line, and this task has 2 texts per row"):
        unlabelled_texts(spec, task, model.tokenizer())
