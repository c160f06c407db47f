"""How many seeds a claim needs: from a guess, or from a study that was run."""

from .plan import Plan, PowerGoal, given_plan
from .scatter import StudyScatter, study_scatter

__all__ = ["Plan", "PowerGoal", "StudyScatter", "given_plan", "study_scatter"]
