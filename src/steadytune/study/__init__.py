"""Comparisons of methods over many seeds, from a plan to a report.

The flow is one way: `Study` -> `load_tasks` -> `plan_runs` -> `carry_out` -> `present`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .session import run_study as run_study
    from .study import Arm as Arm
    from .study import Study as Study
    from .study import StudyTask as StudyTask
    from .study import Tuning as Tuning
    from .study import arms_of as arms_of
    from .study_file import make_study as make_study
    from .study_file import read_study as read_study

__getattr__, __dir__, __all__ = lazy_exports(__name__)
