"""`steadytune train`: one fine-tuned model, saved with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from ._app import app, command_line, look_ahead, one_line_errors
from ._completion import methods, one_of
from ._data_options import takes_rows
from ._loudness_options import takes_loudness
from ._model_options import MODEL_HELP, AllowPickledOption, TrustRemoteCodeOption
from ._options_file import take_file
from ._recipe_options import read_recipe, takes_recipe

_KEEP = ("best", "ensemble", "soup")


@app.command()
@takes_loudness
@takes_rows()
@takes_recipe
def train(
    *,
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            help="A YAML file with options; those on the command line win.",
            metavar="RUN.yaml",
            callback=take_file,
            is_eager=True,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the model; new or empty.", metavar="DIR")],
    rows: dict[str, Any],
    model: Annotated[
        str,
        typer.Option(help=MODEL_HELP, metavar="MODEL"),
    ] = "minilm",
    method: Annotated[
        str,
        typer.Option(
            help="plain, or a method such as lnsr or lnsr:std=0.05,strength=1; "
            "`steadytune methods` lists them.",
            metavar="METHOD",
            autocompletion=one_of(methods),
        ),
    ] = "plain",
    subset_seed: Annotated[int, typer.Option(help="Seed that draws the training examples.")] = 0,
    recipe: dict[str, Any],
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of head, batch order, dropout and method. [default: 1]"),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="Train several seeds: how many, such as 5, or a list, such as 3,7,11.",
            metavar="SEEDS",
        ),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(
            help="With several seeds, keep the best model, an ensemble of all that learned, or a "
            "soup (averaged weights). best and soup are chosen on validation examples.",
            metavar="|".join(_KEEP),
            autocompletion=one_of(lambda: _KEEP),
        ),
    ] = "best",
    workers: Annotated[
        int, typer.Option(help="Worker processes for several seeds; 0 runs in this one.")
    ] = 0,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Fine-tune one model and save it with a card, ready to load with transformers.

    Writes model.safetensors, config.json, the tokenizer, README.md (the model card), record.json
    and predictions.npz. If it is stopped, the same command continues. Companions of a named task
    are evaluated only with --ood.

    Examples:

    * `steadytune train --train reviews.csv --method lnsr --out model`
    * `steadytune train --task rte --train-size 500 --method lnsr --ood all --out model`
    * `steadytune train --train reviews.csv --train-size 300 --seeds 5 --keep soup --out model`
    """
    with one_line_errors():
        from ..tasks import DataSource

        source = DataSource(**rows)
        look_ahead(model, rows=[source])
        from ..finetune.options import TrainOptions
        from ..model_files import Trust
        from ._terminal import Terminal

        options = TrainOptions(
            source=source,
            out=out,
            command=command_line(context),
            model=model,
            method=method,
            seeds=_seeds(seed, seeds),
            keep=keep,
            subset_seed=subset_seed,
            **read_recipe(recipe),
            workers=workers,
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        from ..finetune.train import train_model  # imports torch

        train_model(options, Terminal())


def _seeds(seed: int | None, seeds: str | None) -> tuple[int, ...]:
    from ..study.seeds import read_seeds

    if seed is not None and seeds is not None:
        raise ConfigError("--seed and --seeds were both given; give one of them")
    if seeds is not None:
        return read_seeds(seeds)
    return (1 if seed is None else seed,)
