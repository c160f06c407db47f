"""The options of how a model is trained, shared by `train` and `compare`.

In `train` each has a default; what `compare` is not given is `RunSpec`'s default.
"""

from __future__ import annotations

from typing import Annotated

import typer

EVAL_SIZE = typer.Option(help="Most rows of each domain to evaluate on.")
EPOCHS = typer.Option(help="Passes over the training rows.")
LEARNING_RATE = typer.Option(help="Peak learning rate of AdamW.")
WARMUP = typer.Option(help="Share of the steps in which the learning rate rises.")
WEIGHT_DECAY = typer.Option(help="Weight decay of AdamW.")
BATCH_SIZE = typer.Option(help="Training rows a step.")
CLASS_WEIGHTS = typer.Option(help="none, or balanced: every class weighs alike.")

TrainSizeOption = Annotated[
    int | None,
    typer.Option(help="Training rows to draw. [default: all]", show_default=False),
]
MaxLengthOption = Annotated[
    int | None,
    typer.Option(
        help="Most tokens an input. [default: 128; 384 for question answering]",
        show_default=False,
    ),
]
PatienceOption = Annotated[
    int | None,
    typer.Option(
        help="Stop after so many epochs without a better score on the rows to choose by, and "
        "take the best epoch's weights."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Any other field of transformers.TrainingArguments, such as "
        "lr_scheduler_type=cosine or report_to=tensorboard; give it again for more.",
    ),
]
