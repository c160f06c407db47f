"""Names that a package declares are imported when they are asked for, and not before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steadytune._lazy import declared_names, docstring_of, lazy_exports

PACKAGE = """
from typing import TYPE_CHECKING
from steadytune._lazy import lazy_exports
if TYPE_CHECKING:
    from .inner import *
    from .heavy import Thing as Thing
__getattr__, __dir__, __all__ = lazy_exports(__name__)
"""
INNER = PACKAGE.replace("    from .inner import *\n", "").replace(
    "from .heavy import Thing as Thing", "from .part import Other as Other"
)
HEAVY = 'class Thing:\n    """What it\n    is.\n    """\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "lazy_package_of_a_test"
    inner = tmp_path / name / "inner"
    inner.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text(PACKAGE)
    (tmp_path / name / "heavy.py").write_text(HEAVY)
    (inner / "__init__.py").write_text(INNER)
    (inner / "part.py").write_text("class Other: pass")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def test_a_name_is_imported_when_it_is_asked_for(package: str) -> None:
    module = __import__(package)
    assert module.__all__ == ["Other", "Thing"]
    assert {"Other", "Thing", "__name__"} <= set(dir(module))
    assert f"{package}.heavy" not in sys.modules and f"{package}.inner.part" not in sys.modules
    assert module.Thing.__name__ == "Thing" and module.Other.__name__ == "Other"
    assert vars(module)["Thing"] is module.Thing


def test_other_names_are_unknown(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Thong'"):
        _ = __import__(package).Thong
    assert lazy_exports(package)[2] == ["Other", "Thing"]


def test_declarations_and_docstrings_are_read_as_text(package: str) -> None:
    homes = {"Other": f"{package}.inner.part", "Thing": f"{package}.heavy"}
    assert declared_names(package) == homes
    assert docstring_of(homes["Thing"], "Thing") == "What it\nis."
    assert f"{package}.heavy" not in sys.modules


def test_names_of_methods_and_tasks_need_no_torch() -> None:
    code = (
        "import sys\n"
        "from steadytune.cli import main\n"
        "sys.argv = ['steadytune', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print({'torch', 'transformers', 'datasets', 'scipy'} & set(sys.modules))"
    )
    for command in (
        "methods",
        "tasks",
        "train --task rte --method lnrs --out x",
        "train --task rtee --out x",
        "train --train no-such.csv --out x",
        "train --task rte --model ./nowhere --out x",
        "compare --task rte --method plain,lnrs --out x",
        "demo --model ./nowhere",
        "predict ./nowhere no-such.csv",
    ):
        printed = subprocess.run(
            [sys.executable, "-c", code, *command.split()], capture_output=True, text=True
        )
        assert printed.stdout.strip().splitlines()[-1] == "set()", command
