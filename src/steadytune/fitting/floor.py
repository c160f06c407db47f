"""The floor: a linear model on what the pretrained model, left as it is, makes of the texts.

It takes seconds. Fine-tuning that does not rise above it is not worth its time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._device import usable_device
from ..finetune.frozen_head import FrozenHead, linear
from ..pretrained import Pretrained
from ..runs.encoded import encode_splits
from ..runs.evaluation import model_outputs
from ..tasks import TRAIN, Encoding, Task
from ..tasks._problem import values
from ..tasks.files.held_out import text_groups
from .folds import cells_of, make_folds
from .setup import Setup

Features = NDArray[np.float32]

_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_UNSEEN_LOGIT = -14.0
"""The logit of a class without an example: a probability of one in a million at most."""


@dataclass(frozen=True)
class Line:
    """A linear function of features.

    Args:
        weight: Shape (outputs, width).
        bias: Shape (outputs,).
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def __call__(self, features: Features) -> NDArray[np.float64]:
        """Logits or numbers, shape (examples, outputs)."""
        found: NDArray[np.float64] = features @ self.weight.T + self.bias
        return found


@dataclass(frozen=True, eq=False)
class Floor:
    """What a linear model on frozen features scores.

    Args:
        model: The model, trained on all training examples.
        outputs: Out of fold: logits, shape (training examples, classes), or numbers, (..., 1);
            NaN for those that were never held out.
        tested: Its score on the test examples.
    """

    model: FrozenHead
    outputs: NDArray[np.float64]
    tested: float

    @classmethod
    def of(cls, setup: Setup) -> Floor:
        """Train it."""
        task, seed = setup.task, setup.options.seed
        frozen = frozen_model(setup.model, task)
        features = features_of(frozen, task, setup.model, setup.max_length, TRAIN, task.domain)
        held = [np.asarray(places) for places in cells_of(task, seed, 1).values()]
        crossed = out_of_fold(task, features[TRAIN], held, seed)
        line = fitted(task, features[TRAIN], np.arange(len(task.train)), seed)
        tested = setup.measure(line(features[task.domain]), setup.test_truth)
        head = linear(torch.from_numpy(line.weight).float(), torch.from_numpy(line.bias).float())
        return cls(frozen.with_head(head).eval(), crossed, tested)


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
    found = np.full((len(features), max(1, len(task.label_names))), np.nan)
    for places in held:
        rest = np.setdiff1d(np.arange(len(features)), places)
        found[places] = fitted(task, features, rest, seed)(features[places])
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
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    labels = np.asarray(values(task.train, "label"))[places]
    groups = _groups(task)[places]
    classes = task.kind == "classification"
    strata = labels.tolist() if classes else [0] * len(labels)
    inner = [
        (np.setdiff1d(np.arange(len(labels)), held), held)
        for held in make_folds(strata, groups, seed)
    ]
    if classes:
        inner = [(rest, held) for rest, held in inner if len(set(labels[rest].tolist())) > 1]
    head: Any = LogisticRegression(max_iter=2000) if classes else Ridge()
    pipeline = make_pipeline(StandardScaler(), head)
    name, options = (
        ("logisticregression__C", _STRENGTHS)
        if classes
        else ("ridge__alpha", tuple(100 / strength for strength in _STRENGTHS))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of single choices that do not converge
        if inner:
            search = GridSearchCV(pipeline, {name: options}, cv=inner)
            pipeline = search.fit(features[places], labels).best_estimator_
        else:
            pipeline.fit(features[places], labels)
    (_, scaler), (_, head) = pipeline.steps
    return _as_line(scaler, head, len(task.label_names))


@lru_cache(maxsize=1)
def _groups(task: Task) -> NDArray[np.int64]:
    """Found once for all folds."""
    return text_groups([values(task.train, name) for name in task.columns])


def _as_line(scaler: Any, head: Any, classes: int) -> Line:
    """Scaler and head as one linear function, with a row for each class of the task."""
    weight, bias = np.atleast_2d(head.coef_), np.atleast_1d(head.intercept_)
    bias = bias - weight @ (scaler.mean_ / scaler.scale_)
    weight = weight / scaler.scale_
    if not classes:
        return Line(weight, bias)
    if len(head.classes_) == 2:  # scikit-learn keeps the difference of the two logits
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    whole = Line(np.zeros((classes, weight.shape[1])), np.full(classes, _UNSEEN_LOGIT))
    whole.weight[head.classes_], whole.bias[head.classes_] = weight, bias
    return whole
