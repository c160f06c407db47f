"""One fine-tuned model: trained and saved with its card, evaluated, and used to predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .evaluate import DomainScores as DomainScores
    from .evaluate import evaluate_model as evaluate_model
    from .evaluation_rows import EvaluationRows as EvaluationRows
    from .evaluation_rows import rows_of_files as rows_of_files
    from .evaluation_rows import rows_of_task as rows_of_task
    from .options import TrainOptions as TrainOptions
    from .predict import predict_columns as predict_columns
    from .predict import predict_file as predict_file
    from .predicted import write_rows as write_rows
    from .saved import SavedModel as SavedModel
    from .saved import load_saved as load_saved
    from .train import train_model as train_model

__getattr__, __dir__, __all__ = lazy_exports(__name__)
