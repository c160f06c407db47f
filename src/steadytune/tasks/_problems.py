"""The kinds of tasks there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._problem import Problem
from .classification import Classification
from .multilabel import Multilabel
from .optional_answers import OptionalAnswers
from .ordinal import Ordinal
from .question_answering import QuestionAnswering
from .regression import Regression
from .seq2seq import Seq2Seq
from .tagging import Tagging

PROBLEMS: dict[str, Problem] = {
    problem.kind: problem
    for problem in (
        *(Classification(), Multilabel(), Tagging()),
        *(Ordinal(), Regression(), QuestionAnswering(), OptionalAnswers(), Seq2Seq()),
    )
}
"""Kind -> what tasks of that kind need."""


def kind_of_model(architecture: str, config: Mapping[str, Any]) -> str | None:
    """The kind of task that a model is for.

    Args:
        architecture: The class that it was saved as, such as `BertForQuestionAnswering`.
        config: Its configuration.

    Returns:
        None for other heads than those of `PROBLEMS`, and for none.
    """
    fitting = [problem for problem in PROBLEMS.values() if problem.has_head(architecture)]
    # Of the kinds with one head, the one that fits any configuration is asked last.
    fitting.sort(key=lambda problem: type(problem).is_of is Problem.is_of)
    return next((problem.kind for problem in fitting if problem.is_of(config)), None)
