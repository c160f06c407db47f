"""Low-rank adapters as a value: what is written as `r=8,alpha=16`."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from .._exceptions import ConfigError

ALL_LINEAR = "all-linear"
MERGED, ADAPTER = "merged", "adapter"

_PEFT_NAMES = {"lora_alpha": "alpha", "lora_dropout": "dropout", "target_modules": "targets"}

_HINT = "expected r=8, optionally with alpha, dropout, targets and save: r=8,alpha=16,dropout=0.1"


@dataclass(frozen=True)
class Lora:
    """LoRA (Hu et al. 2022, arXiv 2106.09685): each chosen weight W becomes W + (alpha/r) B A.

    A has r rows and B r columns; W is frozen, and A, B and the new head are trained.

    Args:
        r: Rank of the adapters.
        alpha: Scale, divided by the rank.
        dropout: Dropout on the input of the adapters.
        targets: Which modules get adapters, by the ends of their names; `all-linear` for every
            linear layer below the head.
        save: What is saved: the whole model, `merged`, or the `adapter` alone with the head.

    Raises:
        ConfigError: If a value is out of its range.
    """

    r: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = (ALL_LINEAR,)
    save: str = MERGED

    def __post_init__(self) -> None:
        if not 1 <= self.r <= 10_000:
            raise ConfigError(f"lora: r={self.r} is not possible; expected a rank from 1 on")
        if not (isfinite(self.alpha) and self.alpha > 0):
            raise ConfigError(f"lora: alpha={self.alpha:g} is not possible; expected more than 0")
        if not 0 <= self.dropout < 1:
            raise ConfigError(
                f"lora: dropout={self.dropout:g} is not possible; expected 0 or more, below 1"
            )
        if not all(self.targets) or not self.targets:
            raise ConfigError("lora: targets is empty; expected names of modules, such as query")
        if self.save not in (MERGED, ADAPTER):
            raise ConfigError(
                f"lora: save={self.save} is not possible; expected {MERGED} or {ADAPTER}"
            )

    @classmethod
    def parse(cls, text: str) -> Lora:
        """Read `r=8,alpha=16,dropout=0.1,targets=query+value,save=adapter`; others keep defaults.

        PEFT's names `lora_alpha`, `lora_dropout` and `target_modules` mean the same.

        Raises:
            ConfigError: If it is not written so.
        """
        given: dict[str, str] = {}
        for part in text.split(","):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name == "modules_to_save":
                raise ConfigError(
                    "lora: modules_to_save is not needed, as the new head is always trained and "
                    "saved whole; leave it out"
                )
            name = _PEFT_NAMES.get(name, name)
            if not (equals and value) or name not in cls.__dataclass_fields__ or name in given:
                raise ConfigError(f"lora={text!r} is not possible; {_HINT}")
            given[name] = value
        try:
            numbers = {name: float(given[name]) for name in ("alpha", "dropout") if name in given}
            rank = {"r": int(given["r"])} if "r" in given else {}
        except ValueError:
            raise ConfigError(f"lora={text!r} is not possible; {_HINT}") from None
        names = [name.strip() for name in given.get("targets", ALL_LINEAR).split("+")]
        save = given.get("save", MERGED)
        targets = tuple(dict.fromkeys(names))
        return cls(**rank, **numbers, targets=targets, save=save)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return (
            f"r={self.r},alpha={_exact(self.alpha)},dropout={_exact(self.dropout)},"
            f"targets={'+'.join(self.targets)}"
            f"{'' if self.save == MERGED else f',save={self.save}'}"
        )


def _exact(value: float) -> str:
    """As short as it is read back the same."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
