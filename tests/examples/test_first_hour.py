"""The notebook of the first hour runs from top to bottom, and shows what its cells end with."""

from __future__ import annotations

import ast
import json
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.finetune.toy_files import write_model
from tests.fitting.quick import quickly

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """What a notebook shows below the cell: the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        return exec(compile(tree, "cell", "exec"), names)
    tree.body.pop()
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.exhaustive
def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLES / "reviews.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    model = write_model(tmp_path)
    cells = json.loads((EXAMPLES / "first_hour.ipynb").read_text())["cells"]
    assert all(cell.get("outputs", []) == [] for cell in cells)
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    assert 'MODEL = "minilm"' in sources[0]
    sources[0] = sources[0].replace('"minilm"', repr(str(model)))
    names: dict[str, Any] = {"__name__": "notebook"}
    with quickly(repetitions=1):
        shown = [run_cell(source, names) for source in sources]
    fitted, predictions, report, diagnosis = shown[1:]
    assert set(predictions["prediction"]) <= {"negative", "positive"}
    for value, text in (
        (fitted, "Expect accuracy"),
        (report, "Verdict"),
        (diagnosis, "noise"),
    ):
        page = unescape(value._repr_html_())
        assert page.startswith("<iframe sandbox ") and page.endswith("</iframe>")
        assert text in page and "<table" in page and "<svg" in page
