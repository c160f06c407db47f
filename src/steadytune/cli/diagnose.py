"""`steadytune diagnose`: how noise spreads through models, and what became of their start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, command_line, look_ahead, one_line_errors
from ._completion import one_of, tasks
from ._loudness_options import takes_loudness
from ._model_options import AllowPickledOption, TrustRemoteCodeOption


@app.command()
@takes_loudness
def diagnose(
    context: typer.Context,
    models: Annotated[
        list[str],
        typer.Argument(
            help="minilm (built in), a folder from save_pretrained, or a name on the Hugging Face "
            "hub; others are compared with the first.",
            metavar="MODEL",
        ),
    ],
    task: Annotated[
        str | None,
        typer.Option(
            help="Named task whose test examples are used. [default: vader-movies]",
            show_default=False,
            metavar="NAME",
            autocompletion=one_of(tasks),
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A file of examples, instead of --task.", metavar="FILE"),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            help="Text column of that file; give it twice for pairs. [default: guessed]",
            metavar="COLUMN",
        ),
    ] = None,
    data_root: Annotated[
        str | None,
        typer.Option(help="Folder of local copies of the tasks' rows.", metavar="DIR"),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Model that the others were fine-tuned from; weights are compared with "
            "it. [default: the first]",
            show_default=False,
            metavar="START",
        ),
    ] = None,
    examples: Annotated[int, typer.Option(help="Number of examples.")] = 64,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Also measure Jacobians, ranks, weights and similarity; takes minutes."
        ),
    ] = False,
    relative_noise: Annotated[
        float, typer.Option(help="Norm of the noise relative to that of the hidden state.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 0,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of tokens per example. [default: 128; 384 for questions, 512 for "
            "seq2seq]",
            show_default=False,
        ),
    ] = None,
    allow_pickled_weights: AllowPickledOption = False,
    trust_remote_code: TrustRemoteCodeOption = False,
    out: Annotated[
        Path, typer.Option(help="Folder for the page, figures and arrays.", metavar="DIR")
    ] = Path("steadytune-diagnosis"),
) -> None:
    """Measure how noise spreads through a model, and what it does to predictions.

    Adds noise to every layer in turn and follows it upwards, on test examples. Writes one page
    (diagnostics.html), its figures, and all numbers (arrays.npz).

    Examples:

    * `steadytune diagnose minilm`
    * `steadytune diagnose minilm models/plain models/lnsr --full`
    """
    with one_line_errors():
        from ..tasks import DataSource

        model, *others = models
        every = (*models, start) if start else models
        rows = [] if task is None else [DataSource(task=task, data_root=data_root)]
        look_ahead(*every, rows=rows)
        from ..diagnostics.command import Options, run_diagnosis
        from ..diagnostics.command.options import TASK
        from ..model_files import Trust
        from ._terminal import Terminal

        options = Options(
            model=model,
            compare=tuple(others),
            start=start,
            task=task or (None if data else TASK),
            data=data,
            text=tuple(text or ()),
            data_root=data_root,
            examples=examples,
            full=full,
            relative_noise=relative_noise,
            seed=seed,
            max_length=max_length,
            out=out,
            command=command_line(context),
            trust=Trust(allow_pickled_weights, trust_remote_code),
        )
        run_diagnosis(options, Terminal())
