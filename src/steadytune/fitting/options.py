"""What `steadytune fit` is asked to do, as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from .._checks import LARGEST_SEED, check_count, check_seed
from .._exceptions import ConfigError
from .._inputs import as_text
from ..pretrained import CAREFUL, MINILM, Trust
from ..tasks import DataSource

BATCH_SIZE = 16
SEEDS_PER_FIT = 100
"""Seeds of runs that one seed of a fit has room for."""

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)\s*")


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """One fit.

    Args:
        source: Where the examples come from.
        out: The folder of the model.
        command: The command line that does the same, for the model card.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        budget: Seconds that all trainings together may take on this machine, or a time such as
            `20m`.
        seed: Folds, heads, order, dropout and members derive from it.
        max_length: Maximum tokens per input; None takes the usual number for the kind of task.
        max_new_tokens: Most tokens a text that is generated; None takes 128, or what the model can.
        allow_frozen: Whether a budget too small for one training gives a head on the frozen model.
        one_model: Whether to distil the final model into one plain model.
        unlabelled: A file of texts without labels, for the one model to learn from too.
        workers: Worker processes; None for one per core or GPU, 0 to run in this process.
        trust: What of the model's files may be read.

    Raises:
        ConfigError: If a setting is out of its range.
    """

    source: DataSource
    out: Path | str
    command: str = ""
    model: str = MINILM
    budget: float | str = "10m"
    seed: int = 1
    max_length: int | None = None
    max_new_tokens: int | None = None
    allow_frozen: bool = False
    one_model: bool = False
    unlabelled: str | None = None
    workers: int | None = None
    trust: Trust = CAREFUL

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", as_text(self.model))
        check_seed(self.seed, LARGEST_SEED // SEEDS_PER_FIT - 1)
        if self.unlabelled is not None and not self.one_model:
            raise ConfigError(
                "unlabelled texts are what the one model learns from; give `one_model` too, or "
                "leave out `unlabelled`"
            )
        if self.one_model and self.allow_frozen:
            raise ConfigError(
                "`one_model` is trained, and `allow_frozen` is for budgets too small to train; "
                "give one of them"
            )
        for name in ("max_length", "max_new_tokens"):
            if (length := getattr(self, name)) is not None:
                check_count(name, length, 1)
        if self.workers is not None:
            check_count("workers", self.workers, 0)
        if isinstance(self.budget, str):
            object.__setattr__(self, "budget", read_duration(self.budget))
        given: Any = self.budget
        is_number = isinstance(given, Real) and not isinstance(given, bool)
        if not (is_number and isfinite(given) and given > 0):
            raise ConfigError(
                f"budget={given!r} is not possible; expected seconds above 0, or a time such as 90s"
            )

    @property
    def seconds(self) -> float:
        """The budget in seconds."""
        return float(self.budget)


def read_duration(text: str) -> float:
    """Seconds of a duration such as `90s`, `20m` or `1.5h`.

    Raises:
        ConfigError: If it is none.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not float(found[1]):
        raise ConfigError(
            f"budget {text!r} is not possible; expected a time such as 90s, 20m or 1h"
        )
    return float(found[1]) * _UNITS[found[2][0]]
