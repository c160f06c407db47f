"""Which runs stand behind a number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steadytune import stats
from steadytune.reporting import build_report, read_folder, runs_csv
from steadytune.reporting.tables.run_files import RULES, ranges, runs_table
from tests.reporting.fabricated import cells, section_of, study, write


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([2, 0, 1, 7], "0-2, 7"), ([5, 5, 6], "5-6"), ([1, 3], "1, 3")],
)
def test_neighbours_are_joined(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


def test_seeds_and_files_of_each_method(tmp_path: Path) -> None:
    section = section_of(list(read_folder(write(tmp_path, study(4))).records))
    found = cells(runs_table(section))
    assert found["", "lnsr"] == ("4", "0-3", "0", "00004, 00005 and 2 more")


def test_every_function_that_is_named_is_there() -> None:
    named = {word.rstrip(",.") for _, how in RULES for word in how.split() if "_" in word}
    for name in (word.rpartition(".")[2] for word in named if word.startswith("steadytune.")):
        assert hasattr(stats, name), name


def test_the_example_in_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[3] / "docs" / "report.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    records = build_report(study(3), title="t").records
    (tmp_path / "runs.csv").write_bytes(runs_csv(records).encode("utf-8-sig"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(page), "exec"), {})
    assert "count=3" in capsys.readouterr().out
