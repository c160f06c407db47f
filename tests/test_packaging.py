"""The source distribution holds what its own tests and the Makefile read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHIPPED = {
    path.lstrip("/") for path in SETTINGS["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
}
ALWAYS = {"pyproject.toml"}


def test_what_is_shipped_exists() -> None:
    assert all((ROOT / path).exists() for path in SHIPPED)


def test_what_the_tests_read_is_shipped() -> None:
    start = r'(?:ROOT|DOCS\.parent|parents\[\d\]) / "([\w.-]+)"'
    sources = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
    read = {name for source in sources for name in re.findall(start, source)}
    there = {name for name in read if (ROOT / name).exists()}
    assert {"docs", "benchmarks", "Makefile"} <= there
    assert there <= SHIPPED | ALWAYS


def test_what_the_makefile_needs_is_shipped() -> None:
    text = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\b(scripts|constraints\.txt|pyproject\.toml)\b", text))
    assert len(named) == 3 and named <= SHIPPED | ALWAYS


def test_the_contract_has_an_extra_of_its_own() -> None:
    extras = SETTINGS["project"]["optional-dependencies"]
    assert [entry.split(">")[0] for entry in extras["testing"]] == ["pytest"]
    assert set(extras["testing"]) <= set(extras["dev"])
