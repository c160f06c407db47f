"""`steadytune train`: one fine-tuned model, saved with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._exceptions import ConfigError
from ._app import app, command_line, go_without_hub, one_line_errors
from ._data_options import (
    DataRootOption,
    DevOption,
    KindOption,
    LabelOption,
    MetricOption,
    OodOption,
    TaskOption,
    TestOption,
    TextOption,
    TrainOption,
    ValidationOption,
    data_source,
)
from ._model_options import AllowPickledOption, TrustRemoteCodeOption
from ._training_options import (
    BATCH_SIZE,
    CLASS_WEIGHTS,
    EPOCHS,
    LEARNING_RATE,
    WARMUP,
    WEIGHT_DECAY,
    MaxLengthOption,
    PatienceOption,
    SetOption,
    TrainSizeOption,
)


@app.command()
def train(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option(help="Folder of the model; it must be new or empty.", metavar="DIR")
    ],
    task: TaskOption = None,
    train: TrainOption = None,
    test: TestOption = None,
    validation: ValidationOption = None,
    dev: DevOption = None,
    ood: OodOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    kind: KindOption = None,
    metric: MetricOption = None,
    data_root: DataRootOption = None,
    model: Annotated[
        str,
        typer.Option(
            help="minilm (all-MiniLM-L6-v2, needs no hub), a folder, or a name on the hub."
        ),
    ] = "minilm",
    method: Annotated[
        str,
        typer.Option(
            help="plain, or a method such as lnsr or lnsr:std=0.05,strength=1; "
            "`steadytune methods` lists them."
        ),
    ] = "plain",
    train_size: TrainSizeOption = None,
    subset_seed: Annotated[int, typer.Option(help="Seed of that draw.")] = 0,
    eval_size: Annotated[int, typer.Option(help="Most rows of each domain to evaluate on.")] = 1000,
    dev_size: Annotated[
        int | None,
        typer.Option(
            help="Rows to stop early or choose by, taken from training rows that are not trained "
            "on. [default: as many as are trained on, and 100 at least, if they are needed]",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[float, EPOCHS] = 3.0,
    learning_rate: Annotated[float, LEARNING_RATE] = 5e-5,
    warmup: Annotated[float, WARMUP] = 0.1,
    weight_decay: Annotated[float, WEIGHT_DECAY] = 0.01,
    batch_size: Annotated[int, BATCH_SIZE] = 16,
    max_length: MaxLengthOption = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of head, order, dropout and method. [default: 1]"),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="Train several: how many, such as 5, or a list of seeds, such as 3,7,11.",
        ),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(
            help="Of several, keep the best one, an ensemble of all that learned something, or a "
            "soup: the average of their weights. Rows to choose by decide on best and soup."
        ),
    ] = "best",
    patience: PatienceOption = None,
    class_weights: Annotated[str, CLASS_WEIGHTS] = "none",
    precision: Annotated[
        str, typer.Option(help="auto, fp32, bf16 or fp16; auto is bf16 where the GPU has it.")
    ] = "auto",
    set_: SetOption = None,
    threads: Annotated[
        int | None,
        typer.Option(help="CPU threads of a run. [default: all there are]", show_default=False),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes for several seeds; 0 for none but this one.")
    ] = 0,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Fine-tune one model and save it with a card, ready to load with transformers.

    In the folder: model.safetensors, config.json, the tokenizer, README.md (the model card),
    record.json and predictions.npz. A run that was stopped goes on where the same command is given
    again. Companions of a task are evaluated only when --ood asks for them.

    Examples:

    * `steadytune train --train reviews.csv --method lnsr --out model`
    * `steadytune train --task rte --train-size 500 --method lnsr --ood all --out model`
    * `steadytune train --train reviews.csv --train-size 300 --seeds 5 --keep soup --out model`
    """
    with one_line_errors():
        source = data_source(
            task=task,
            train=train,
            test=test,
            validation=validation,
            dev=dev,
            ood=ood,
            text=text,
            label=label,
            kind=kind,
            metric=metric,
            data_root=data_root,
        )
        go_without_hub(model, rows_ask_hub=source.asks_hub)
        from rich.console import Console

        from ..finetune.options import TrainOptions
        from ..finetune.train import train_model
        from ..model_files import Trust
        from ..runs.settings import read_settings

        options = TrainOptions(
            source=source,
            out=out,
            command=command_line(context),
            model=model,
            method=method,
            seeds=_seeds(seed, seeds),
            keep=keep,
            train_size=train_size,
            subset_seed=subset_seed,
            eval_size=eval_size,
            dev_size=dev_size,
            epochs=epochs,
            learning_rate=learning_rate,
            warmup=warmup,
            weight_decay=weight_decay,
            batch_size=batch_size,
            max_length=max_length,
            patience=patience,
            class_weights=class_weights,
            precision=precision,
            settings=read_settings(set_ or ()),
            threads=threads,
            workers=workers,
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        train_model(options, Console())


def _seeds(seed: int | None, seeds: str | None) -> tuple[int, ...]:
    from ..study.seeds import read_seeds

    if seed is not None and seeds is not None:
        raise ConfigError("--seed and --seeds were both given; give one of them")
    if seeds is not None:
        return read_seeds(seeds)
    return (1 if seed is None else seed,)
