"""What defines one run: everything that changes its result, and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from .._checks import check_at_least, check_choice, check_count
from .._exceptions import ConfigError
from .._inputs import as_number

PRECISIONS = ("fp32", "bf16", "fp16")
CLASS_WEIGHTS = ("none", "balanced")
SCORED = ("test", "dev")

_SEEDS = ("seed", "subset_seed", "head_seed")
_COUNTS = (
    *("train_size", "eval_size", "dev_size"),
    *("batch_size", "patience", "max_length", "stride", "threads"),
)
_FLOATS = ("epochs", "learning_rate", "warmup", "weight_decay")


@dataclass(frozen=True)
class RunSpec:
    """One fine-tune with one seed.

    Two runs with equal specs on one machine give equal results, bit for bit.

    Args:
        task: Name of the task, for example `vader-movies`.
        method: The method in its text form, for example `plain` or `lnsr:std=0.05`.
        method_options: Every option of the method, defaults included, and the version of its code,
            so that no record outlives a change of either.
        seed: The seed of the run; head, data order, dropout and method seeds derive from it.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        data_hash: Content hash of every row of the task that the run reads.
        model_hash: Content hash of the starting weights.
        train_size: Training examples drawn from the task's training split; None takes all.
        subset_seed: The seed of that draw, the same for every method.
        eval_size: Examples drawn from each evaluation split; None takes all.
        dev_size: Examples to choose by, drawn from the training rows that are not trained on; None
            takes none.
        scored: `test` scores every split at the end; `dev` leaves the test rows unread and scores
            those to choose by, and the training rows.
        head_seed: The seed of the head alone, where several runs share it; by default `seed`.
        epochs: Passes over the training examples.
        learning_rate: Peak learning rate of AdamW, in units per step.
        warmup: Share of the steps in which the learning rate rises linearly.
        weight_decay: AdamW's decoupled weight decay.
        batch_size: Training examples a step.
        group_by_length: Whether examples of like length share a batch.
        class_weights: `balanced` weighs each class's loss by one over its share of the training
            rows, `none` weighs all alike.
        patience: Epochs without a better score on the rows to choose by after which the training
            stops, and the best epoch's weights are taken; None trains to the end.
        precision: `fp32`, or `bf16` or `fp16` for mixed precision.
        max_length: Longest input in tokens; longer ones are cut.
        stride: Tokens that two windows over a long context share (question answering).
        settings: Further fields of `transformers.TrainingArguments` with their values.
        threads: CPU threads of the run. It is part of the spec since it changes the bits.

    Raises:
        ConfigError: If a setting is out of its range.
    """

    task: str
    method: str
    seed: int
    method_options: str = ""
    model: str = "minilm"
    data_hash: str = ""
    model_hash: str = ""
    train_size: int | None = None
    subset_seed: int = 0
    eval_size: int | None = None
    dev_size: int | None = None
    scored: str = "test"
    head_seed: int | None = None
    epochs: float = 3.0
    learning_rate: float = 5e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    batch_size: int = 16
    group_by_length: bool = True
    class_weights: str = "none"
    patience: int | None = None
    precision: str = "fp32"
    max_length: int = 128
    stride: int = 128
    settings: Mapping[str, Any] | tuple[tuple[str, Any], ...] = ()
    threads: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", tuple(sorted(dict(self.settings).items())))
        for name in (*_SEEDS, *_COUNTS, *_FLOATS):
            value = as_number(getattr(self, name))
            if name in _FLOATS and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # 3 and 3.0 are one spec, and would be two in JSON
            object.__setattr__(self, name, value)
        for names, least in ((_SEEDS, 0), (_COUNTS, 1)):
            for name in names:
                if (value := getattr(self, name)) is not None:
                    check_count(name, value, least)
        for name in ("warmup", "weight_decay"):
            check_at_least(name, getattr(self, name), 0)
        for name in ("epochs", "learning_rate"):
            _check_positive(name, getattr(self, name))
        if self.warmup > 1:
            raise ConfigError(f"warmup={self.warmup!r} is not possible; expected a share, 0 to 1")
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("class_weights", self.class_weights, CLASS_WEIGHTS)
        check_choice("scored", self.scored, SCORED)
        if self.dev_size is None and (self.patience is not None or self.scored == "dev"):
            needs = "scored=dev" if self.scored == "dev" else f"patience={self.patience}"
            raise ConfigError(f"{needs} needs rows to choose by; give a dev size too")

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready values; `RunSpec(**values)` is the same spec."""
        return {**dataclasses.asdict(self), "settings": dict(self.settings)}

    @property
    def hash(self) -> str:
        """Sixteen hexadecimal digits over the canonical JSON of the spec: the run's key."""
        canonical = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


def _check_positive(name: str, value: float) -> None:
    if not (isinstance(value, float) and isfinite(value) and value > 0):
        raise ConfigError(f"{name}={value!r} is not possible; expected a finite number above 0")
