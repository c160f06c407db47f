"""The public surface: what can be imported, what it costs, and which way imports point."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import steadytune
from steadytune import methods
from steadytune._lazy import declared_names

SOURCE = Path(steadytune.__file__).parent
ROOT = Path(__file__).parents[1]

# Room -> what it must not import, directly.
FORBIDDEN = {
    "functional": {"steadytune", "transformers", "_step", "_model", "methods", "runs", "records"},
    "_model": {"_step", "methods", "trainer", "tasks", "runs", "records"},
    "_step": {"methods", "trainer", "tasks", "runs", "records"},
    "methods": {
        *("transformers.trainer", "trainer", "runs", "records"),
        *("reporting", "stats", "tasks", "cli"),
    },
    "metrics": {"transformers", "methods", "runs", "records", "reporting", "stats", "tasks"},
    "tasks": {"methods", "runs", "records", "reporting", "stats", "trainer", "cli"},
    "records": {
        *("torch", "transformers", "methods", "trainer"),
        *("tasks", "runs", "reporting", "study", "finetune", "cli"),
    },
    "stats": {"torch", "transformers", "methods", "runs", "records", "reporting", "tasks"},
    "_page": {"torch", "transformers", "methods", "runs", "records", "reporting", "command"},
    "power": {"torch", "transformers", "runs", "study", "cli"},
    "reporting": {"torch", "transformers", "methods", "runs", "tasks"},
    "diagnostics": {"methods", "trainer", "cli", "study", "finetune"},
    "runs": {"reporting", "cli", "study", "finetune"},
    "finetune": {"cli", "study", "fitting"},
    "study": {"cli", "finetune", "fitting"},
    "fitting": {"cli", "reporting"},
}


def test_all_is_what_can_be_imported() -> None:
    homes = declared_names("steadytune")
    assert steadytune.__all__ == list(homes)
    for name, home in homes.items():
        assert getattr(steadytune, name) is getattr(import_module(home), name)
    assert set(methods.__all__) <= set(steadytune.__all__)
    assert set(steadytune.__all__) <= set(dir(steadytune))


def test_importing_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, steadytune; "
        "print({'torch', 'transformers', 'numpy', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.strip() == "set()"


def imported(path: Path) -> set[str]:
    """The modules that a file imports: others by name and root, ours by the room's name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level == 0:
                names |= {module, module.split(".")[0]}
            else:
                names |= {module.split(".")[0], module.split(".")[-1]}
                names |= {alias.name for alias in node.names if not module}
    return names


def test_imports_point_one_way() -> None:
    for room, forbidden in FORBIDDEN.items():
        for path in (SOURCE / room).rglob("*.py"):
            assert not imported(path) & forbidden, path


def test_a_report_flows_one_way() -> None:
    layers = [
        "reading",
        "analysis",
        "tables",
        "sentences",
        "overview",
        "build",
        "figures",
        "exports",
    ]
    parts = {
        path.stem for path in (SOURCE / "reporting").iterdir() if not path.stem.startswith("__")
    }
    assert parts == set(layers)
    for number, layer in enumerate(layers):
        place = SOURCE / "reporting" / layer
        for path in place.glob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
            assert not imported(path) & set(layers[number + 1 :]), path


def test_methods_do_not_import_each_other() -> None:
    names = {path.stem for path in (SOURCE / "methods").glob("*.py")} - {"__init__"}
    for path in (SOURCE / "methods").glob("*.py"):
        if path.stem != "__init__":
            assert not imported(path) & names, path


def private_names(source: str) -> list[str]:
    """The modules and names that code takes from behind the package's underscores."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("steadytune"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("steadytune")]
        else:
            continue
        found += [name for name in names if "._" in name]
    return found


def test_private_names_are_found() -> None:
    assert private_names("from steadytune._model.sites import x") == ["steadytune._model.sites.x"]
    assert private_names("from steadytune import _model, Host") == ["steadytune._model"]
    assert private_names("import steadytune._model as s") == ["steadytune._model"]


def test_methods_outside_the_package_need_public_names_only() -> None:
    assert not private_names((ROOT / "benchmarks" / "public_smart.py").read_text())
