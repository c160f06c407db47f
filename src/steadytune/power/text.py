"""A power plan in the terminal: a table of seeds against power, and what follows in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .plan import (
    MOST_SEEDS,
    TARGETS,
    Plan,
    PowerGoal,
    make_plan,
    needed_for_mean,
    needed_for_spread,
)
from .scatter import Scatter, StudyScatter


def print_plan(plan: Plan, console: Console) -> None:
    """Print what each number of seeds can show, the seeds needed, and what they rest on."""
    console.print(_plan_table(plan))
    for sentence in _answers(plan):
        _print_sentence(Text(sentence, style="bold"), console)
    for sentence in _caveats(plan):
        _print_sentence(Text(sentence), console)


def print_study_plan(
    study: StudyScatter, goal: PowerGoal, seeds: Sequence[int], console: Console
) -> None:
    """Print how scores scatter in a study and the seeds needed; with one comparison the plan too.

    Args:
        study: The scatter.
        goal: What a comparison should be able to show.
        seeds: Numbers of seeds in the table.
        console: Where to print.
    """
    print_scatter(study, goal, console)
    if len(study.found) > 1:
        text = "`method`, and `domain` where it is not the one trained on, give the table by seeds."
        _print_sentence(Text(text), console)
        return
    scatter = study.found[0]
    console.print()
    print_plan(make_plan(goal, scatter.std_differences, scatter.correlation, seeds), console)


def print_scatter(study: StudyScatter, goal: PowerGoal, console: Console) -> None:
    """Print how scores scatter in a study, and the seeds that each comparison would need."""
    for place in dict.fromkeys(map(_place, study.found)):
        console.print(Text(place, style="bold"))
        scatters = [scatter for scatter in study.found if _place(scatter) == place]
        if goal.difference is not None:
            console.print(_mean_table(scatters, goal))
        if goal.ratio is not None:
            console.print(_spread_table(scatters, goal))
    if goal.difference is not None:
        text = (
            "std is the standard deviation of the paired differences, itself an estimate. Its 95 % "
            "interval follows, and in brackets the seeds that both ends would need."
        )
        _print_sentence(Text(text), console)
    if any(scatter.stand_ins for scatter in study.found):
        _print_sentence(
            Text(
                "Some runs did not end well and score what the majority class does. Scores "
                "are then not normal, and the seeds needed are more than stated."
            ),
            console,
        )
    if any(scatter.subsets > 1 for scatter in study.found):
        _print_sentence(
            Text(
                "The runs use several training subsets. Their scatter is that over seeds and "
                "subsets together, and runs on one subset are not independent: the interval is too "
                "narrow. A report counts subsets from three on, so plan subsets rather than seeds."
            ),
            console,
        )
    for warning in study.warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"))


def _plan_table(plan: Plan) -> Table:
    table = _empty()
    _right(table, "seeds")
    if plan.goal.difference is not None:
        _right(table, f"power, difference {plan.goal.difference:g}", "difference with 80 %")
    if plan.goal.ratio is not None:
        _right(table, f"power, ratio {plan.goal.ratio:g}", "ratio with 80 %")
    for row in plan.rows:
        cells = [str(row.seeds)]
        if plan.goal.difference is not None:
            cells += [_percent(row.mean), _number(row.difference)]
        if plan.goal.ratio is not None:
            cells += [_percent(row.spread), _number(row.ratio)]
        table.add_row(*cells)
    return table


def _mean_table(scatters: Sequence[Scatter], goal: PowerGoal) -> Table:
    table = _by_method(f"Seeds to find a difference of {goal.difference:g} in the mean")
    _right(table, "pairs", "std", "95 % interval", *_target_headings())
    for scatter in scatters:
        low, high = scatter.interval.low, scatter.interval.high
        stds = (scatter.std_differences, low, high)
        ends = zip(*(needed_for_mean(goal, std) for std in stds), strict=True)
        seeds = [f"{_count(n)} ({_count(few)} to {_count(many)})" for n, few, many in ends]
        interval = f"{low:.2g} to {high:.2g}"
        std = _number(scatter.std_differences)
        table.add_row(scatter.method, str(scatter.pairs), std, interval, *seeds)
    return table


def _spread_table(scatters: Sequence[Scatter], goal: PowerGoal) -> Table:
    table = _by_method(f"Seeds to find a ratio of {goal.ratio:g} of the spreads")
    _right(table, "pairs", "correlation", *_target_headings())
    for scatter in scatters:
        needed = needed_for_spread(goal, scatter.correlation)
        correlation = f"{scatter.correlation:.2f}"
        table.add_row(scatter.method, str(scatter.pairs), correlation, *map(_count, needed))
    return table


def _place(scatter: Scatter) -> str:
    return f"{scatter.heading}, scored on {scatter.domain}, against {scatter.baseline}"


def _target_headings() -> list[str]:
    return [f"for {100 * target:.0f} %" for target in TARGETS]


def _answers(plan: Plan) -> list[str]:
    goal, answers = plan.goal, []
    if goal.difference is not None:
        seeds = _needed_text(plan.mean_needed)
        answers.append(f"To find a true difference of {goal.difference:g} in the mean: {seeds}.")
    if goal.ratio is not None:
        seeds = _needed_text(plan.spread_needed)
        answers.append(f"To find a true ratio of {goal.ratio:g} of the spreads: {seeds}.")
    return answers


def _needed_text(needed: Sequence[int | None]) -> str:
    parts = zip(needed, TARGETS, strict=True)
    return ", ".join(f"{_count(count)} seeds for {100 * target:.0f} %" for count, target in parts)


def _caveats(plan: Plan) -> list[str]:
    goal = plan.goal
    shared = f", {goal.significance:g} over {goal.comparisons} comparisons"
    caveats = [
        "Every seed is a run of each of the two methods. Power is the chance that a two-sided "
        "test gives, if the true value is the sought one, p at or below "
        f"{goal.threshold:.3g}{shared if goal.comparisons > 1 else ''}."
    ]
    if goal.difference is not None:
        caveats.append(
            f"The paired t-test, with {_number(plan.std_differences)} as standard deviation of the "
            f"differences. The sign-flip test needs at least {plan.sign_flip_needed} seeds to "
            "reach that p at all, whatever the scores."
        )
    if goal.ratio is not None:
        caveats.append(
            f"The Pitman-Morgan test, with a correlation of {plan.correlation:.2g} between the two "
            f"methods. Five seeds find a ratio of {_number(plan.ratio_of_five)}, or its inverse, "
            "with a chance of 80 %, and nothing nearer to 1."
        )
    return [
        *caveats,
        "This assumes normal scores. If runs fail now and then, you need more seeds: few seeds may "
        "not meet a single failure.",
        "More seeds do not make up for few test examples or a single training subset: the answer "
        "holds for those.",
    ]


def _empty(title: str | None = None) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )


def _by_method(title: str) -> Table:
    table = _empty(title)
    table.add_column("method", overflow="fold")
    return table


def _right(table: Table, *headings: str) -> None:
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")


def _print_sentence(sentence: Text, console: Console) -> None:
    line = Table.grid(padding=(0, 1))
    line.add_row(" *", sentence)
    console.print(line)


def _percent(share: float | None) -> str:
    if share is None:
        return "none"
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _count(needed: int | None) -> str:
    return f"over {MOST_SEEDS:,}" if needed is None else f"{needed:,}"
