"""Tasks: what is trained on, what is evaluated on, how texts are encoded and scores computed."""

from __future__ import annotations

from ..metrics import Scores
from ..metrics.classification import CLASSIFICATION_METRICS, classification_metrics
from ._catalogue import TASKS, NamedTask, load_task
from ._problem import Encoding, Outputs, Predictions, Problem, with_identity
from ._problems import PROBLEMS, kind_of_model
from ._task import DEV, TRAIN, Task, constant_score
from .encoding import Encoded
from .look import Look, look_at
from .source import DataSource

__all__ = [
    "CLASSIFICATION_METRICS",
    "DEV",
    "PROBLEMS",
    "TASKS",
    "TRAIN",
    "DataSource",
    "Encoded",
    "Encoding",
    "Look",
    "NamedTask",
    "Outputs",
    "Predictions",
    "Problem",
    "Scores",
    "Task",
    "classification_metrics",
    "constant_score",
    "kind_of_model",
    "load_task",
    "look_at",
    "with_identity",
]
