"""What is to be fitted: examples and model, found and checked before anything is trained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from .._device import settled_precision
from .._exceptions import ConfigError
from ..pretrained import Pretrained
from ..records.recipe import Recipe
from ..runs.preflight import misfits
from ..runs.settle import layers_of, usual_rate
from ..runs.unlabelled import hash_of, texts_of
from ..tasks import Encoding, Task
from .candidates import DEFAULT, OTHERS, Stabiliser, learning_rates
from .examples import require_examples
from .folds import whole_task
from .judge import Judge
from .kinds import KINDS, Kind
from .measure import Measure
from .options import FitOptions

FEWEST_TESTED = 50
"""Test examples from which on their score leads; below, cross-validation does."""

_USUAL_WIDTH = 768


@dataclass(frozen=True, eq=False)
class Setup:
    """Examples, model and measure of one fit.

    Args:
        options: What was asked for.
        task: All examples.
        model: The pretrained model.
        max_length: Most tokens an input.
    """

    options: FitOptions
    task: Task
    model: Pretrained
    max_length: int

    @classmethod
    def of(cls, options: FitOptions) -> Setup:
        """Read the examples, find the model, and look whether they suit; nothing is written.

        Raises:
            SteadytuneError: If they do not.
        """
        task = whole_task(options.source)
        require_examples(task)
        kind = KINDS[task.kind]
        for name, asked, can in (
            ("one_model", options.one_model, kind.teaches),
            ("allow_frozen", options.allow_frozen, kind.floor),
            ("max_new_tokens", options.max_new_tokens is not None, kind.problem.generates),
        ):
            if asked and not can:
                raise ConfigError(f"`{name}` is not possible for {task.kind}; leave it out")
        model = Pretrained.find(options.model, options.trust)
        max_length = (
            model.usual_length(task.kind) if options.max_length is None else options.max_length
        )
        model.require_positions(max_length, options.max_new_tokens)
        setup = cls(options, task, model, max_length)
        # Read here, so that what is wrong with them is found before anything is written.
        setup.unlabelled, setup.unsuited, setup.measure  # noqa: B018
        return setup

    @cached_property
    def measure(self) -> Measure:
        """What chooses."""
        return self.kind.measure(self.task, self.options.source.metric)

    @cached_property
    def unsuited(self) -> dict[str, str]:
        """Names of the stabilisers that the model does not take, and why."""
        given = self.model, self.task.kind, self.task.label_names
        layers = layers_of(Recipe(), self.task.kind)
        methods = (stabiliser.method for stabiliser in (DEFAULT, *OTHERS))
        found = {name: str(error) for name, error in misfits(*given, methods, layers=layers)}
        if self.kind.problem.generates:
            found |= {s.name: "the head is pretrained" for s in OTHERS if s.head_first}
        return found

    def suited(self, stabilisers: Iterable[Stabiliser]) -> list[Stabiliser]:
        """Those that the model takes, in their order."""
        return [each for each in stabilisers if each.name not in self.unsuited]

    @property
    def encoding(self) -> Encoding:
        """How texts become token numbers."""
        return Encoding(
            self.max_length,
            label_names=self.task.label_names,
            max_new_tokens=self.options.max_new_tokens or self.model.usual_new_tokens,
        )

    @property
    def kind(self) -> Kind:
        """What the kind of task needs."""
        return KINDS[self.task.kind]

    @cached_property
    def truth(self) -> NDArray[Any]:
        """The labels of the training examples."""
        return self.kind.truth(self.task.train, self.task.label_names)

    @cached_property
    def test_truth(self) -> NDArray[Any]:
        """The labels of the test examples."""
        return self.kind.truth(self.task.test[self.task.domain], self.task.label_names)

    @cached_property
    def judge(self) -> Judge:
        """Compares candidates."""
        return Judge(self.measure, self.truth, self.options.seed, self.kind)

    @property
    def is_tested(self) -> bool:
        """Whether there are enough test examples for their score to lead."""
        return len(self.test_truth) >= FEWEST_TESTED

    @property
    def rates(self) -> tuple[float, ...]:
        """Learning rates to try, the most likely one first."""
        if self.kind.problem.generates:  # their families differ, and a pretrained head is moved
            usual, _ = usual_rate(self.model)
            return usual, 2 * usual, usual / 2
        return learning_rates(self.model.hidden_size or _USUAL_WIDTH)

    @cached_property
    def unlabelled(self) -> int:
        """Texts without labels."""
        where = self.options.unlabelled
        return len(texts_of(where, self.task.columns)) if where else 0

    @property
    def _one_model(self) -> list[str]:
        """Part of the identity, where there is to be one model."""
        options = self.options
        if not options.one_model:
            return []
        return ["one-model", hash_of(options.unlabelled) if options.unlabelled else ""]

    @property
    def identity(self) -> str:
        """Sixteen hexadecimal digits: what the folder of the model is recognised by."""
        options = self.options
        parts = ["fit", self.task.content_hash, self.model.hash, options.seed, options.seconds]
        parts += [self.max_length, options.source.metric, settled_precision("auto")]
        parts += [options.allow_frozen, *self._one_model]
        if options.max_new_tokens is not None:
            parts.append(options.max_new_tokens)
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
