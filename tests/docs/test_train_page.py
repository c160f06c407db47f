"""Every command of docs/train.md runs, on a tiny model."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.finetune.toy_files import succeed, write_model

ROOT = Path(__file__).parents[2]


def commands() -> list[list[str]]:
    """The words after `steadytune` of each command, in their order."""
    text = (ROOT / "docs" / "train.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


def test_every_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("reviews.csv", "posts.csv"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    model = write_model(tmp_path)
    found = commands()
    assert {words[0] for words in found} == {"train", "evaluate", "predict"}
    for words in found:
        tiny = ["--model", model, "--max-length", 32] if words[0] == "train" else []
        succeed(*words, *tiny)
    assert (tmp_path / "scores.json").is_file() and (tmp_path / "predicted.csv").is_file()
