"""`steadytune demo`: methods against plain fine-tuning on built-in data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, command_line, look_ahead, one_line_errors, require_results
from ._completion import one_of, tasks
from ._loudness_options import takes_loudness
from ._method_option import methods_option
from ._model_options import MODEL_HELP, AllowPickledOption, TrustRemoteCodeOption


@app.command()
@takes_loudness
def demo(
    context: typer.Context,
    seeds: Annotated[
        str,
        typer.Option(help="How many seeds, such as 3, or a list, such as 3,7,11.", metavar="SEEDS"),
    ] = "3",
    method: Annotated[
        list[str] | None, methods_option("plain,mixout:p=0.7,replace_dropout=true,lnsr")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the records and report.html.", metavar="DIR")
    ] = Path("steadytune-demo"),
    model: Annotated[
        str,
        typer.Option(help=MODEL_HELP, metavar="MODEL"),
    ] = "minilm",
    task: Annotated[
        str,
        typer.Option(help="Name of the task.", metavar="NAME", autocompletion=one_of(tasks)),
    ] = "vader-movies",
    train_size: Annotated[
        int, typer.Option(help="Training examples, the same for all runs.")
    ] = 250,
    eval_size: Annotated[int, typer.Option(help="Test examples per domain.")] = 200,
    epochs: Annotated[float, typer.Option(help="Number of training epochs.")] = 3.0,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate of AdamW.")] = 1e-4,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Worker processes of one thread each; 0 runs in this one. "
            "[default: one per core, at most one per run]",
            show_default=False,
        ),
    ] = None,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Compare Mixout and LNSR with plain fine-tuning over a few seeds, on rated sentences.

    Trains on movie reviews, and evaluates on other movie reviews, product reviews, editorials and
    tweets. For each seed, all methods share head, batch order and dropout. Writes a record of every
    run and a report. The same command with more seeds or methods only adds runs. The default takes
    a few minutes on two cores.

    Examples:

    * `steadytune demo`
    * `steadytune demo --seeds 10 --out ten-seeds`
    * `steadytune demo --method plain,lnsr,lnsr:std=0.1,strength=3`
    """
    with one_line_errors():
        from ..tasks import DataSource

        look_ahead(model, rows=[DataSource(task=task)])
        from ..demo import METHODS, Options, run_demo
        from ..model_files import Trust
        from ..study.methods import read_methods
        from ..study.seeds import read_seeds
        from ._terminal import Terminal

        options = Options(
            seeds=read_seeds(seeds),
            methods=read_methods(method or METHODS),
            out=out,
            task=task,
            model=model,
            train_size=train_size,
            eval_size=eval_size,
            epochs=epochs,
            learning_rate=learning_rate,
            workers=workers,
            command=command_line(context),
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        require_results(run_demo(options, Terminal()))
