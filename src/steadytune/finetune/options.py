"""What `steadytune train` is asked to do, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._checks import check_choice, check_count, check_seed, repeated
from .._exceptions import ConfigError
from .._inputs import as_number, as_text
from ..method_text import as_method_text
from ..pretrained import CAREFUL, MINILM, Trust
from ..records.declaration import count
from ..records.lora import ADAPTER, Lora
from ..records.recipe import Recipe
from ..tasks import DataSource

KEEP = ("best", "ensemble", "soup")


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Recipe):
    """One fine-tune, or several that make one model: a recipe, and what it is applied to.

    Beside the fields of `Recipe`:

    Args:
        source: Where the rows come from.
        out: The folder of the model.
        command: The command line that does the same, for the model card.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        method: The method in its text form; a method, or several, are kept as their text.
        seeds: Seeds of the runs, whole numbers.
        keep: What several runs become: the `best` one, an `ensemble` of all that learned, or the
            average of their weights, a `soup`.
        subset_seed: Seed of the draw of training rows.
        workers: Worker processes for several runs; 0 to run in this process.
        trust: What of the model's files may be read.

    Raises:
        ConfigError: If a value is out of its range.
    """

    source: DataSource
    out: Path | str
    command: str = ""
    model: str = MINILM
    method: str = "plain"
    seeds: tuple[int, ...] = (1,)
    keep: str = "best"
    subset_seed: int = 0
    workers: int = 0
    trust: Trust = CAREFUL

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "model", as_text(self.model))
        object.__setattr__(self, "method", as_method_text(self.method))
        object.__setattr__(self, "seeds", _seeds(self.seeds))
        check_choice("keep", self.keep, KEEP)
        object.__setattr__(self, "subset_seed", count(0)("subset_seed", self.subset_seed))
        check_count("workers", self.workers, 0)
        if not self.seeds:
            raise ConfigError("no seed is given; expected at least one")
        if twice := repeated(self.seeds):
            raise ConfigError(f"seed {twice[0]} appears twice; give every seed once")
        if self.keep == "soup" and self.lora and Lora.parse(self.lora).save == ADAPTER:
            raise ConfigError(
                "keep=soup averages whole weights, and lora has save=adapter; leave one of them out"
            )
        if self.keep != "best" and len(self.seeds) == 1:
            raise ConfigError(f"keep={self.keep} needs several runs; give `seeds=3`, for example")

    @property
    def chooses(self) -> bool:
        """Whether validation rows are needed: an ensemble needs none."""
        picks = len(self.seeds) > 1 and self.keep != "ensemble"
        return picks or self.patience is not None


def _seeds(given: Any) -> tuple[int, ...]:
    try:
        seeds = tuple(as_number(seed) for seed in given)
    except TypeError:
        raise ConfigError(
            f"seeds={given!r} is not a list; expected one such as (1, 2, 3)"
        ) from None
    for seed in seeds:
        check_seed(seed)
    return seeds
