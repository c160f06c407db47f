"""`steadytune evaluate`: a saved model on the rows of a task or of files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .._exceptions import ConfigError
from ._app import app, look_ahead, one_line_errors
from ._data_options import takes_rows
from ._model_options import AllowPickledOption, TrustRemoteCodeOption


@app.command()
@takes_rows("train", "test", "validation", "dev", "ood", "kind", "positive")
def evaluate(
    *,
    model: Annotated[
        str,
        typer.Argument(
            help="A fine-tuned model: a folder, ours or not, or a name on the hub.", metavar="MODEL"
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "--test",
            "--validation",
            metavar="FILE",
            help="Your own rows with labels: CSV, TSV, JSON lines, Parquet, SQuAD-style JSON. "
            "Instead of --task.",
        ),
    ] = None,
    ood: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help="One more set of rows: a companion of the named task, all for all of them, or "
            "NAME=FILE; give it again for more.",
        ),
    ] = None,
    rows: dict[str, Any],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="OLD=NEW",
            help="Rows with the label OLD are of the model's class NEW; give it again for more.",
        ),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS",
            help="The class of two that F1 is of. [default: as in training, else the last by name]",
            show_default=False,
        ),
    ] = None,
    eval_size: Annotated[
        int | None, typer.Option(help="Most rows of each set. [default: all]", show_default=False)
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Most tokens an input. [default: as in training, where that is known]",
            show_default=False,
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the scores as JSON too.")
    ] = None,
    max_answer_length: Annotated[
        int, typer.Option(help="Most tokens an answer to a question.")
    ] = 30,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
) -> None:
    """Evaluate a fine-tuned model, with bootstrap intervals over the rows.

    Labels are matched by name; --map says which class another name stands for. Three-way
    entailment is brought to two classes where the other side has two.

    Examples:

    * `steadytune evaluate model --task rte --ood all`
    * `steadytune evaluate model --data reviews.csv --ood tweets=tweets.csv --json scores.json`
    """
    with one_line_errors():
        task = rows.get("task")
        if (task is None) == (data is None):
            given = "neither" if task is None else "both"
            raise ConfigError(f"{given} of --task and --data given; give one of them")
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
        saved = load_saved(model, Trust(allow_pickled_weights, trust_remote_code))
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
