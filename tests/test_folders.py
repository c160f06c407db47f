"""Folders that files are written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune import ConfigError
from steadytune._folders import decoded, make_folder, require_writable


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    for _ in range(2):
        assert make_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_a_writable_folder_is_left_with_its_part_alone(tmp_path: Path) -> None:
    require_writable(tmp_path / "study", "runs")
    assert list((tmp_path / "study").rglob("*")) == [tmp_path / "study" / "runs"]


def test_what_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot make the folder .*file"):
        make_folder(tmp_path / "file")
    with pytest.raises(ConfigError, match=r"cannot write to .*file \(.*\); .*`out`"):
        require_writable(tmp_path / "file", "runs")


@pytest.mark.parametrize("text", ["plain", "räte", "r\udcc3\udca4te", "r\udce4te"], ids=ascii)
def test_names_of_files_become_text_that_can_be_written(text: str) -> None:
    assert decoded(text) == {"plain": "plain", "r\udce4te": "r\ufffdte"}.get(text, "räte")
