"""The options that say how `--from` is read, shared by `report` and `power`."""

from __future__ import annotations

from typing import Annotated

import typer

from ._completion import metrics, one_of

MetricOfRunsOption = Annotated[
    str | None,
    typer.Option(
        "--metric",
        help="With --from: metric of the scores, such as accuracy. [default: score]",
        show_default=False,
        metavar="METRIC",
        autocompletion=one_of(metrics),
    ),
]
ColumnsOfRunsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="With --from: column names, if they differ, such as method=params_method,score=value.",
        show_default=False,
        metavar="NAME=COLUMN,...",
    ),
]
