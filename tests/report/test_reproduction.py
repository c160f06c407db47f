"""Which runs stand behind a number."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import cells, setting_of, study, write

from steadytune import stats
from steadytune.report import read_folder
from steadytune.report.reproduction import RULES, ranges, runs_table


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([2, 0, 1, 7], "0-2, 7"), ([5, 5, 6], "5-6"), ([1, 3], "1, 3")],
)
def test_neighbours_are_joined(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


def test_seeds_and_files_of_each_method(tmp_path: Path) -> None:
    setting = setting_of(list(read_folder(write(tmp_path, study(4))).records))
    found = cells(runs_table(setting))
    assert found["", "lnsr"] == ("4", "0-3", "0", "00004, 00005 and 2 more")


def test_every_function_that_is_named_is_there() -> None:
    named = {word.rstrip(",.") for rule in RULES for word in rule.how.split() if "_" in word}
    for name in (word.rpartition(".")[2] for word in named if word.startswith("steadytune.")):
        assert hasattr(stats, name), name
