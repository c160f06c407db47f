"""What is installed from a wheel is whole: code, templates and data, and nothing of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree, made = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    build = ("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", made)
    subprocess.run([sys.executable, "-m", *build, tree], check=True)
    (found,) = made.glob("*.whl")
    return found


def test_it_holds_the_package_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"steadytune"}
    files = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.*")}
    missing = {
        f for f in files - set(names) if "__pycache__" not in f and (ROOT / "src" / f).is_file()
    }
    assert not missing


def test_a_report_is_made_outside_of_the_tree(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    shutil.copytree(ROOT / "docs" / "evidence" / "late", elsewhere / "late")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import steadytune.cli as cli; "
        f"assert cli.__file__.startswith({str(site)!r}); "
        "sys.argv = ['steadytune', 'report', 'late']; cli.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert (elsewhere / "late" / "report.html").stat().st_size > 100_000
