"""Options of `train` and `fit` in a YAML file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_app import named
from tests.test_cli import call, require_one_line

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(autouse=True)
def beside_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stands in a folder of its own, with examples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "of").mkdir()
    for name in ("reviews.csv", "later.csv"):
        (tmp_path / "of" / name).write_text("text,label\ngood,1\n")


def write(text: str, name: str = "run.yaml") -> None:
    Path("of", name).write_text(text)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("train", "--out model --train of/reviews.csv --method lnsr --learning-rate 0.0002 "
         "--seeds 3,5, --head-first --set lr_scheduler_type=cosine --set adam_beta2=0.98"),
        ("fit", "--test of/later.csv --budget 20m --one-model of/reviews.csv"),
    ],
)  # fmt: skip
def test_the_examples_of_the_pages_are_what_they_say(command: str, expected: str) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", (DOCS / f"{command}.md").read_text(), re.M | re.S)
    write(text)
    told = set(named(f"{command} of/run.yaml").split())
    assert told == {"steadytune", command, *expected.split()}


def test_keys_may_be_written_as_options_are() -> None:
    write("train: reviews.csv\nlearning-rate: 1e-4\nnum_train_epochs: 2\nood: [x=later.csv]\n")
    assert named("train of/run.yaml --out m") == (
        "steadytune train --out m --train of/reviews.csv --ood x=of/later.csv --epochs 2.0 "
        "--learning-rate 0.0001"
    )


def test_the_command_line_wins() -> None:
    write("task: rte\nout: a\nepochs: 2\nhead_first: false\npatience: null\n")
    assert named("train of/run.yaml --epochs 3 --out b") == (
        "steadytune train --out b --task rte --epochs 3.0"
    )


@pytest.mark.parametrize("command", ["train", "fit"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("maxlength: 3", ["unknown key 'maxlength'; did you mean max-length?"]),
        ("file: x", ["unknown key 'file'"]),
        ("seed: 1\nseed: 2", ["not YAML", "'seed' is given twice"]),
        ("max_length: 1\nmax-length: 2", ["max_length and max-length are one option"]),
        ("seed: many", ["seed='many' does not fit", "integer"]),
        ("seed: true", ["seed=True does not fit"]),
        ("label: yes", ["label=True does not fit: put it in quotes"]),
        ("skip_bad: 1", ["skip_bad=1 does not fit: expected true or false"]),
        ("label: {a: b}", ["label={'a': 'b'} does not fit: expected text or a number"]),
        ("trust_remote_code: true", ["not taken from a file; give --trust-remote-code"]),
        ("data_root: x", ["not taken from a file; give --data-root"]),
        ("train: ''", ["train='' does not fit: it is empty"]),
        ("out: ''", ["out='' does not fit", "name a folder"]),
        ("- a", ["is not a run", "expected keys"]),
        ("a: &x 1", ["anchors"]),
    ],
)
def test_what_does_not_fit_is_one_line(command: str, text: str, words: list[str]) -> None:
    write(f"{text}\n")
    require_one_line(call(command, "of/run.yaml"), "of/run.yaml", *words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train", "reviews.csv", "--out", "x"], "reviews.csv is not a YAML file of options"),
        (["fit", "none.yml"], "none.yml cannot be read"),
        (["fit", "of/run.yaml"], "nothing to fit on"),
        (["train", "", "--out", "x"], "RUN.yaml is empty"),
        (["train", "of/run.yaml"], "missing option '--out'"),
    ],
)
def test_other_files_are_refused(words: list[str], expected: str) -> None:
    write("seed: 3\n")
    require_one_line(call(*words), expected)


def test_a_value_out_of_range_names_the_file() -> None:
    write("epochs: -1\n")
    require_one_line(call("train", "of/run.yaml", "--out", "x"), "of/run.yaml: epochs=-1")
