"""How a penalty weighs beside the task, and the strength that gives it a dose."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from .._checks import check_above
from .._exact import exact
from .._exceptions import ConfigError
from .._model.unwrapped import averages_gradients
from .._random import process_number
from .journal import StepEnd, Watcher

if TYPE_CHECKING:
    from .regularizer import Host
    from .step import Step

WINDOW = 16  # optimizer steps that a dose is measured on
LOWEST, HIGHEST = 0.01, 100.0  # what the default strength may be multiplied with

FELT = 0.01  # a gradient below this share of the task's is not felt
FEWEST = 3  # readings of a run, below which nothing is said about it

# Keeps small gradients in the range of half precision. A power of two changes no bits in float32.
SCALE = 1024.0


class Dosed(Protocol):
    """A method with a strength that may be given as a dose."""

    @property
    def strength(self) -> float: ...

    @property
    def dose(self) -> float | None: ...


def check_dose(method: Dosed) -> None:
    """A dose must be above 0, and stand in place of a strength.

    Raises:
        ConfigError: If it is not, or does not.
    """
    if method.dose is None:
        return
    check_above("dose", method.dose, 0)
    default = {f.name: f.default for f in dataclasses.fields(method)}["strength"]  # type: ignore[arg-type]
    if default is not dataclasses.MISSING and method.strength != default:
        raise ConfigError(
            f"strength={method.strength!r} and dose={method.dose!r} say the same thing twice; "
            "give one of them"
        )


def has_dose(method: object) -> bool:
    """Whether a method has the option `dose`."""
    fields = dataclasses.fields(method) if dataclasses.is_dataclass(method) else ()
    return any(field.name == "dose" for field in fields)


class Term(Watcher):
    """A penalty in the objective: it is weighed, logged, and given the strength of its dose.

    With g the gradient of the penalty and t that of the task's loss alone, both of one whole
    optimizer step and over the weights that the penalty reaches, a dose means

        strength = dose / sqrt(mean of (||g|| / ||t||)^2 over the first 16 steps)

    within 0.01 to 100 times the strength of the method. Until then the penalty adds nothing.

    Args:
        host: The method's host.
        name: What logs and messages call it.
        strength: Its weight, or what the weight that a dose gives is held near.
        dose: The size of its gradient beside the task's, or None to weigh it with `strength`.
        takes_dose: Whether a dose could have been given.
        logged: The name of its value in the log.
    """

    def __init__(
        self,
        host: Host,
        name: str,
        strength: float,
        dose: float | None,
        *,
        takes_dose: bool,
        logged: str,
    ) -> None:
        self.name, self._logged, self._label = name, logged, host.label
        self._model = host.model
        self._given, self._dose, self._takes_dose = strength, dose, takes_dose
        self._weights = _Weighing()
        self._ratios = torch.zeros(WINDOW, dtype=torch.float64)
        self._found = {"count": torch.zeros(()), "strength": torch.full((), math.nan).double()}
        self._seen = {
            "first_loss": torch.full((), math.nan).double(),
            "largest": torch.zeros((), dtype=torch.float64),
            "readings": torch.zeros(()),
            "excesses": torch.zeros(()),
        }
        if dose is not None:
            host.keep(f"{name}_dose", {"ratios": self._ratios, **self._found})
        host.keep(f"{name}_weight", self._seen, required=False)

    @property
    def strength(self) -> float | None:
        """The weight in use; None while the dose is being measured."""
        if self._dose is None:
            return self._given
        found = self._found["strength"].item()
        return None if math.isnan(found) else found

    def add_to(self, loss: Tensor, step: Step, measured: Tensor) -> Tensor:
        """The objective `loss` with the penalty, a scalar, or without it while it is measured."""
        step.log(self._logged, measured)
        strength = self.strength
        if strength is None or (step._weighs and strength):
            self._weights.add(self._model, step, measured)
        if strength is None:
            return loss
        if self._dose is not None:
            step.log(f"{self.name}_strength", torch.tensor(strength, dtype=torch.float64))
        added = (strength * step.share) * measured.to(loss.device)
        step._bound.journal.add(f"{self.name}_share{step._label}", step._factor * added)
        return loss + added

    def end_step(self, end: StepEnd) -> None:
        """Read the scales; in the window keep what they show, later log it."""
        if math.isnan(self._seen["first_loss"].item()):
            self._seen["first_loss"].fill_(end.mean_loss())
        reading = self._weights.read(end.step)
        if reading is None or not math.isfinite(reading.ratio):
            return
        strength = self.strength
        if strength is None:
            self._keep(reading.ratio)
            return
        ratio = reading.factor * strength * reading.ratio
        end.step.log(f"{self.name}_gradient_ratio{self._label}", torch.tensor(ratio))
        if math.isfinite(reading.cosine):
            end.step.log(f"{self.name}_gradient_cosine{self._label}", torch.tensor(reading.cosine))
        self._seen["readings"] += 1
        self._seen["largest"].clamp_(min=ratio)
        if ratio > 1:
            self._tell_of_excess(ratio, end.mean_loss())

    def findings(self) -> dict[str, float | None]:
        """The strength that a dose gave, and the largest ratio of the gradients."""
        found: dict[str, float | None] = {}
        if self._dose is not None:
            found[f"{self.name}_strength{self._label}"] = self.strength
        if self._seen["readings"]:
            found[f"{self.name}_largest_gradient_ratio{self._label}"] = self._seen["largest"].item()
        return found

    def conclude(self) -> None:
        """Warn of a penalty that has not been felt, or whose dose was never found."""
        readings, largest = int(self._seen["readings"].item()), self._seen["largest"].item()
        if self.strength is None:
            _warn(
                f"{self.name}: the training ended with {int(self._found['count'].item())} of the "
                f"{WINDOW} steps that dose={self._dose:g} is measured on, so that the penalty "
                "never acted; train for more steps, or give a strength"
            )
        elif readings >= FEWEST and largest < FELT:
            remedy = "a larger strength, or a dose" if self._takes_dose else "a larger strength"
            _warn(
                f"{self.name}: its gradient was at most {largest:.2%} of the task's, in "
                f"{readings} readings, so that it hardly changed the training; give {remedy}"
            )

    def _keep(self, ratio: float) -> None:
        """Take one reading into the window; a full one gives the strength."""
        count = int(self._found["count"].item())
        self._ratios[count] = ratio
        self._found["count"] += 1
        if count + 1 < WINDOW:
            return
        assert self._dose is not None
        size = self._ratios.square().mean().sqrt().item()
        low, high = LOWEST * self._given, HIGHEST * self._given
        wanted = self._dose / size if size else math.inf
        strength = min(max(wanted, low), high)
        if strength != wanted:
            _warn(
                f"{self.name}: dose={self._dose:g} asks for a strength of {wanted:.3g}, outside "
                f"of {low:g} to {high:g}; it is {strength:g}, a dose of {strength * size:.3g}"
            )
        self._found["strength"].fill_(strength)

    def _tell_of_excess(self, ratio: float, loss: float) -> None:
        """Warn at the second such reading: one batch alone may have an odd gradient."""
        if not loss > 0.5 * self._seen["first_loss"].item():
            return
        self._seen["excesses"] += 1
        if self._seen["excesses"] != 2:
            return
        _warn(
            f"{self.name}: its gradient is {ratio:.0%} of the task's, whose loss is still above "
            "half of what it began with; the penalty can stop the task from being learned: give "
            "less, or start it when the task is learned, as in scheduled(...):start=learned"
        )


@dataclass(frozen=True)
class _Reading:
    """What the scales show: ||g|| / ||t||, the cosine of g and t, and the factor of schedules."""

    ratio: float
    cosine: float
    factor: float


@dataclass
class _Weighing:
    """The gradients of a penalty and of the task, added up over one optimizer step."""

    number: int | None = None
    factor: float = 1.0
    parameters: list[nn.Parameter] = field(default_factory=list)
    penalty: list[Tensor | None] = field(default_factory=list)
    task: list[Tensor | None] = field(default_factory=list)

    def add(self, model: nn.Module, step: Step, measured: Tensor) -> None:
        """Add the gradients of a pass; no parameter's `.grad` is touched, and no graph freed."""
        if not step._trains:
            return
        parameters = [p for p in model.parameters() if p.requires_grad]
        if self.number != step.step:
            empty: list[Tensor | None] = [None] * len(parameters)
            self.number, self.penalty, self.task = step.step, empty, empty
            self.parameters, self.factor = parameters, step._factor
        self.penalty = _sum(self.penalty, _gradients(step.share * measured, parameters))
        self.task = _sum(self.task, step._task_gradients(lambda loss: _gradients(loss, parameters)))

    def read(self, step: Step) -> _Reading | None:
        """Compare the sums over all processes, and forget them; None if nothing was added."""
        if self.number != step.step or not self.penalty:
            return None
        penalties, tasks, parameters = self.penalty, self.task, self.parameters
        self.number, self.penalty, self.task, self.parameters = None, [], [], []
        if averages_gradients(step.model):
            penalties, tasks = (_over_processes(g, parameters) for g in (penalties, tasks))
        own = other = both = 0.0
        for penalty, task in zip(penalties, tasks, strict=True):
            if penalty is None:
                continue
            own += _dot(penalty, penalty)
            if task is not None:
                other += _dot(task, task)
                both += _dot(penalty, task)
        ratio = math.sqrt(own) / math.sqrt(other) if other else math.inf
        cosine = both / math.sqrt(own * other) if own * other else math.nan
        return _Reading(ratio, cosine, self.factor)


def _gradients(loss: Tensor, parameters: Sequence[nn.Parameter]) -> list[Tensor | None]:
    """The gradient of each parameter, in float32 at least; None where the loss does not reach."""
    if not loss.requires_grad:
        return [None] * len(parameters)
    with torch.autocast(loss.device.type, enabled=False):
        found = torch.autograd.grad(SCALE * loss, parameters, retain_graph=True, allow_unused=True)
    return [None if g is None else exact(g.to_dense() if g.is_sparse else g) / SCALE for g in found]


def _sum(totals: list[Tensor | None], parts: list[Tensor | None]) -> list[Tensor | None]:
    pairs = zip(totals, parts, strict=True)
    return [a if b is None else b if a is None else a + b for a, b in pairs]


def _dot(left: Tensor, right: Tensor) -> float:
    return (left * right).sum(dtype=torch.float64).item()


def _over_processes(
    gradients: Sequence[Tensor | None], parameters: Sequence[nn.Parameter]
) -> list[Tensor | None]:
    """The gradients of all processes added up; None where none of them reaches."""
    device = parameters[0].device
    reached = torch.tensor([g is not None for g in gradients], dtype=torch.int32, device=device)
    torch.distributed.all_reduce(reached, torch.distributed.ReduceOp.MAX)
    found: list[Tensor | None] = []
    for gradient, parameter, counts in zip(gradients, parameters, reached.tolist(), strict=True):
        total = None
        if counts:
            total = exact(torch.zeros_like(parameter)) if gradient is None else gradient.clone()
            torch.distributed.all_reduce(total)
        found.append(total)
    return found


def _warn(text: str) -> None:
    if process_number() == 0:
        warnings.warn(text, stacklevel=3)
