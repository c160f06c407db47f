"""The options that say which rows a command reads, shared by all commands that read any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from ._completion import kinds, metrics, one_of, tasks
from ._option_group import takes_group

ROWS = "rows"

TaskOption = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="NAME",
        help="A named task; `steadytune tasks` lists them.",
        autocompletion=one_of(tasks),
    ),
]
TrainOption = Annotated[
    str | None,
    typer.Option(
        "--train",
        metavar="FILE",
        help="Training examples: CSV, TSV, JSON lines, Parquet, SQuAD-style JSON, a folder saved "
        "by `datasets`, or a name on the Hugging Face hub. Instead of --task.",
    ),
]
TestOption = Annotated[
    str | None,
    typer.Option(
        "--test",
        metavar="FILE",
        help="Test set, scored once at the end. [default: a fifth of the training examples]",
        show_default=False,
    ),
]
ValidationOption = Annotated[
    str | None,
    typer.Option(
        "--validation",
        metavar="FILE",
        help="Validation set, for model selection and early stopping; needs --test. [default: "
        "training examples, set aside]",
        show_default=False,
    ),
]
DevOption = Annotated[
    str | None,
    typer.Option("--dev", metavar="FILE", help="The old name of --validation.", hidden=True),
]
OodOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ood",
        metavar="NAME[=FILE]",
        help="Another domain to evaluate on: a companion of the named task, `all` for all of "
        "them, or NAME=FILE for your own examples; may be repeated.",
    ),
]
TextOption = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="COLUMN",
        help="Text column; give it twice for pairs of texts. [default: guessed]",
        show_default=False,
    ),
]
LabelOption = Annotated[
    str | None,
    typer.Option(
        "--label",
        metavar="COLUMN",
        help="Label column, or columns of 0 and 1 separated by commas (several labels per text). "
        "[default: guessed]",
        show_default=False,
    ),
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        autocompletion=one_of(kinds),
        help="Kind of task: classification, multilabel (several labels per text), "
        "tagging (a tag per word), ordinal (grades such as 1 to 5), regression, qa, qa_no_answer "
        "or seq2seq (text to text). [default: guessed from the labels, never ordinal or seq2seq]",
        show_default=False,
    ),
]
MetricOption = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="METRIC",
        autocompletion=one_of(metrics),
        help="Primary metric. [default: that of the task, or the usual one for its kind]",
        show_default=False,
    ),
]
PositiveOption = Annotated[
    str | None,
    typer.Option(
        "--positive",
        metavar="CLASS",
        help="Positive class for F1, if there are two. [default: the last in the alphabet]",
        show_default=False,
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of your text files, such as cp1252. [default: utf-8]",
        show_default=False,
    ),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHARACTER",
        help="Delimiter of your CSV files; `tab` for tabs. [default: detected]",
        show_default=False,
    ),
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out invalid rows, and list them.")
]
DataRootOption = Annotated[
    str | None,
    typer.Option(
        "--data-root",
        metavar="DIR",
        envvar="STEADYTUNE_DATA",
        help="Folder with local copies of the named tasks, read instead of the hub.",
    ),
]


OPTIONS: Mapping[str, Any] = {
    "task": TaskOption,
    "train": TrainOption,
    "test": TestOption,
    "validation": ValidationOption,
    "dev": DevOption,
    "ood": OodOption,
    "text": TextOption,
    "label": LabelOption,
    "kind": KindOption,
    "metric": MetricOption,
    "positive": PositiveOption,
    "encoding": EncodingOption,
    "delimiter": DelimiterOption,
    "skip_bad": SkipBadOption,
    "data_root": DataRootOption,
}
"""Field of `DataSource` -> its option, in the order in which helps show them."""

Command = Callable[..., None]


def takes_rows(*without: str) -> Callable[[Command], Command]:
    """Give a command the options that say which rows it reads, in the place of `rows`.

    That gets what was given, ready for `DataSource(**rows)`.

    Args:
        without: Fields that this command has no such option for.
    """
    chosen = {name: option for name, option in OPTIONS.items() if name not in without}
    options = {
        name: (option, False if name == "skip_bad" else None) for name, option in chosen.items()
    }
    return partial(takes_group, parameter=ROWS, panel="Data", options=options)
