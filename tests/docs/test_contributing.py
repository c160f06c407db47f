"""The map of the code is that of the code: its paths, packages, names and rules exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_public import FORBIDDEN

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "steadytune"
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PROSE = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", PROSE)))
PATHS = [text for text in QUOTED if re.fullmatch(r"[\w./-]*(/|\.(py|md|yaml|txt|j2))", text)]
PACKAGES = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
FOLDERS = [ROOT, SOURCE, SOURCE / "methods", SOURCE / "tasks", SOURCE / "tasks" / "named"]


def exists(path: str) -> bool:
    return any((folder / path).exists() for folder in FOLDERS)


def rows_of_packages() -> dict[str, str]:
    """Package -> what the table says that it never imports."""
    return dict(re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", TEXT, flags=re.MULTILINE))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path: str) -> None:
    assert exists(path)


def test_there_are_paths() -> None:
    assert len(PATHS) >= 30


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)]+)\)", TEXT))
def test_a_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_drawing_names_files_and_packages() -> None:
    (drawing,) = re.findall(r"^```text\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)
    files = re.findall(r"[\w/]+\.py", drawing)
    packages = set(re.findall(r"(\w+)/(?!\w)", drawing))
    assert len(files) >= 5 and all(map(exists, files))
    public = {package for package in PACKAGES if not package.startswith("_")}
    assert packages == public - {"testing"}
    assert "runs/run.py" in files


def test_every_package_has_a_line() -> None:
    assert set(rows_of_packages()) == PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_the_table_has_the_rule_of_imports(package: str) -> None:
    cell = rows_of_packages()[package]
    rule = FORBIDDEN.get(package, set())
    assert set(re.findall(r"`(\w+)`", cell)) == rule & {*PACKAGES, "trainer"}
    for library in ("torch", "transformers"):
        assert (library in re.split(r"\W+", cell)) == (library in rule)


def test_names_of_the_code_stand_in_the_code() -> None:
    names = [text for text in QUOTED if re.fullmatch(r"[A-Za-z_]+", text)]
    files = [path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text() for path in files if path.name != Path(__file__).name)
    assert len(names) >= 20
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []


def test_the_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([\w-]+):", makefile, flags=re.MULTILINE))
    assert set(re.findall(r"^make ([\w-]+)", TEXT, flags=re.MULTILINE)) == targets
