"""The options of how a model is trained, shared by `train` and `compare`.

What is not given is `RunSpec`'s default.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer


def _with_default(text: str, default: str) -> Any:
    """An option that says `RunSpec`'s default, which the parameter itself may leave to it."""
    return typer.Option(help=f"{text} [default: {default}]", show_default=False)


EPOCHS = _with_default("Passes over the training rows.", "3")
LEARNING_RATE = _with_default("Peak learning rate of AdamW.", "5e-5")
WARMUP = _with_default("Share of the steps in which the learning rate rises.", "0.1")
WEIGHT_DECAY = _with_default("Weight decay of AdamW.", "0.01")
BATCH_SIZE = _with_default("Training rows a step.", "16")
CLASS_WEIGHTS = _with_default("none, or balanced: every class weighs alike.", "none")

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
