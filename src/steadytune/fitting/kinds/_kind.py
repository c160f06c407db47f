"""What fit needs to know of a kind of task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...tasks import PROBLEMS, Predictions, Problem, Task
from ...tasks._problem import values
from ..measure import Measure

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor

Array = NDArray[Any]

_PARTS = 5

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""One over the weight of the penalty of the floor's linear model."""


@dataclass(frozen=True)
class Line:
    """A linear function of features.

    Args:
        weight: Shape (outputs, width).
        bias: Shape (outputs,).
    """

    weight: Array
    bias: Array

    def __call__(self, features: Array) -> Array:
        """Logits or numbers, shape (examples, outputs)."""
        found: Array = features @ self.weight.T + self.bias
        return found


@dataclass(frozen=True, eq=False)
class LinearModel:
    """The floor's linear model before it is fitted.

    Args:
        head: An estimator of scikit-learn.
        option: What its strength is called there.
        choices: Strengths to try.
        scoring: What chooses among them; None for the estimator's own.
        folds: How many folds of the examples choose; None for all.
    """

    head: Any
    option: str
    choices: Sequence[float]
    scoring: Any = None
    folds: int | None = None


@dataclass(frozen=True, eq=False)
class AsClasses:
    """Predictions as those of a classifier, for a temperature.

    Args:
        logits: Shape (members, entries, classes).
        labels: Shape (entries,).
        examples: Shape (entries,): the example that each is of.
    """

    logits: Array
    labels: Array
    examples: Array


def known(outputs: Array) -> NDArray[np.int64]:
    """The examples that outputs, (examples, ...), say something of: those without NaN."""
    # Nothing but NaN differs from itself; of texts `isnan` knows nothing.
    unknown = (outputs != outputs).reshape(len(outputs), -1).any(axis=1)
    found: NDArray[np.int64] = np.flatnonzero(~unknown)
    return found


class Kind(ABC):
    """A kind of task. Its subclasses are final and have no state.

    What is predicted for examples is an array, `outputs` in the methods below, of shape (examples,
    columns), or (examples, words, columns) where words are tagged, or (examples,) of texts.
    """

    kind: ClassVar[str]
    dtype: ClassVar[type] = float
    """The type of the entries of outputs."""
    together: ClassVar[str] = "the average of the seeds"
    """What the seeds are called where they predict as one."""
    floor: ClassVar[bool] = True
    """Whether there is a linear model on frozen features."""
    blends: ClassVar[bool] = True
    """Whether the seeds are averaged with that linear model where nothing has compared them."""
    combines: ClassVar[bool] = True
    """Whether what runs keep of their predictions tells what their average would predict."""
    teaches: ClassVar[bool] = True
    """Whether one model can learn from what others predict."""

    @property
    def problem(self) -> Problem:
        """What else tasks of this kind need."""
        return PROBLEMS[self.kind]

    def truth(self, rows: Dataset, label_names: Sequence[str]) -> Array:
        """The truth of rows, one entry each."""
        return np.asarray(values(rows, self.problem.answer))

    def require(self, task: Task, groups: Array) -> None:  # noqa: B027 -- most need nothing more
        """Refuse what cross-validation can say nothing about.

        Args:
            task: The task.
            groups: One entry a training example: copies of a text share it.

        Raises:
            DataError: If there are too few examples of a class.
        """

    def shape(self, truth: Array, classes: int) -> tuple[int, ...]:
        """The shape of outputs.

        Args:
            truth: One entry an example.
            classes: How many there are; 0 for none.
        """
        return len(truth), max(1, classes)

    @abstractmethod
    def measure(self, task: Task, asked: str | None) -> Measure:
        """What chooses.

        Args:
            task: The task.
            asked: The metric that the user asked for, if any.
        """

    def constant(self, measure: Measure, task: Task, rows: Dataset) -> float:
        """What the majority-class baseline scores on rows."""
        return self.problem.constant_score(rows, len(task.label_names), measure.name)

    @abstractmethod
    def outputs(self, predictions: Predictions | Mapping[str, Any], truth: Array | None) -> Array:
        """Predictions for examples as outputs.

        Args:
            predictions: What is kept of them.
            truth: One entry an example; None where it is unknown, for kinds that teach.
        """

    @abstractmethod
    def average(self, outputs: Array, weights: Sequence[float] | None = None) -> Array:
        """Members' outputs, (members, examples, ...), as one.

        Args:
            outputs: Those of the members.
            weights: What each member counts for; by default all count alike.
        """

    def cooled(self, outputs: Array, temperature: float) -> Array:
        """Outputs at a temperature."""
        found: Array = outputs / temperature
        return found

    @abstractmethod
    def loss(self, outputs: Array, truth: Array) -> float:
        """What tells equal scores apart, the lower the better."""

    def decided(self, outputs: Array, truth: Array, measure: Measure, seed: int) -> Array:
        """Outputs with what is decided on examples decided for each on others.

        Args:
            outputs: Of examples that were not trained on; NaN where there are none.
            truth: Of the same examples.
            measure: What decides.
            seed: Of the division of the examples.
        """
        if not self.problem.choices:
            return outputs
        places, found = known(outputs), outputs.copy()
        if len(places) < _PARTS:
            found[places] = self.with_choices(outputs[places], {})  # not that of these examples
            return found
        part = np.random.default_rng(seed).permutation(len(places)) % _PARTS
        for number in range(_PARTS):
            held, others = places[part == number], places[part != number]
            choices = self.choices(outputs[others], truth[others], measure)
            found[held] = self.with_choices(outputs[held], choices)
        return found

    def choices(self, outputs: Array, truth: Array, measure: Measure) -> dict[str, float]:
        """Fields of the model's configuration that these examples decide."""
        return {}

    def with_choices(self, outputs: Array, choices: Mapping[str, float]) -> Array:
        """Outputs of a model with these choices."""
        return outputs

    def as_classes(self, outputs: Array, truth: Array) -> AsClasses | None:
        """Members' outputs, (members, examples, ...), for a temperature; None for none."""
        return None

    def residuals(self, outputs: Array, truth: Array) -> Array | None:
        """How far numbers are from the truth; None where there are none."""
        return None

    def linear_model(self) -> LinearModel:
        """The floor's, before it is fitted."""
        raise NotImplementedError(self.kind)

    def as_line(self, head: Any, classes: int) -> Line:
        """The fitted estimator as a linear function with a row a class."""
        raise NotImplementedError(self.kind)

    def from_line(self, found: Array) -> Array:
        """What such a function gives, as outputs."""
        return found

    def targets(self, truth: Array, classes: int) -> Array:
        """The truth as targets of one model that learns, shape (examples, outputs of a model)."""
        raise NotImplementedError(self.kind)

    def as_targets(self, outputs: Array) -> Array:
        """Outputs as targets, likewise."""
        raise NotImplementedError(self.kind)

    def lesson_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss with these as targets, a mean over examples."""
        raise NotImplementedError(self.kind)
