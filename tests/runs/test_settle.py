"""What a recipe leaves open: usual rates by family and width, and a least number of steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steadytune.pretrained import Pretrained
from steadytune.records.recipe import Recipe
from steadytune.runs.settle import FEWEST_STEPS, enough_epochs, settle, usual_rate


def model_of(folder: Path, **config: Any) -> Pretrained:
    """A model of which only its configuration is there."""
    (folder / "config.json").write_text(json.dumps(config))
    return Pretrained("some/model", folder)


@pytest.mark.parametrize(
    ("family", "width", "rate", "words"),
    [
        ("bert", 384, 1e-4, "usual for small models (docs/evidence.md)"),
        ("bert", 768, 3e-5, "usual for base models (Devlin et al. 2019"),
        ("roberta", 1024, 2e-5, "usual for large models ("),
        ("electra", 256, 3e-4, "usual for small models (Clark et al. 2020)"),
        ("deberta-v2", 768, 2e-5, "usual for base models (He et al. 2023)"),
        ("deberta-v2", 384, 1e-4, "usual for small models (docs/evidence.md)"),
        ("t5", 512, 3e-4, "usual for base models (Hugging Face's page on T5)"),
        ("mt5", 1024, 1e-4, "usual for large models (Hugging Face's page on T5)"),
        ("unknown", None, 3e-5, "usual for base models ("),
    ],
)
def test_rates_by_family_and_width(
    family: str, width: int | None, rate: float, words: str, tmp_path: Path
) -> None:
    found, reason = usual_rate(model_of(tmp_path, model_type=family, hidden_size=width))
    assert found == rate
    assert reason.startswith(words)


@pytest.mark.parametrize(
    ("examples", "fields", "epochs"),
    [
        (100_000, {}, 3.0),
        (1072, {}, 3.0),
        (300, {}, 11.0),
        (16, {}, 200.0),
        (300, {"gradient_accumulation_steps": 2}, 20.0),
        (300, {"max_steps": 50}, 3.0),
    ],
)
def test_epochs_make_the_least_number_of_steps(
    examples: int, fields: dict[str, Any], epochs: float
) -> None:
    assert enough_epochs(examples, 16, fields) == epochs
    batch = 16 * fields.get("gradient_accumulation_steps", 1)
    assert "max_steps" in fields or epochs * -(-examples // batch) >= FEWEST_STEPS


def test_what_is_given_is_kept_without_a_reason(tmp_path: Path) -> None:
    model = model_of(tmp_path, model_type="bert", hidden_size=384, max_position_embeddings=64)
    given = Recipe(learning_rate=5e-5, epochs=1, max_length=32, precision="bf16", threads=3)
    settled = settle(given, model, "classification", 10)
    assert settled.recipe == given and settled.reasons == ()
    open_fields = settle(Recipe(learning_rate=5e-5, epochs=1), model, "classification", 10, 2)
    assert (open_fields.recipe.max_length, open_fields.recipe.threads) == (64, 2)
