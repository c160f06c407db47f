"""`steadytune power`: how many seeds a comparison needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._app import app, one_line_errors
from ._elsewhere_options import ColumnsOfRunsOption, MetricOfRunsOption


@app.command()
def power(
    difference: Annotated[
        float | None,
        typer.Option(help="Difference of means to detect, in units of the metric."),
    ] = None,
    ratio: Annotated[
        float | None,
        typer.Option(help="Ratio of standard deviations to detect, such as 0.7."),
    ] = None,
    std: Annotated[
        float | None,
        typer.Option(
            help="Standard deviation of the scores over seeds, the same for both methods."
        ),
    ] = None,
    correlation: Annotated[
        float | None,
        typer.Option(
            help="Correlation between the scores of the two methods with the same seed. "
            "[default: 0]",
            show_default=False,
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(
            help="Output folder of a study that gives the standard deviation instead.",
            metavar="DIR",
        ),
    ] = None,
    elsewhere: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Runs from another tool that give it, as `steadytune report --from` reads them.",
            metavar="PATH",
        ),
    ] = None,
    metric: MetricOfRunsOption = None,
    columns: ColumnsOfRunsOption = None,
    baseline: Annotated[
        str,
        typer.Option(
            help="With --study or --from: the method that others are compared with.",
            metavar="METHOD",
        ),
    ] = "plain",
    method: Annotated[
        str | None,
        typer.Option(
            help="With --study or --from: only this method, as tables name it.", metavar="METHOD"
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            help="With --study or --from: the domain of the scores. [default: in domain]",
            metavar="NAME",
        ),
    ] = None,
    seeds: Annotated[
        str,
        typer.Option(help="Numbers of seeds in the table, separated by commas.", metavar="LIST"),
    ] = "3,5,10,20,30,50,100",
    significance: Annotated[
        float,
        typer.Option(help="Significance level (chance of a false positive) over all comparisons."),
    ] = 0.05,
    comparisons: Annotated[
        int,
        typer.Option(help="Number of comparisons that share the level, as with Holm's correction."),
    ] = 1,
) -> None:
    """Calculate how many seeds it takes to find a difference in the mean or in the spread.

    For two methods that are run with the same seeds. Prints what each number of seeds can show,
    and the seeds needed for a chance of 80 % and of 90 %.

    Examples:

    * `steadytune power --difference 0.02 --std 0.03 --correlation 0.4`
    * `steadytune power --ratio 0.5`
    * `steadytune power --difference 0.02 --study steadytune-demo`
    * `steadytune power --difference 0.02 --from sweep.csv --baseline adamw`
    """
    with one_line_errors():
        from ..power.plan import PowerGoal, given_plan, read_counts, refuse_with
        from ..power.text import print_plan, print_study_plan
        from ._terminal import Terminal

        goal = PowerGoal(
            difference=difference, ratio=ratio, significance=significance, comparisons=comparisons
        )
        counts = read_counts(seeds)
        if elsewhere is None:
            refuse_with("it tells how to read --from; give it too", metric=metric, columns=columns)
        if not (study or elsewhere):
            refuse_with(
                "it names a part of a study: add --study DIR or --from PATH",
                method=method,
                domain=domain,
            )
            print_plan(given_plan(goal, std, correlation, counts), Terminal())
            return
        option = "--from" if study is None else "--study"
        refuse_with(
            f"{option} gives the scatter: leave one of the two out",
            std=std,
            correlation=correlation,
            elsewhere=study and elsewhere,
        )
        from ..power.scatter import study_scatter
        from ..reporting import Elsewhere
        from ..reporting.reading.elsewhere import named_columns

        source = study or Elsewhere(
            elsewhere or "", metric or "score", named_columns(columns or "")
        )
        found = study_scatter(source, baseline=baseline, method=method, domain=domain)
        print_study_plan(found, goal, counts, Terminal())
