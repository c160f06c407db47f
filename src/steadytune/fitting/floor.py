"""The floor: a linear model on what the pretrained model, left as it is, makes of the texts.

It takes seconds. Fine-tuning that does not rise above it is not worth its time.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .._device import usable_device
from ..finetune.frozen_head import FrozenHead, linear
from ..pretrained import Pretrained
from ..runs.encoded import encode_splits
from ..runs.evaluation import model_outputs
from ..tasks import TRAIN, Encoding, Task
from .folds import cells_of, groups_of, make_folds
from .kinds import KINDS, Line
from .setup import Setup

Features = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Floor:
    """What a linear model on frozen features scores.

    Args:
        model: The model, trained on all training examples.
        outputs: Out of fold, shape (training examples, columns); NaN for those that were never
            held out.
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
        features = features_of(frozen, task, setup.model, setup.max_length, TRAIN, task.domain)
        held = [np.asarray(places) for places in cells_of(task, seed, 1).values()]
        crossed = setup.judge.decided(out_of_fold(task, features[TRAIN], held, seed))
        line = fitted(task, features[TRAIN], np.arange(len(task.train)), seed)
        known = ~np.isnan(crossed).any(axis=1)
        choices = kind.choices(crossed[known], setup.truth[known], setup.measure)
        said = kind.with_choices(kind.from_line(line(features[task.domain])), choices)
        tested = setup.measure(said, setup.test_truth)
        head = linear(torch.from_numpy(line.weight).float(), torch.from_numpy(line.bias).float())
        return cls(frozen.with_head(head).eval(), crossed, tested, choices)


def frozen_model(model: Pretrained, task: Task) -> FrozenHead:
    """A model that gives the features of a task's examples."""
    body, tokenizer = model.bare()
    return FrozenHead(body.to(usable_device()), tokenizer, len(task.columns)).eval()


def features_of(
    frozen: FrozenHead, task: Task, model: Pretrained, max_length: int, *splits: str
) -> dict[str, Features]:
    """Features of the examples of some splits, shape (examples, width)."""
    encoded = encode_splits(task, model, Encoding(max_length), splits)
    return {
        split: np.stack(
            model_outputs(
                frozen, frozen.tokenizer, features.dataset, task.problem, on_batch=lambda: None
            )["logits"]
        )
        for split, features in encoded.items()
    }


def out_of_fold(
    task: Task, features: Features, held: Sequence[NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """What the floor says of the examples that each fold holds out; as `Floor.outputs`."""
    kind = KINDS[task.kind]
    found = np.full((len(features), kind.columns(task)), np.nan)
    for places in held:
        rest = np.setdiff1d(np.arange(len(features)), places)
        found[places] = kind.from_line(fitted(task, features, rest, seed)(features[places]))
    return found


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
    truth = kind.truth(task.train)[places]
    every = task.problem.strata(task.train) if task.problem.named else [0] * len(task.train)
    strata = [every[place] for place in places]
    inner = [
        (np.setdiff1d(np.arange(len(truth)), held), held)
        for held in make_folds(strata, groups_of(task)[places], seed)
    ]
    if task.problem.exclusive:
        inner = [(rest, held) for rest, held in inner if len(set(truth[rest].tolist())) > 1]
    linear_model = kind.linear_model()
    pipeline = make_pipeline(StandardScaler(), linear_model.head)
    (_, (name, _)) = pipeline.steps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of single choices that do not converge
        if inner:
            grid = {f"{name}__{linear_model.option}": linear_model.choices}
            search = GridSearchCV(pipeline, grid, cv=inner, scoring=linear_model.scoring)
            pipeline = search.fit(features[places], truth).best_estimator_
        else:
            pipeline.fit(features[places], truth)
    (_, scaler), (_, head) = pipeline.steps
    line = kind.as_line(head, len(task.label_names))
    shift = line.weight @ (scaler.mean_ / scaler.scale_)
    return Line(line.weight / scaler.scale_, line.bias - shift)
