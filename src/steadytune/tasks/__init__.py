"""Tasks: what is trained on, what is evaluated on, how texts are encoded and scores computed."""

from __future__ import annotations

from ._catalogue import TASKS, NamedTask, load_task
from ._task import Task, constant_score
from .encoding import Encoded, encode, encode_and_count
from .metrics import CLASSIFICATION_METRICS, classification_metrics

__all__ = [
    "CLASSIFICATION_METRICS",
    "TASKS",
    "Encoded",
    "NamedTask",
    "Task",
    "classification_metrics",
    "constant_score",
    "encode",
    "encode_and_count",
    "load_task",
]
