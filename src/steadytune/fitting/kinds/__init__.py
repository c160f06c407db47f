"""The kinds of tasks that fit chooses for."""

from __future__ import annotations

from ._kind import STRENGTHS, AsClasses, Kind, Line, LinearModel, known
from .classes import Classes
from .labels import Labels
from .numbers import Grades, Numbers
from .questions import OptionalQuestions, Questions
from .tags import Tags
from .texts import Texts

KINDS: dict[str, Kind] = {
    kind.kind: kind
    for kind in (
        *(Classes(), Labels(), Tags(), Grades(), Numbers()),
        *(Questions(), OptionalQuestions(), Texts()),
    )
}
"""Kind of task -> what fit needs to know of it."""

__all__ = ["KINDS", "STRENGTHS", "AsClasses", "Kind", "Line", "LinearModel", "known"]
