"""The floor: a linear model on what the pretrained model, left as it is, makes of the texts.

It takes seconds. Fine-tuning that does not rise above it is not worth its time.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._device import usable_device
from ..finetune.frozen_head import FrozenHead, linear
from ..pretrained import Pretrained
from ..runs.encoded import encode_splits
from ..runs.evaluation import model_outputs
from ..tasks import TRAIN, Encoded, Encoding, Task
from ..tasks.words import UNREAD
from .folds import cells_of, groups_of, make_folds
from .kinds import KINDS, Line, known
from .setup import Setup

_MOST_WORDS = 20_000
"""Words that a linear model of words is fitted on at most: beyond, those of some examples alone."""


@dataclass(frozen=True, eq=False)
class Features:
    """What the frozen model makes of examples.

    Args:
        values: One entry an example, or a word that the model reads: shape (entries, width).
        where: The example of each entry, and behind it which word it is.
    """

    values: NDArray[np.float32]
    where: tuple[NDArray[np.int64], ...]

    @property
    def examples(self) -> NDArray[np.int64]:
        """The example of each entry."""
        return self.where[0]


@dataclass(frozen=True, eq=False)
class Floor:
    """What a linear model on frozen features scores.

    Args:
        model: The model, trained on all training examples.
        outputs: Out of fold, one entry a training example; NaN for those that were never held
            out.
        tested: Its score on the test examples.
        choices: What its predictions out of fold decide.
    """

    model: FrozenHead
    outputs: NDArray[np.float64]
    tested: float
    choices: Mapping[str, float]

    @classmethod
    def of(cls, setup: Setup) -> Floor:
        """Train it."""
        task, seed, kind = setup.task, setup.options.seed, setup.kind
        frozen = frozen_model(setup.model, task)
        features = features_of(frozen, task, setup.model, setup.encoding, TRAIN, task.domain)
        held = [np.asarray(places) for places in cells_of(task, seed, 1).values()]
        crossed = setup.judge.decided(out_of_fold(task, features[TRAIN], held, seed))
        line = fitted(task, features[TRAIN], np.arange(len(task.train)), seed)
        held_out = known(crossed)
        choices = kind.choices(crossed[held_out], setup.truth[held_out], setup.measure)
        said = _said(task, line, features[task.domain], setup.test_truth)
        tested = setup.measure(kind.with_choices(said, choices), setup.test_truth)
        head = linear(torch.from_numpy(line.weight).float(), torch.from_numpy(line.bias).float())
        return cls(frozen.with_head(head).eval(), crossed, tested, choices)


def frozen_model(model: Pretrained, task: Task) -> FrozenHead:
    """A model that gives the features of a task's examples."""
    body, tokenizer = model.bare()
    frozen = FrozenHead(
        body.to(usable_device()), tokenizer, len(task.columns), per_token=task.problem.per_token
    )
    return frozen.eval()


def features_of(
    frozen: FrozenHead, task: Task, model: Pretrained, encoding: Encoding, *splits: str
) -> dict[str, Features]:
    """Features of the examples of some splits."""
    return {
        split: _features(frozen, task, encoded)
        for split, encoded in encode_splits(task, model, encoding, splits).items()
    }


def _features(frozen: FrozenHead, task: Task, encoded: Encoded) -> Features:
    """Those of a word are those of its first token."""
    made = model_outputs(frozen, frozen.tokenizer, encoded.dataset, task.problem, lambda: None)
    found = made["logits"]
    if encoded.words is None:
        return Features(np.stack(found), (np.arange(len(found)),))
    places = encoded.words.places
    read = [np.flatnonzero(row != UNREAD) for row in places]
    values = [hidden[row[words]] for hidden, row, words in zip(found, places, read, strict=True)]
    examples = np.repeat(np.arange(len(read)), [*map(len, read)])
    return Features(np.concatenate(values), (examples, np.concatenate(read)))


def out_of_fold(
    task: Task, features: Features, held: Sequence[NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """What the floor says of the examples that each fold holds out; as `Floor.outputs`."""
    kind = KINDS[task.kind]
    truth = kind.truth(task.train, task.label_names)
    found = np.full(kind.shape(truth, len(task.label_names)), np.nan)
    for places in held:
        rest = np.setdiff1d(np.arange(len(truth)), places)
        found[places] = _said(task, fitted(task, features, rest, seed), features, truth)[places]
    return found


def _said(task: Task, line: Line, features: Features, truth: NDArray[Any]) -> NDArray[np.float64]:
    """Outputs of a linear model; 0 for words that the model does not read."""
    kind = KINDS[task.kind]
    outputs = np.zeros(kind.shape(truth, len(task.label_names)))
    outputs[features.where] = kind.from_line(line(features.values))
    return outputs


def fitted(task: Task, features: Features, places: NDArray[np.int64], seed: int) -> Line:
    """The linear model of some training examples.

    How strongly it is regularised is chosen by cross-validation among these examples.

    Args:
        task: The task.
        features: Of all training examples.
        places: Of those to train on.
        seed: Of the folds.
    """
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = KINDS[task.kind]
    linear_model = kind.linear_model()
    every = task.problem.strata(task.train) if task.problem.named else [0] * len(task.train)
    strata = [every[place] for place in places]
    groups = groups_of(task)[places]
    folds = make_folds(strata, groups, seed)[: linear_model.folds] if np.ptp(groups) else []
    entries = np.flatnonzero(np.isin(features.examples, places))
    if task.problem.per_token and len(entries) > _MOST_WORDS:
        entries = _fewer(features, places, seed, _MOST_WORDS / len(entries))
    values, examples = features.values[entries], features.examples[entries]
    truth = kind.truth(task.train, task.label_names)[tuple(w[entries] for w in features.where)]
    held_out = [np.isin(examples, places[held]) for held in folds]
    inner = [(np.flatnonzero(~held), np.flatnonzero(held)) for held in held_out]
    inner = [(rest, held) for rest, held in inner if len(np.unique(truth[rest], axis=0)) > 1]
    pipeline = make_pipeline(StandardScaler(), linear_model.head)
    (_, (name, _)) = pipeline.steps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of single choices that do not converge
        if inner:
            grid = {f"{name}__{linear_model.option}": linear_model.choices}
            search = GridSearchCV(pipeline, grid, cv=inner, scoring=linear_model.scoring)
            pipeline = search.fit(values, truth).best_estimator_
        else:
            pipeline.fit(values, truth)
    (_, scaler), (_, head) = pipeline.steps
    line = kind.as_line(head, len(task.label_names))
    shift = line.weight @ (scaler.mean_ / scaler.scale_)
    return Line(line.weight / scaler.scale_, line.bias - shift)


def _fewer(
    features: Features, places: NDArray[np.int64], seed: int, share: float
) -> NDArray[np.int64]:
    """The entries of a share of these examples."""
    some = np.random.default_rng(seed).permutation(places)[: int(len(places) * share)]
    return np.flatnonzero(np.isin(features.examples, some))
