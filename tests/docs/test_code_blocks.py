"""Every Python block in the documentation runs, and every method has its card."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from steadytune import methods
from steadytune.method_names import known_methods
from tests.finetune.toy_files import write_model
from tests.fitting.quick import quickly

ROOT = Path(__file__).parents[2]
CARDS = sorted((ROOT / "docs" / "methods").glob("*.md"))
HEADINGS = [
    "What it does",
    "Use",
    "Options",
    "Cost",
    "Composes with",
    "Differs from the public code",
    "Reference",
]


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_a_cards_code_runs(card: Path) -> None:
    found = blocks(card)
    assert found
    for source in found:
        exec(compile(source, str(card), "exec"), {"__name__": "card"})


def test_the_page_of_loops_runs_from_top_to_bottom() -> None:
    found = blocks(ROOT / "docs" / "loop.md")
    assert len(found) >= 5
    names: dict[str, object] = {"__name__": "loop"}
    for source in found:
        exec(compile(source, "loop.md", "exec"), names)


def test_the_page_of_python_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    found = blocks(ROOT / "docs" / "python.md")
    assert len(found) >= 4
    names: dict[str, Any] = {"__name__": "python"}
    for source in found:
        # Fewer passes than a reader makes: the code is what is tested here.
        exec(compile(source.replace("epochs=5", "epochs=0.4"), "python.md", "exec"), names)
    record = names["record"]
    assert record.results["reviews"].keys() >= {"accuracy", "loss"}
    assert "```sh\n\n```" not in Path("my-model/README.md").read_text()
    exec(compile(found[0].replace("epochs=5", "epochs=0.4"), "again", "exec"), names)
    assert names["record"] == record
    assert [run.spec.seed for run in names["report"].records] == [1, 2, 1, 2]
    assert names["found"].count == 2


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_a_card_has_every_heading(card: Path) -> None:
    found = re.findall(r"^## (.*)$", card.read_text(), flags=re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


def test_every_method_has_a_card() -> None:
    assert {card.stem for card in CARDS} == set(known_methods())
    assert len(known_methods()) == len(methods.__all__)


@pytest.mark.filterwarnings("ignore:'pin_memory' argument")  # of machines without accelerator
def test_the_readme_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")
    tiny = f'model="{write_model(tmp_path)}", max_length=32, workers=0'
    names: dict[str, Any] = {"__name__": "readme"}
    found = blocks(ROOT / "README.md")
    assert len(found) >= 3 and 'budget="5m"' in found[0]
    for source in found:
        with quickly(repetitions=1):
            exec(compile(source.replace('budget="5m"', tiny), "README.md", "exec"), names)
    assert set(names["answers"]["prediction"]) <= {"negative", "positive"}
