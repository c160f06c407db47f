"""`steadytune fit`: from a file to a steady model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from ._app import app, command_line, look_ahead, one_line_errors
from ._data_options import takes_rows
from ._loudness_options import takes_loudness
from ._model_options import MODEL_HELP, AllowPickledOption, TrustRemoteCodeOption
from ._options_file import take_file


@app.command()
@takes_loudness
@takes_rows("train", "validation", "dev", "ood")
def fit(
    *,
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            help="Your examples: CSV, TSV, JSON lines, Parquet, or another format that train "
            "reads. Or a YAML file with options, and them as `train`.",
            metavar="FILE",
            callback=take_file,
            is_eager=True,
        ),
    ] = None,
    rows: dict[str, Any],
    model: Annotated[
        str,
        typer.Option(help=MODEL_HELP, metavar="MODEL"),
    ] = "minilm",
    budget: Annotated[
        str,
        typer.Option(help="Time limit for all training, such as 90s, 20m or 1h.", metavar="TIME"),
    ] = "10m",
    seed: Annotated[
        int, typer.Option(help="Seed of folds, heads, batch order, dropout and ensemble members.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the model; new or empty. [default: reviews-model for reviews.csv]",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per input. [default: 128; 384 for questions, 512 for "
            "seq2seq]",
            show_default=False,
        ),
    ] = None,
    max_new_tokens: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per generated text and per target (seq2seq). "
            "[default: 128]",
            show_default=False,
        ),
    ] = None,
    allow_frozen: Annotated[
        bool,
        typer.Option(
            "--allow-frozen",
            help="If the budget is too small to train, fit a head on the frozen model.",
        ),
    ] = False,
    one_model: Annotated[
        bool,
        typer.Option(
            "--one-model",
            help="Distil the ensemble into one plain model.",
        ),
    ] = False,
    unlabelled: Annotated[
        str | None,
        typer.Option(
            help="File of texts without labels for --one-model, one per line or in the format of "
            "the examples.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Worker processes; 0 runs in this one. [default: one per core or GPU]",
            show_default=False,
        ),
    ] = None,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Turn a file of examples into a model that does not depend on a lucky seed.

    Checks the data, holds out a test set, chooses learning rate, epochs and method by
    cross-validation within the budget, trains several seeds on all training examples, and saves
    them as one calibrated model with a model card and report.html. If it is stopped, the same
    command continues.

    Examples:

    * `steadytune fit reviews.csv`
    * `steadytune fit reviews.csv --test later.csv --budget 20m --out reviews-model`
    * `steadytune fit --task vader-movies --budget 5m`
    """
    with one_line_errors():
        task = rows.get("task")
        if file is not None and task is not None:
            raise ConfigError("a file and --task were both given; give one of them")
        if file is None and task is None:
            raise ConfigError("nothing to fit on; give a file, such as reviews.csv, or --task NAME")
        from ..tasks import DataSource

        source = DataSource(**rows, train=file)
        look_ahead(model, rows=[source])
        from ..fitting import FitOptions, fit_model
        from ..model_files import Trust
        from ._terminal import Terminal

        options = FitOptions(
            source=source,
            out=out or Path(f"{Path(file or task or '').name.split('.')[0]}-model"),
            command=command_line(context),
            model=model,
            budget=budget,
            seed=seed,
            max_length=max_length,
            max_new_tokens=max_new_tokens,
            allow_frozen=allow_frozen,
            one_model=one_model,
            unlabelled=unlabelled,
            workers=workers,
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        fit_model(options, Terminal())
