"""What `steadytune train` is asked to do, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._checks import check_choice, check_count
from .._exceptions import ConfigError
from .._inputs import as_number, as_text
from ..method_text import as_method_text
from ..pretrained import CAREFUL, MINILM, Trust
from ..tasks import DataSource

KEEP = ("best", "ensemble", "soup")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """One fine-tune, or several of which one model is made.

    Args:
        source: Where the rows come from.
        out: The folder of the model.
        command: The command line that does the same, for the model card.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        method: The method in its text form; a method, or several, are kept as their text.
        seeds: Seeds of the runs, whole numbers.
        keep: What is made of several: the `best` one, an `ensemble` of all that learned something,
            or the average of their weights, a `soup`.
        train_size: Training rows; None takes all.
        subset_seed: Seed of the draw of training rows.
        eval_size: Most rows of each domain to evaluate on; None takes all.
        dev_size: Rows to choose by; None takes some where there is something to choose.
        epochs: Passes over the training rows.
        learning_rate: Peak learning rate of AdamW.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: AdamW's decoupled weight decay.
        batch_size: Training rows a step.
        max_length: Most tokens an input; None takes 128, and 384 for question answering.
        patience: Epochs without a better score on the rows to choose by before training stops.
        class_weights: `balanced` or `none`.
        precision: `auto` takes bf16 where the hardware has it, and fp32 elsewhere.
        settings: Further fields of `transformers.TrainingArguments`.
        threads: CPU threads of a run; None takes what this process computes with.
        workers: Processes for several runs; 0 for none but this one.
        trust: What of the model's files may be read.

    Raises:
        ConfigError: If a setting is out of its range.
    """

    source: DataSource
    out: Path | str
    command: str = ""
    model: str = MINILM
    method: str = "plain"
    seeds: tuple[int, ...] = (1,)
    keep: str = "best"
    train_size: int | None = None
    subset_seed: int = 0
    eval_size: int | None = 1000
    dev_size: int | None = None
    epochs: float = 3.0
    learning_rate: float = 5e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    batch_size: int = 16
    max_length: int | None = None
    patience: int | None = None
    class_weights: str = "none"
    precision: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None
    workers: int = 0
    trust: Trust = CAREFUL

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", as_text(self.model))
        object.__setattr__(self, "method", as_method_text(self.method))
        object.__setattr__(self, "seeds", _seeds(self.seeds))
        check_choice("keep", self.keep, KEEP)
        check_choice("precision", self.precision, PRECISIONS)
        check_count("workers", self.workers, 0)
        if not self.seeds:
            raise ConfigError("no seed is given; expected at least one")
        if twice := {seed for seed in self.seeds if self.seeds.count(seed) > 1}:
            raise ConfigError(f"seed {min(twice)} stands twice; give every seed once")
        if self.keep != "best" and len(self.seeds) == 1:
            raise ConfigError(f"keep={self.keep} needs several runs; give --seeds 3, for example")

    @property
    def chooses(self) -> bool:
        """Whether rows to choose by are needed: an ensemble needs none."""
        picks = len(self.seeds) > 1 and self.keep != "ensemble"
        return picks or self.patience is not None


def _seeds(given: Any) -> tuple[int, ...]:
    try:
        seeds = tuple(as_number(seed) for seed in given)
    except TypeError:
        raise ConfigError(f"seeds={given!r} is no list; expected one such as (1, 2, 3)") from None
    for seed in seeds:
        check_count("seed", seed, 0)
    return seeds
