"""The floor: a linear model on what the pretrained model, left as it is, makes of the texts.

It takes seconds. Fine-tuning that does not rise above it is not worth its time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._device import usable_device
from ..pretrained import Pretrained
from ..tasks import TRAIN, Task
from ..tasks._problem import values
from ..tasks.files.held_out import text_groups
from .folds import cells_of, make_folds
from .setup import Setup

Features = NDArray[np.float32]

_BATCH = 64
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True)
class Frozen:
    """The pretrained model as it is.

    Args:
        model: The model.
        max_length: Most tokens a text.
    """

    model: Pretrained
    max_length: int

    def features(self, task: Task, *splits: str) -> dict[str, Features]:
        """Features of the examples of some splits, shape (examples, width).

        The mean of the last hidden states over the tokens of a text; of pairs both, how far they
        lie apart, and their product.
        """
        model, tokenizer = self.model.with_head(task.kind, task.label_names, 0)
        body = getattr(model, model.base_model_prefix).to(usable_device()).eval()
        return {
            split: _combined(
                [
                    _pooled(body, tokenizer, values(task.splits[split], column), self.max_length)
                    for column in task.columns
                ]
            )
            for split in splits
        }


@dataclass(frozen=True, eq=False)
class Floor:
    """What a linear model on frozen features scores.

    Args:
        outputs: Out of fold: shape (training examples, classes), or (..., 1); NaN for those that
            were never held out.
        tested: Its score on the test examples.
    """

    outputs: NDArray[np.float64]
    tested: float

    @classmethod
    def of(cls, setup: Setup) -> Floor:
        """Train it."""
        task, seed = setup.task, setup.options.seed
        features = Frozen(setup.model, setup.max_length).features(task, TRAIN, task.domain)
        held = [np.asarray(places) for places in cells_of(task, seed, 1).values()]
        crossed = out_of_fold(task, features[TRAIN], held, seed)
        tested = on_others(task, features[TRAIN], features[task.domain], seed)
        return cls(crossed, setup.measure(tested, setup.test_truth))


def out_of_fold(
    task: Task, features: Features, held: Sequence[NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """What the floor says of the examples that each fold holds out.

    Returns:
        Shape (training examples, classes), log probabilities, or (..., 1), numbers; NaN for those
        never held out.
    """
    labels, groups = _labels(task), _groups(task)
    found = np.full((len(labels), max(1, len(task.label_names))), np.nan)
    for places in held:
        rest = np.setdiff1d(np.arange(len(labels)), places)
        found[places] = _fitted(task, features[rest], labels[rest], groups[rest], seed)(
            features[places]
        )
    return found


def on_others(task: Task, train: Features, others: Features, seed: int) -> NDArray[np.float64]:
    """What the floor, trained on all training examples, says of others; as `out_of_fold`."""
    found: NDArray[np.float64] = _fitted(task, train, _labels(task), _groups(task), seed)(others)
    return found


def _fitted(
    task: Task, features: Features, labels: NDArray[Any], groups: NDArray[np.int64], seed: int
) -> Any:
    """A function of features: log probabilities, or numbers, one row an example."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

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
            search = GridSearchCV(pipeline, {name: options}, cv=inner).fit(features, labels)
            pipeline = search.best_estimator_
        else:
            pipeline.fit(features, labels)

    def predict(of: Features) -> NDArray[np.float64]:
        if not classes:
            numbers: NDArray[np.float64] = np.asarray(pipeline.predict(of), dtype=np.float64)
            return numbers[:, None]
        shares = np.full((len(of), len(task.label_names)), _LEAST_PROBABILITY)
        shares[:, pipeline.classes_] = np.maximum(pipeline.predict_proba(of), _LEAST_PROBABILITY)
        logs: NDArray[np.float64] = np.log(shares)
        return logs

    return predict


def _labels(task: Task) -> NDArray[Any]:
    return np.asarray(values(task.train, "label"))


def _groups(task: Task) -> NDArray[np.int64]:
    return text_groups([values(task.train, name) for name in task.columns])


def _combined(each: Sequence[Features]) -> Features:
    if len(each) == 1:
        return each[0]
    one, other = each
    return np.concatenate([one, other, np.abs(one - other), one * other], axis=1)


def _pooled(body: Any, tokenizer: Any, texts: Sequence[str], max_length: int) -> Features:
    """The mean of the last hidden states over each text's tokens, shape (texts, width)."""
    order = np.argsort([len(text) for text in texts], kind="stable")
    found: list[Features] = []
    with torch.inference_mode():
        for start in range(0, len(texts), _BATCH):
            chosen = [texts[place] for place in order[start : start + _BATCH]]
            batch = tokenizer(
                chosen, padding=True, truncation=True, max_length=max_length, return_tensors="pt"
            ).to(body.device)
            hidden = body(**batch).last_hidden_state.float()
            mask = batch["attention_mask"][..., None].float()
            found.append(((hidden * mask).sum(1) / mask.sum(1).clamp(min=1)).cpu().numpy())
    return np.concatenate(found)[np.argsort(order, kind="stable")]
