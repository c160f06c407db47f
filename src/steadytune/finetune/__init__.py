"""One fine-tuned model: trained and saved with its card, evaluated, and used to predict."""

from .evaluate import DomainScores, evaluate_model
from .evaluation_rows import EvaluationRows, rows_of_files, rows_of_task
from .options import TrainOptions
from .predict import predict_columns, predict_file, write_rows
from .saved import SavedModel, load_saved
from .train import train_model

__all__ = [
    "DomainScores",
    "EvaluationRows",
    "SavedModel",
    "TrainOptions",
    "evaluate_model",
    "load_saved",
    "predict_columns",
    "predict_file",
    "rows_of_files",
    "rows_of_task",
    "train_model",
    "write_rows",
]
