"""What docs/trainers.md says works in a trainer is what works."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from .trainers import COLUMNS, SETTINGS, column, on_page

pytestmark = pytest.mark.filterwarnings("default")
PACKAGES = {
    "`Trainer`": "transformers",
    "own loop": "torch",
    "`Seq2SeqTrainer`": "transformers",
    "TRL's SFT": "trl",
    "sentence-transformers": "sentence_transformers",
}


def test_the_table_has_every_trainer_and_method() -> None:
    assert list(on_page()) == list(COLUMNS)
    assert all(sorted(cells) == sorted(SETTINGS) for cells in on_page().values())


@pytest.mark.slow
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_what_the_trainer_does(name: str) -> None:
    package = PACKAGES.get(name, name.lower())
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert column(COLUMNS[name]) == on_page()[name]
