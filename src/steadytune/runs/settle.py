"""What a recipe leaves open, settled for a model, its examples and this machine, with the reasons.

The defaults of transformers' `Trainer` (5e-5, three epochs) were made for base models and thousands
of examples; a small model learns next to nothing with them from a few hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from ..adapter_files import require_peft
from ..pretrained import Pretrained
from ..records.recipe import Recipe
from ..tasks import PROBLEMS
from .trainer_fields import checked_trainer_fields

FEWEST_STEPS = 200
"""Optimizer steps of a training whose epochs are left open, at least."""

FEWEST_EPOCHS = 3.0

LORA_FACTOR = 10
"""Adapters take about ten times the rate of all weights (Schulman et al. 2025, *LoRA Without
Regret*)."""

_BASE, _LARGE = 512, 1024
"""Widths of hidden states from which a model counts as base and as large."""

_BERT = "Devlin et al. 2019 and, for large, Mosbach et al. 2021"
_T5 = "Hugging Face's page on T5"
_RATES = {
    "": (1e-4, 3e-5, 2e-5, _BERT),
    "electra": (3e-4, 1e-4, 5e-5, "Clark et al. 2020"),
    "deberta-v2": (1e-4, 2e-5, 1e-5, "He et al. 2023"),
    "t5": (3e-4, 3e-4, 1e-4, _T5),
    "mt5": (3e-4, 3e-4, 1e-4, _T5),
}
"""Family -> learning rates for small, base and large models, and who found them.

The small one of most families is that of MiniLM in docs/evidence.md: none of 40 plain runs of the
main study failed to learn at 1e-4, and four did at 2e-4.
"""


@dataclass(frozen=True)
class Settled:
    """A recipe with nothing left open.

    Args:
        recipe: The recipe.
        reasons: What was taken for values that were left open, and why, a line each.
    """

    recipe: Recipe
    reasons: tuple[str, ...] = ()


def settle(
    recipe: Recipe, model: Pretrained, kind: str, examples: int, threads: int = 1
) -> Settled:
    """Settle what a recipe leaves open.

    Args:
        recipe: The recipe.
        model: The model that is trained.
        kind: The kind of the task.
        examples: How many examples it is trained on.
        threads: CPU threads of a run, where the recipe says nothing.

    Raises:
        ConfigError: If a field of the trainer is unknown, its value does not suit it, or adapters
            are wanted and their package is missing.
    """
    from .._device import settled_precision

    if recipe.lora:
        require_peft()
    fields = checked_trainer_fields(dict(recipe.settings))
    generates = PROBLEMS[kind].generates
    open_fields = {
        "max_length": model.usual_length(kind) if recipe.max_length is None else recipe.max_length,
        "precision": settled_precision(recipe.precision),
        "max_new_tokens": (recipe.max_new_tokens or model.usual_new_tokens) if generates else None,
        "layers": layers_of(recipe, kind),
        "threads": recipe.threads or threads,
    }
    recipe = recipe.changed({**open_fields, "settings": fields})
    reasons = []
    if recipe.learning_rate is None:
        rate, reason = usual_rate(model)
        if recipe.lora:
            rate, reason = LORA_FACTOR * rate, f"{LORA_FACTOR} times what is {reason}, for LoRA"
        recipe = recipe.changed({"learning_rate": rate})
        reasons.append(f"learning rate {rate:g}: {reason}")
    if recipe.epochs is None:
        epochs = enough_epochs(examples, recipe.batch_size, fields)
        recipe = recipe.changed({"epochs": epochs})
        if epochs > FEWEST_EPOCHS:
            reasons.append(
                f"{epochs:g} epochs: {examples} examples need them for {FEWEST_STEPS} steps"
            )
    return Settled(recipe, tuple(reasons))


def layers_of(recipe: Recipe, kind: str) -> str | None:
    """The blocks that methods act in: where a model generates, those of both of its stacks."""
    from .._model.sites import BOTH

    return recipe.layers or (BOTH if PROBLEMS[kind].generates else None)


def usual_rate(model: Pretrained) -> tuple[float, str]:
    """The learning rate that is usual for a model's family and width, and why it is."""
    *rates, source = _RATES.get(model.family, _RATES[""])
    width = model.hidden_size or _BASE
    size = (width >= _BASE) + (width >= _LARGE)
    if size == 0 and rates[size] == _RATES[""][size]:
        source = "docs/evidence.md"
    return rates[size], f"usual for {('small', 'base', 'large')[size]} models ({source})"


def enough_epochs(examples: int, batch_size: int, fields: Mapping[str, Any]) -> float:
    """Three, or as many as it takes for the least number of steps.

    Args:
        examples: How many examples are trained on.
        batch_size: Examples a batch.
        fields: Further fields of the trainer.
    """
    if fields.get("max_steps", -1) > 0:  # these count
        return FEWEST_EPOCHS
    accumulated = fields.get("gradient_accumulation_steps", 1)
    steps = ceil(max(1, examples) / (batch_size * accumulated))
    return max(FEWEST_EPOCHS, float(ceil(FEWEST_STEPS / steps)))
