"""What `steadytune power` prints, and its errors in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from steadytune.cli import app
from tests.reporting.fabricated import record, study, write


def call(*arguments: str, columns: int = 100) -> Result:
    return CliRunner().invoke(app, ["power", *arguments], env={"COLUMNS": str(columns)})


def words_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return re.sub(r"\s+", " ", result.stdout)


def test_a_difference_in_the_mean() -> None:
    words = words_of(call("--difference", "0.02", "--std", "0.04", "--correlation", "0.5"))
    assert "true difference of 0.02 in the mean: 34 seeds for 80 %, 44 seeds for 90 %" in words
    assert "with 0.04 as standard deviation of the differences" in words
    assert "at least 6 seeds" in words and "Pitman" not in words


def test_a_ratio_of_spreads() -> None:
    words = words_of(call("--ratio", "0.7"))
    assert "true ratio of 0.7 of the spreads: 64 seeds for 80 %" in words
    assert "Five seeds find a ratio of 0.183" in words and "paired t-test" not in words


def test_comparisons_share_the_chance() -> None:
    words = words_of(call("--ratio", "0.5", "--comparisons", "4"))
    assert "at or below 0.0125, 0.05 over 4 comparisons." in words


def test_what_cannot_be_found_says_so() -> None:
    words = words_of(call("--difference", "1e-6", "--std", "0.1", "--ratio", "0.5", "--seeds", "2"))
    assert "over 100,000 seeds for 80 %" in words
    # Two seeds have no test of spread.
    assert re.search(r"2 5\.0 % \S+ 0\.0 % none", words)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_study_of_one_comparison(tmp_path: Path, columns: int) -> None:
    folder = str(write(tmp_path, study(6)))
    result = call("--difference", "0.01", "--ratio", "0.5", "--study", folder, columns=columns)
    words = words_of(result)
    assert "scored on movie, against plain" in words
    assert "lnsr 6" in words
    assert "To find a true difference of 0.01" in words
    assert max(map(len, result.stdout.splitlines())) <= columns


def test_a_study_of_several_comparisons(tmp_path: Path) -> None:
    runs = study(5, ("plain", "lnsr", "mixout"))
    runs[0] = record("plain", 0, status="diverged", reason="loss is nan")
    words = words_of(call("--ratio", "0.5", "--study", str(write(tmp_path, runs))))
    assert "Some runs did not end well" in words
    assert "give the table by seeds" in words and "To find a true" not in words


def test_several_training_subsets_are_no_independent_seeds(tmp_path: Path) -> None:
    runs = [r for subset in range(3) for r in study(4, spec={"subset_seed": subset})]
    words = words_of(call("--difference", "0.01", "--study", str(write(tmp_path, runs))))
    assert "lnsr 12" in words and "plan subsets rather than seeds" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "nothing to find was given"),
        ("--difference 0.1", "add --std or --study"),
        ("--difference 0.1 --std 0.1 --correlation 1", "correlation is 1.0"),
        ("--ratio 0.5 --method lnsr", "--method was given, but"),
        ("--ratio 0.5 --study DIR --std 0.1", "--std was given, but"),
        ("--ratio 0.5 --study DIR", "DIR/runs is not a folder"),
        ("--ratio 0.5 --seeds many", "seeds 'many' is not a list"),
        ("--ratio 1", "ratio is 1.0"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments: str, words: str) -> None:
    result = call(*arguments.split())
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and words in line


def test_help_has_an_example() -> None:
    result = call("--help")
    assert result.exit_code == 0 and "steadytune power --ratio 0.5" in result.stdout
