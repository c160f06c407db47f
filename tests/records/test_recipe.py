"""A recipe: each field is declared once, and is refused alike wherever it is given."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune import ConfigError
from steadytune.finetune import TrainOptions
from steadytune.records.recipe import Recipe, default_words, option_name, recipe_fields
from steadytune.records.spec import RunSpec
from steadytune.study import make_study
from steadytune.tasks import DataSource
from tests.test_cli import call
from tests.tiny_bert import write_tiny_bert

SOURCE = DataSource(train="rows.csv")
REFUSED = [
    ("learning_rate", -1.0, "a finite number above 0"),
    ("epochs", 0.0, "a finite number above 0"),
    ("epochs", 1e300, "at most 100,000"),
    ("warmup", 1.5, "a share, 0 to 1"),
    ("weight_decay", -0.1, "a finite number >= 0"),
    ("batch_size", 0, "a whole number >= 1"),
    ("precision", "half", "one of auto, fp32, bf16, fp16"),
    ("class_weights", "equal", "one of none, balanced"),
    ("patience", 0, "a whole number >= 1"),
    ("threads", 0, "a whole number >= 1"),
    ("threads", 10**9, "at most 1,024"),
]


def test_every_field_is_declared() -> None:
    assert [field.name for field in dataclasses.fields(Recipe)] == list(recipe_fields())
    for name, declared in recipe_fields().items():
        assert declared.label, name
        assert declared.help or name == "group_by_length", name  # that one is not an option
        assert getattr(Recipe, name) is not None or declared.unset, name


@pytest.mark.parametrize(("name", "value", "expected"), REFUSED)
def test_a_value_is_refused_in_the_same_words_everywhere(
    name: str, value: Any, expected: str, tmp_path: Path
) -> None:
    words = f"{name}={value!r} is not possible; expected {expected}"
    for make in (
        lambda: Recipe(**{name: value}),
        lambda: TrainOptions(source=SOURCE, out="model", **{name: value}),
        lambda: make_study(tasks="rte", methods="plain", seeds=1, **{name: value}),
        lambda: make_study(tasks={"task": "rte", name: value}, methods="plain", seeds=1),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert str(caught.value).endswith(words)
    rows = tmp_path / "rows.csv"
    rows.write_text("text,label\n" + "".join(f"word {n},{n % 2}\n" for n in range(40)))
    for command in ("train", "compare"):
        option = f"{option_name(name)}={value}"
        result = call(command, "--train", str(rows), "--out", str(tmp_path / "out"), option)
        assert result.exit_code == 2
        # The command line calls the option as it was typed.
        typed = words.replace(f"{name}=", f"{option_name(name)} ")
        assert result.stderr == f"error: {typed}\n"


def test_values_are_kept_in_one_form() -> None:
    given = Recipe(epochs=np.int64(3), batch_size=np.int64(8), settings={"b": 1, "a": 2})
    assert given == Recipe(epochs=3.0, batch_size=8, settings=(("a", 2), ("b", 1)))
    assert Recipe(**given.as_dict()) == given


def test_changes_win_and_fields_of_the_trainer_add_up() -> None:
    start = Recipe(epochs=2, settings={"optim": "sgd", "adam_beta2": 0.9})
    changed = start.changed((("epochs", 5), ("settings", {"adam_beta2": 0.98})))
    assert changed == Recipe(epochs=5, settings={"optim": "sgd", "adam_beta2": 0.98})


def test_what_is_open_is_settled_in_a_run() -> None:
    for name, value in (("max_length", None), ("threads", None), ("precision", "auto")):
        with pytest.raises(ConfigError, match=f"{name}.* is left open"):
            RunSpec(task="toy", method="plain", seed=1, **{name: value})


def test_the_recipe_of_more_is_the_recipe_alone() -> None:
    assert TrainOptions(source=SOURCE, out="model", epochs=7).recipe == Recipe(epochs=7)
    assert default_words("weight_decay") == "0.01"
    assert default_words("learning_rate").startswith("by the model: 1e-4 for minilm")


EXTENDED = """
import dataclasses, sys
from steadytune.records import recipe

@dataclasses.dataclass(frozen=True, kw_only=True)
class Extended(recipe.Recipe):
    throw_away: float = recipe.declare(
        "Thrown away", recipe.share, default=0.25, neutral=0.0, help="A field for a test."
    )

recipe.Recipe = Extended

from steadytune.records.spec import RunSpec
from steadytune.reporting.analysis.facts import field_label
from steadytune.study import make_study

old = RunSpec(task="toy", method="plain", seed=1)
assert old.hash == "bb14f41e131e4159", old.hash
assert dataclasses.replace(old, throw_away=0.5).hash != old.hash
assert field_label("throw_away") == "Thrown away"
study = make_study(tasks="rte", methods=[{"method": "plain", "throw_away": 0.5}], seeds=1)
assert study.arms[0].changes == (("throw_away", 0.5),)

from steadytune import cli
cli.app(sys.argv[1:])
"""


def call_extended(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", EXTENDED, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_new_field_needs_its_declaration_alone(tmp_path: Path) -> None:
    """It is an option, a key, part of the hash, a line of the card and a label of the report."""
    rows = tmp_path / "rows.csv"
    rows.write_text("text,label\n" + "".join(f"word {n},{n % 2}\n" for n in range(20)))
    model = str(write_tiny_bert(tmp_path / "tiny"))
    out = tmp_path / "out"
    given = ("--train", str(rows), "--model", model, "--epochs", "1", "--threads", "1")
    done = call_extended("train", *given, "--throw-away", "0.75", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "| throw_away | 0.75 |" in (out / "README.md").read_text()
    study = ("--method", "plain", "--seeds", "1", "--workers", "0", "--out", str(tmp_path / "s"))
    done = call_extended("compare", *given, "--throw-away", "0.5", *study)
    assert done.returncode == 0, done.stderr
    assert "Thrown away" in (tmp_path / "s" / "report.html").read_text()
    refused = call_extended("train", *given, "--throw-away", "2", "--out", str(tmp_path / "no"))
    assert refused.stderr == "error: --throw-away 2.0 is not possible; expected a share, 0 to 1\n"
    shown = call_extended("train", "--help")
    text = " ".join(shown.stdout.replace("│", " ").split())  # wrapped to 80 columns
    assert "--throw-away" in text and "[default: 0.25]" in text
