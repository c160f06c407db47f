"""What to diagnose, and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..._checks import check_at_least, check_count
from ..._exceptions import ConfigError
from ...pretrained import CAREFUL, Pretrained, Trust

TASK = "vader-movies"


@dataclass(frozen=True)
class Options:
    """What a diagnosis does. The defaults take well under a minute for `minilm` on two cores.

    Args:
        model: `minilm`, a folder that `save_pretrained` has written, or a name on the hub.
        compare: Models to set beside it, likewise.
        start: The model that the others were fine-tuned from: drift is measured from it. None
            measures it from `model`.
        task: Name of a task, whose test examples are used; None where `data` is given.
        data: A file of examples instead.
        text: The text columns of `data`, one or two; empty to guess.
        data_root: Folder of local copies of the named tasks' rows.
        examples: How many examples.
        full: Whether to measure Jacobians, ranks, drift and likeness too.
        relative_noise: Norm of the noise over the norm of the hidden state it is added to.
        seed: The seed of the noise.
        max_length: Most tokens an example; None takes 128, 384 for question answering and 512 for
            seq2seq, or what the model can.
        out: Folder for arrays, figures and the page.
        command: The command line that does the same, for the page.
        trust: What of the models' files may be read.
    """

    model: str
    compare: tuple[str, ...] = ()
    start: str | None = None
    task: str | None = TASK
    data: Path | str | None = None
    text: tuple[str, ...] = ()
    data_root: str | None = None
    examples: int = 64
    full: bool = False
    relative_noise: float = 0.05
    seed: int = 0
    max_length: int | None = None
    out: Path | str = "steadytune-diagnosis"
    command: str = ""
    trust: Trust = CAREFUL

    def __post_init__(self) -> None:
        check_count("examples", self.examples, 2)
        check_at_least("relative_noise", self.relative_noise, 0)
        if self.relative_noise == 0:
            raise ConfigError("relative_noise=0 adds no noise; expected a number above 0 like 0.05")
        if self.text and self.data is None:
            raise ConfigError(
                "`text` names columns of a file; give `data` too, or leave `text` out"
            )
        if (self.task is None) == (self.data is None):
            raise ConfigError("give either a task or a file of examples")

    @property
    def models(self) -> tuple[str, ...]:
        """All models to measure, the one to compare with first."""
        return (self.model, *self.compare)

    @cached_property
    def found(self) -> tuple[Pretrained, ...]:
        """`models` as they are on this machine.

        Raises:
            ModelError: If one of them cannot be found.
        """
        return tuple(Pretrained.find(name, self.trust) for name in self.models)

    @property
    def labels(self) -> tuple[str, ...]:
        """A short name for each of `models`, all different."""
        short = [Path(name).name or name for name in self.models]
        return tuple(
            label if short.count(label) == 1 else f"{number}: {label}"
            for number, label in enumerate(short, start=1)
        )
