"""The kinds of tasks there are."""

from __future__ import annotations

from ._problem import Problem
from .classification import Classification
from .question_answering import QuestionAnswering
from .regression import Regression

PROBLEMS: dict[str, Problem] = {
    problem.kind: problem for problem in (Classification(), Regression(), QuestionAnswering())
}
"""Kind -> what tasks of that kind need."""


def kind_of_architecture(architecture: str) -> str | None:
    """The kind of task that a model with such a head is for, as `BertForQuestionAnswering`.

    None for other heads and for none; a regression counts as `classification`, whose head it
    shares.
    """
    endings = ((kind, p.auto_class.removeprefix("AutoModel")) for kind, p in PROBLEMS.items())
    return next((kind for kind, ending in endings if architecture.endswith(ending)), None)
