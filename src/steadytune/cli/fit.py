"""`steadytune fit`: from a file to a steady model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from ._app import app, command_line, look_ahead, one_line_errors
from ._data_options import takes_rows
from ._model_options import MODEL_HELP, AllowPickledOption, TrustRemoteCodeOption


@app.command()
@takes_rows("train", "validation", "dev", "ood")
def fit(
    *,
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(help="Your examples: CSV, TSV, JSON lines, Parquet, or as for train."),
    ] = None,
    rows: dict[str, Any],
    model: Annotated[
        str,
        typer.Option(help=MODEL_HELP),
    ] = "minilm",
    budget: Annotated[
        str, typer.Option(help="Time for all trainings, such as 90s, 20m or 1h.")
    ] = "10m",
    seed: Annotated[
        int, typer.Option(help="Folds, heads, order, dropout and members derive from it.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the model; new or empty. [default: the file's name and -model]",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(help="Most tokens an input. [default: 128]", show_default=False),
    ] = None,
    allow_frozen: Annotated[
        bool,
        typer.Option(
            "--allow-frozen",
            help="Where the budget is too small for one training, fit a head on the frozen model.",
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes; 0 for none but this one. [default: one a core, or a GPU]",
            show_default=False,
        ),
    ] = None,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Make a steady model of your examples: nothing else needs to be said.

    Looks at the data, holds out a test, finds learning rate, epochs and a steadying method by
    cross-validation within the budget, trains several seeds on all training examples, and keeps
    them as one calibrated model with a card and report.html. A fit that was stopped goes on where
    the same command is given again.

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
            allow_frozen=allow_frozen,
            workers=workers,
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        fit_model(options, Terminal())
