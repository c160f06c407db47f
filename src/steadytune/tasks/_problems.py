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
