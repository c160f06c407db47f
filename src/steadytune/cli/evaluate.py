"""`steadytune evaluate`: a saved model on the rows of a task or of files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from ._app import app, look_ahead, one_line_errors
from ._data_options import takes_rows
from ._loudness_options import takes_loudness
from ._model_options import AllowPickledOption, TrustRemoteCodeOption
from ._usage import tell


@app.command()
@takes_loudness
@takes_rows("train", "test", "validation", "dev", "ood", "kind", "positive")
def evaluate(
    *,
    model: Annotated[
        str,
        typer.Argument(
            help="Fine-tuned model: any folder, or a name on the Hugging Face hub.", metavar="MODEL"
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "--test",
            "--validation",
            metavar="FILE",
            help="Your own examples with labels: CSV, TSV, JSON lines, Parquet, SQuAD-style JSON. "
            "Instead of --task.",
        ),
    ] = None,
    ood: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help="Another set of examples: a companion of the named task, `all` for all of them, "
            "or NAME=FILE; may be repeated.",
        ),
    ] = None,
    rows: dict[str, Any],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="OLD=NEW",
            help="Count the label OLD as the model's class NEW; may be repeated.",
        ),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS",
            help="Positive class for F1. [default: as in training, else the last in the alphabet]",
            show_default=False,
        ),
    ] = None,
    eval_size: Annotated[
        int | None,
        typer.Option(help="Maximum examples per set. [default: all]", show_default=False),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per input. [default: as in training, if known]",
            show_default=False,
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the scores as JSON.")
    ] = None,
    max_answer_length: Annotated[
        int, typer.Option(help="Maximum number of tokens per answer.")
    ] = 30,
    max_new_tokens: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per generated text. [default: as in training, or 128]",
            show_default=False,
        ),
    ] = None,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Evaluate a fine-tuned model, with bootstrap intervals over the examples.

    Labels are matched to the model's classes by name; --map renames them. Neutral and contradiction
    count as not_entailment if the model or the data have two classes.

    Examples:

    * `steadytune evaluate model --task rte --ood all`
    * `steadytune evaluate model --data reviews.csv --ood tweets=tweets.csv --json scores.json`
    """
    with one_line_errors():
        task = rows.get("task")
        if (task is None) == (data is None):
            given = "neither --task nor --data" if task is None else "both --task and --data"
            raise ConfigError(f"{given} given; give one of them")
        from ..tasks import DataSource

        source = DataSource(**rows, train=data, ood=tuple(ood or ()))
        look_ahead(model, rows=[source])
        from .._whole_file import write_json
        from ..finetune import evaluate as work
        from ..finetune.evaluation_rows import (
            files_by_name,
            label_map_of,
            rows_of_files,
            rows_of_task,
        )
        from ..finetune.saved import load_saved
        from ..model_files import Trust
        from ._terminal import Terminal

        console, renamed = Terminal(), label_map_of(map_ or ())
        saved = load_saved(model, Trust(allow_pickled_weights, trust_remote_code), max_new_tokens)
        if task is not None:
            found = rows_of_task(saved, source, eval_size, renamed, positive)
        else:
            assert data is not None
            files = files_by_name(data, source.ood)
            found = rows_of_files(
                saved,
                files,
                source.text,
                source.label,
                source.metric,
                eval_size,
                renamed,
                positive,
                source.reading,
            )
        scores = work.evaluate_model(saved, found, max_length, console, max_answer_length)
        work.print_evaluation(scores, found.metric, console)
        if json_file is not None:
            write_json(json_file, work.as_json(saved, scores, found.metric))
            tell(f"Scores: {json_file}")
