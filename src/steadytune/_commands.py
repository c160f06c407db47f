"""The commands as functions, for notebooks and scripts: what people call first.

Each imports what it needs when it is called, so that `import steadytune` stays light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .model_files import CAREFUL, Trust

if TYPE_CHECKING:
    from rich.console import Console

    from .diagnostics.command.diagnosis import Diagnosis
    from .finetune.evaluate import DomainScores
    from .finetune.model_record import ModelRecord
    from .finetune.predicted import Columns
    from .finetune.saved import SavedModel
    from .fitting import FitResult
    from .reporting import Elsewhere, Outputs, Report
    from .runs.executors import Executor
    from .study.study import Study
    from .tasks import DataSource


def fit(
    data: DataSource | str | Path,
    out: Path | str,
    *,
    console: Console | None = None,
    **options: Any,
) -> FitResult:
    """Turn examples into a model: choose hyperparameters, train several seeds, save them as one.

    `fit("reviews.csv", "reviews-model", budget="20m")`.

    Args:
        data: The examples: a named task, a file, or a `DataSource`, which may have more, such as
            a test file.
        out: The folder for the model. If a fit was stopped, the same call continues it.
        console: Where tables, progress and the summary go; by default where `print` goes.
        options: Fields of `steadytune.fitting.FitOptions`: the options of `steadytune fit`. A
            script needs the guard `if __name__ == "__main__":`, or `workers=0`.

    Returns:
        The result: score, interval, folder, and the model.

    Raises:
        ConfigError: If an option is unknown or out of its range.
        SteadytuneError: If examples, model and options do not match, or no training finished.
    """
    from ._checks import check_fields
    from .fitting import FitOptions, fit_model

    check_fields("fit", options, FitOptions)
    return fit_model(FitOptions(source=_source(data), out=out, **options), console)


def train(
    data: DataSource | str | Path,
    out: Path | str,
    *,
    console: Console | None = None,
    **options: Any,
) -> ModelRecord:
    """Fine-tune one model, or several seeds that become one, and save it with a model card.

    `train("reviews.csv", "my-model", method="mixout", learning_rate=2e-4, epochs=5)`.

    Args:
        data: The examples: a named task, a file, or a `DataSource`.
        out: The folder for the model. If it has the finished model, the same call returns it.
        console: Where notes and scores go; by default where `print` goes.
        options: Fields of `steadytune.finetune.TrainOptions`: the options of `steadytune train`.

    Returns:
        The record in the folder.

    Raises:
        ConfigError: If an option is unknown or out of its range.
        SteadytuneError: If examples, model and options do not match, or no run finished.
    """
    from ._checks import check_fields
    from .finetune.options import TrainOptions

    check_fields("train", options, TrainOptions)
    chosen = TrainOptions(source=_source(data), out=out, **options)
    from .finetune.train import train_model  # after the options are checked: it imports torch

    return train_model(chosen, console)


def compare(
    study: Study | str | Path | None = None,
    out: Path | str = "steadytune-study",
    *,
    executor: Executor | None = None,
    console: Console | None = None,
    save_models: bool = False,
    **keys: Any,
) -> Report:
    """Compare methods with plain fine-tuning over seeds, and write `report.html`.

    `compare(out="rte", tasks="rte", methods=["plain", "lnsr"], seeds=10, train_size=500)`.

    Args:
        study: A study or a study file, unless `keys` say what is compared.
        out: Folder for records, predictions and the report. The same call adds missing runs.
        executor: Executes the runs; by default as many worker processes as the machine allows.
        console: Where progress and tables go; by default where `print` goes.
        save_models: Whether to keep the trained models, in `out/models`.
        keys: The keys of a study file, as for `steadytune.study.make_study`.

    Returns:
        The report.

    Raises:
        SteadytuneError: If the input is invalid (nothing is trained then), or every run failed.
    """
    from ._exceptions import ConfigError
    from .study import make_study, read_study, run_study

    if study is not None and keys:
        raise ConfigError(f"a study and {next(iter(keys))} were both given; give one of them")
    if isinstance(study, str | Path):
        study = read_study(study)
    return run_study(study or make_study(**keys), out, executor, console, save_models)


def evaluate(
    model: SavedModel | str | Path,
    data: DataSource | Mapping[str, str | Path] | str | Path,
    *,
    max_length: int | None = None,
    eval_size: int | None = None,
    trust: Trust = CAREFUL,
    console: Console | None = None,
) -> list[DomainScores]:
    """Score a saved model on labelled examples, with bootstrap intervals.

    `evaluate("my-model", {"posts": "posts.csv"})`.

    Args:
        model: A folder with a model or an ensemble, a name on the Hugging Face hub, or the
            result of `steadytune.finetune.load_saved`.
        data: A named task, a file, files by name, or a `DataSource`; of one with test examples,
            these.
        max_length: Maximum number of tokens per input; by default as in training.
        eval_size: Maximum number of examples per domain; by default all.
        trust: What of the model's files may be read.
        console: Where notes and progress go; by default where `print` goes.

    Returns:
        The scores on each set of examples.

    Raises:
        SteadytuneError: If model and examples do not match.
    """
    from ._exceptions import ConfigError
    from .finetune import evaluate_model, rows_of_files, rows_of_task
    from .finetune.evaluation_rows import files_by_name

    named = None if isinstance(data, Mapping) else _source(data)
    saved = _saved(model, trust)
    if named is None:
        assert isinstance(data, Mapping)
        rows = rows_of_files(saved, data, eval_size=eval_size)
    elif named.task is not None:
        rows = rows_of_task(saved, named, eval_size)
    else:
        if named.kind not in (None, saved.kind, *saved.problem.covers):
            raise ConfigError(
                f"{saved.name} is a model for {saved.kind}, and kind={named.kind!r} was given; "
                "leave `kind` out"
            )
        files = files_by_name(str(named.test or named.train), named.ood)
        rows = rows_of_files(
            saved,
            files,
            named.text,
            named.label,
            named.metric,
            eval_size,
            positive=named.positive,
            how=named.reading,
        )
    return evaluate_model(saved, rows, max_length, console)


def predict(
    model: SavedModel | str | Path,
    rows: Any,
    *,
    text: str | Sequence[str] = (),
    max_length: int | None = None,
    trust: Trust = CAREFUL,
    console: Console | None = None,
) -> Columns:
    """Predict the examples of a file, or those in memory.

    `predict("my-model", {"text": ["Good.", "Bad."]})["prediction"]`.

    Args:
        model: As for `evaluate`.
        rows: A file, or columns: a mapping of lists, a data frame or a `datasets.Dataset`.
        text: The text columns; guessed if not given.
        max_length: Maximum number of tokens per input; by default as in training.
        trust: What of the model's files may be read.
        console: Where notes and progress go; by default where `print` goes.

    Returns:
        The columns of the examples, followed by those of the predictions.

    Raises:
        SteadytuneError: If model and examples do not match.
    """
    from .finetune import predict_columns, predict_file

    work = predict_file if isinstance(rows, str | Path) else predict_columns
    return work(_saved(model, trust), rows, text, max_length, console).whole()


def report(
    *folders: str | Path,
    elsewhere: Sequence[Elsewhere] = (),
    outputs: Outputs | None = None,
    title: str = "",
    baseline: str = "",
) -> Report:
    """Make the report of recorded runs, and write its page.

    Args:
        folders: Output folders of studies; several make one report.
        elsewhere: Runs from another tool (`steadytune.reporting.Elsewhere`).
        outputs: What to write; by default `report.html`, in the folder if there is only one.
        title: The title; by default that of the study.
        baseline: The method that others are compared with; by default as in the study.

    Returns:
        The report.

    Raises:
        DataError: If no record can be read.
    """
    from .method_lines import describe_recorded
    from .reporting import Outputs, report_folders

    found, _ = report_folders(
        [Path(folder) for folder in folders],
        outputs or Outputs(),
        elsewhere=elsewhere,
        describe=describe_recorded,
        title=title,
        baseline=baseline,
    )
    return found


def diagnose(model: str | Path, *others: str | Path, **options: Any) -> Diagnosis:
    """Measure how noise spreads through a model, or compare models, and write a page.

    Args:
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        others: Models to compare with it.
        options: Fields of `steadytune.diagnostics.command.Options`, and `console`.

    Returns:
        All that was measured.

    Raises:
        ConfigError: If an option is unknown or out of its range.
        SteadytuneError: If a model or the examples cannot be loaded.
    """
    from ._checks import check_fields
    from .diagnostics.command.options import Options

    console = options.pop("console", None)
    check_fields("diagnose", options, Options)
    if options.get("data") is not None:
        options.setdefault("task", None)
    chosen = Options(str(model), compare=tuple(map(str, others)), **options)
    from .diagnostics.command.run import run_diagnosis  # after the options: it imports torch

    return run_diagnosis(chosen, console)


def _source(data: DataSource | str | Path) -> DataSource:
    from .tasks import TASKS, DataSource

    if isinstance(data, DataSource):
        return data
    return DataSource(task=str(data)) if data in TASKS else DataSource(train=str(data))


def _saved(model: SavedModel | str | Path, trust: Trust) -> SavedModel:
    from .finetune.saved import SavedModel, load_saved

    return model if isinstance(model, SavedModel) else load_saved(model, trust)
