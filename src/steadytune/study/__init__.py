"""Comparisons of methods over many seeds, from a plan to a report.

The flow is one way: `Study` -> `load_tasks` -> `plan_runs` -> `carry_out` -> `present`.
"""

from .session import run_study
from .study import Arm, Study, StudyTask, Tuning, arms_of
from .study_file import make_study, read_study

__all__ = [
    "Arm",
    "Study",
    "StudyTask",
    "Tuning",
    "arms_of",
    "make_study",
    "read_study",
    "run_study",
]
