"""`steadytune diagnose`: models, measured and compared, as arrays, figures and one page."""

from .options import Options
from .run import run_diagnosis

__all__ = ["Options", "run_diagnosis"]
