"""What can be diagnosed, and what the models are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.diagnose import Options
from steadytune.diagnose.run import command


def test_models_have_short_and_different_names() -> None:
    found = Options("minilm", ("runs/a/model", "runs/b/model", "owner/bert"))
    assert found.models[0] == "minilm"
    assert found.labels == ("minilm", "2: model", "3: model", "bert")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"examples": 1}, "examples=1"),
        ({"relative_noise": 0.0}, "relative_noise=0"),
        ({"relative_noise": float("nan")}, "relative_noise=nan"),
        ({"data": Path("x.csv")}, "either a task or a file"),
        ({"task": None}, "either a task or a file"),
        ({"text": ("a",)}, "text columns belong to a file"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Options("minilm", **settings)


def test_the_command_says_what_is_not_the_default() -> None:
    options = Options("minilm", ("a b", "c"), full=True, examples=8, out=Path("d"))
    assert (
        command(options)
        == "steadytune diagnose minilm --compare 'a b' c --examples 8 --out d --full"
    )
    of_file = Options("m", task=None, data=Path("x.csv"), text=("s", "t"))
    assert command(of_file) == "steadytune diagnose m --data x.csv --text s --text t"
