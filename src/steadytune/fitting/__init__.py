"""From a file to a steady model: choices by cross-validation, then several seeds as one model."""

from .carry_out import fit_model
from .options import FitOptions, read_duration
from .result import FitResult, read_result

__all__ = ["FitOptions", "FitResult", "fit_model", "read_duration", "read_result"]
