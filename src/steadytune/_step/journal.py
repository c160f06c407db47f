"""What a training tells of itself: values for the log, and the end of every optimizer step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .._model.unwrapped import averages_gradients

if TYPE_CHECKING:
    from .step import Step

_OBJECTIVE = "objective"


@dataclass(frozen=True)
class StepEnd:
    """An optimizer step whose micro-batches have all been computed.

    Args:
        step: Its last micro-batch.
        loss: The task's mean loss over this process's micro-batches, a scalar: that of the first
            pass of each, whatever methods make of it.
    """

    step: Step
    loss: Tensor

    def mean_loss(self) -> float:
        """The task's loss over all processes; every process has to ask for it."""
        loss = self.loss.detach().float().clone()
        if averages_gradients(self.step.model):
            torch.distributed.all_reduce(loss)
            loss /= torch.distributed.get_world_size()
        return loss.item()


class Watcher(ABC):
    """What a method looks at once an optimizer step, and tells when the training is over."""

    @abstractmethod
    def end_step(self, end: StepEnd) -> None:
        """Called when the last micro-batch of an optimizer step has been computed."""

    @abstractmethod
    def findings(self) -> dict[str, float | None]:
        """What it has found so far, by name; None for what did not come about."""

    @abstractmethod
    def conclude(self) -> None:
        """Called when the training has ended; a place to warn."""


@dataclass
class Journal:
    """Sums of what is logged since the last time, and the task's loss over the present step."""

    logs: dict[str, tuple[Tensor, int]] = field(default_factory=dict)  # name -> sum, count
    added: dict[str, tuple[Tensor, int]] = field(default_factory=dict)  # name -> sum, count
    first_loss: Tensor | None = None  # of the first pass of the present call
    _loss: Tensor | None = None

    def log(self, name: str, value: Tensor) -> None:
        """Note a scalar; the log gets its mean."""
        _note(self.logs, name, value)

    def add(self, name: str, value: Tensor) -> None:
        """Note what a penalty has added to the objective; the log gets its share under `name`."""
        _note(self.added, name, value)

    def see_objective(self, value: Tensor) -> None:
        """Note what the objective has come to."""
        if self.added:
            _note(self.added, _OBJECTIVE, value)

    def pop(self) -> dict[str, float]:
        """The means, and each penalty's share of the objective, since the last call."""
        logs, self.logs = self.logs, {}
        added, self.added = self.added, {}
        means = {name: total.item() / count for name, (total, count) in logs.items()}
        parts = {name: total.item() / count for name, (total, count) in added.items()}
        whole = parts.pop(_OBJECTIVE, 0.0)
        shares = {name: part / whole for name, part in parts.items() if whole}
        return means | {name: share for name, share in shares.items() if isfinite(share)}

    def state_dict(self) -> dict[str, Tensor]:
        """The sums since the last time, and how many each is of."""
        sums = {("logs", name): note for name, note in self.logs.items()}
        sums |= {("added", name): note for name, note in self.added.items()}
        totals = {f"{kind}.sum.{name}": total for (kind, name), (total, _) in sums.items()}
        counts = {f"{kind}.count.{name}": torch.tensor(n) for (kind, name), (_, n) in sums.items()}
        return totals | counts

    def load_state_dict(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        """Go on with the sums of `state_dict`."""
        for key, total in state.items():
            kind, part, name = key.split(".", 2)
            if part == "sum":
                notes = self.logs if kind == "logs" else self.added
                notes[name] = total.to(device), int(state[f"{kind}.count.{name}"])

    def end_call(self, step: Step, micro_steps: int) -> StepEnd | None:
        """Count a micro-batch of so many; the step's end if it was the last one.

        A step that a gradient scaler skipped has the same number again: its micro-batches count on.
        """
        loss, self.first_loss = self.first_loss, None
        if loss is None:
            return None
        # Where the loss is divided by the tokens of the whole step, its parts just add up.
        loss = loss / (micro_steps * step.share) if step.share else loss
        if step.micro_step and self._loss is not None:
            loss = self._loss + loss
        ends = (step.micro_step + 1) % micro_steps == 0
        self._loss = None if ends else loss
        return StepEnd(step, loss) if ends else None


def _note(notes: dict[str, tuple[Tensor, int]], name: str, value: Tensor) -> None:
    total, count = notes.get(name, (torch.zeros_like(value), 0))
    notes[name] = total + value.detach(), count + 1
