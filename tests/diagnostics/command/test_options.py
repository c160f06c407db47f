"""What can be diagnosed, and what the models are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steadytune import ConfigError
from steadytune.diagnostics.command import Options


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
        ({"text": ("a",)}, "`text` names columns of a file"),
    ],
)
def test_bad_settings(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Options("minilm", **settings)
