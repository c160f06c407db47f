"""Commands go without the hub where neither models nor rows come from it, and only there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from steadytune.cli._app import look_ahead
from steadytune.tasks import DataSource


@pytest.mark.parametrize(
    ("models", "rows_ask_hub", "offline"),
    [
        (("minilm",), False, True),
        (("minilm", "."), False, True),
        (("minilm",), True, False),
        (("owner/name",), False, False),
        (("minilm", "owner/name"), False, False),
    ],
)
def test_the_hub_is_left_alone_where_nothing_comes_from_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    models: tuple[str, ...],
    rows_ask_hub: bool,
    offline: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("STEADYTUNE_DATA", raising=False)
    look_ahead(*models, rows=[DataSource(task="rte")] if rows_ask_hub else [])
    assert os.environ.pop("HF_HUB_OFFLINE", "0") == ("1" if offline else "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
