"""The record of a model: that of the run that is kept, and what its folder needs to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..records.schema import STRICT, Number, Part, Record, TaskPart, Text, first_problem


class ReadFrom(Part):
    """What the columns of the training examples were called."""

    texts: list[Text]
    label: Text | None = None


class Inputs(Part):
    """What a model takes: its text columns, its classes in the order of their numbers, lengths."""

    columns: list[Text]
    label_names: list[Text]
    read_from: ReadFrom | None = None
    max_length: int
    stride: int


class MemberScores(Part):
    """The primary metric of one of several runs, by split."""

    seed: int
    spec_hash: Text
    scores: dict[Text, Number]


class Selection(Part):
    """What is kept of several runs: the seeds taken, those without a model, and all scores.

    `frozen` is the share of a linear model on frozen features in what is kept.
    """

    keep: Text
    frozen: Number = 0.0
    metric: Text
    taken: list[int]
    lost: list[int]
    members: list[MemberScores]


class ModelRecord(Record):
    """The record of the run that was kept, with what is told of the model beside it."""

    task: TaskPart
    input: Inputs
    command: str
    plan_hash: Text
    selection: Selection | None = None

    @property
    def is_ensemble(self) -> bool:
        """Whether the folder holds several models, or might have."""
        return self.selection is not None and self.selection.keep == "ensemble"

    @property
    def is_frozen(self) -> bool:
        """Whether what is kept is a linear model on frozen features."""
        return self.selection is not None and self.selection.keep == "frozen"


def model_record(content: Mapping[str, Any]) -> ModelRecord:
    """The record of a model from its JSON values.

    Raises:
        ValueError: If they are none, with the reason in one line.
    """
    try:
        return ModelRecord.model_validate(content, context=STRICT)
    except ValidationError as error:
        raise ValueError(first_problem(error)) from error
