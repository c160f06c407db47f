"""`steadytune predict`: a file of texts in, the same rows with predictions out."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from .._counted import counted
from ._app import app, look_ahead, one_line_errors
from ._data_options import DelimiterOption, EncodingOption, SkipBadOption, TextOption
from ._loudness_options import takes_loudness
from ._model_options import AllowPickledOption, TrustRemoteCodeOption


@app.command()
@takes_loudness
def predict(
    model: Annotated[
        str,
        typer.Argument(
            help="Fine-tuned model: any folder, or a name on the Hugging Face hub.", metavar="MODEL"
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(
            help="Examples to predict: CSV, TSV, JSON lines, Parquet. Labels are not needed.",
            metavar="FILE",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Output file; its suffix is the format: .csv, .tsv, .jsonl, .parquet, or .conll "
            "for tags of words. [default: printed, as CSV or as JSON lines like the input]",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --out.")] = False,
    text: TextOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    skip_bad: SkipBadOption = False,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per input. [default: as in training, if known]",
            show_default=False,
        ),
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
    """Predict every example of a file, and return its rows with predictions added.

    Adds the column prediction and, for classification, a probability for each class; for questions
    the answer's score.

    Examples:

    * `steadytune predict model reviews.csv --out predicted.csv`
    * `steadytune predict model questions.jsonl`
    """
    with one_line_errors():
        from .._console import without_controls
        from ..tasks import DataSource

        source = DataSource(train=file, encoding=encoding, delimiter=delimiter, skip_bad=skip_bad)
        look_ahead(model, rows=[source])
        from ..finetune import predicted
        from ..finetune.predict import predict_file
        from ..finetune.saved import load_saved
        from ..model_files import Trust
        from ._terminal import Terminal

        write = predicted.formatter(out.name if out else predicted.printed_name(file))
        if out is not None:
            predicted.require_writable(out, replace=force)
        console = Terminal(stderr=True)
        saved = load_saved(model, Trust(allow_pickled_weights, trust_remote_code), max_new_tokens)
        if out is not None:
            predicted.require_tags(out.name, saved.kind, saved.name)
        rows = predict_file(
            saved,
            file,
            tuple(text or ()),
            max_length,
            console,
            source.reading,
            max_answer_length,
        )
        if out is not None:
            predicted.write_rows(rows, out)
            written = counted(len(rows), "row")
            console.print(f"{written} with predictions: {out}", markup=False, soft_wrap=True)
        elif sys.stdout.isatty():
            printed = io.BytesIO()
            write(rows.pieces(), printed)
            sys.stdout.buffer.write(without_controls(printed.getvalue().decode()).encode())
        else:
            write(rows.pieces(), sys.stdout.buffer)
