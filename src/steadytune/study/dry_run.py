"""What a study would do and how long it would take, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._counted import counted
from .._exceptions import DataError, ModelError
from .._loudness import say
from ..pretrained import Pretrained
from ..records.ledger import Ledger
from ..records.study_folder import TUNING_FOLDER
from ..runs.plan import LoadedTask, PlannedRun, distinct
from .announce import describe_tasks, grid_text
from .grid import load_tasks, plan_runs
from .study import Study
from .tuning import choose, plan_chosen, plan_trials, unique_runs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from .estimate import Estimate


def dry_run(study: Study, out: Path, at_a_time: int | None, console: Console) -> None:
    """Print the grid of a study and a time estimate. Nothing is written.

    Where the model or the rows are not at hand, the grid is printed with the reason why there is
    no estimate.

    Args:
        study: The study.
        out: Folder whose finished runs count as done.
        at_a_time: Worker processes; 0 for none but this one, None for as many as there are cores
            for.
        console: Where to print.

    Raises:
        SteadytuneError: If something in the study does not fit.
    """
    try:
        model = study.find_model()
        loaded = load_tasks(study, model)
        runs = plan_runs(study, loaded, model)
        trials = plan_trials(study, loaded, model) if study.tuning else ()
    except (DataError, ModelError) as error:
        _show_grid(study, str(error), console)
        return
    searched = unique_runs(trials)
    records = Ledger(out / TUNING_FOLDER).of_runs(run.spec for run in searched)
    finished = {key for key, record in records.items() if record.has_result}
    say(console, *describe_tasks(study, loaded, runs), grid_text(study, runs))
    if searched:
        say(console, f"before them {counted(searched, 'run')} of tuning")
        if all(run.spec.key in finished for run in searched):
            runs = distinct(plan_chosen(study, loaded, model, choose(trials, records)))
        else:
            say(console, "with the settings as given: what the search will choose is not known")
    finished |= Ledger(out).finished()
    _show_estimate([*searched, *runs], loaded, model, finished, at_a_time, console)


def _show_grid(study: Study, reason: str, console: Console) -> None:
    runs = len(study.arms) * len(study.seeds) * len(study.subset_seeds) * len(study.tasks)
    names = (entry.source.name or entry.source.task or entry.source.train for entry in study.tasks)
    say(
        console,
        f"{study.name}: {study.model} on {', '.join(map(str, names))}",
        f"methods: {', '.join(arm.name for arm in study.arms)}",
        f"{counted(study.arms, 'method')} x {counted(study.seeds, 'seed')} x "
        f"{counted(study.subset_seeds, 'training subset')} x {counted(study.tasks, 'task')} = "
        f"{counted(runs, 'run')}",
        f"no time estimate: {reason}",
    )


def _show_estimate(
    runs: Sequence[PlannedRun],
    loaded: Sequence[LoadedTask],
    model: Pretrained,
    finished: set[str],
    at_a_time: int | None,
    console: Console,
) -> None:
    from .estimate import estimate, wall_seconds, words_of

    missing = [run for run in runs if run.spec.key not in finished]
    if not missing:
        say(console, "all of them are done")
        return
    with console.status("timing a few steps"):
        found = estimate(missing, loaded, model)
    places = _places(missing, at_a_time)
    console.print(_table(found))
    done = f" ({len(runs) - len(missing)} are done already)" if len(missing) < len(runs) else ""
    say(
        console,
        f"{counted(missing, 'run')} to do{done}: about {words_of(wall_seconds(found, places))} "
        f"with {counted(places, 'run')} at a time. Scaled from a few "
        "steps timed on this machine as it is now.",
    )


def _places(missing: Sequence[PlannedRun], at_a_time: int | None) -> int:
    from ..runs.executors import room_for

    wanted = room_for([run.spec for run in missing]) if at_a_time is None else max(1, at_a_time)
    return min(wanted, len(missing))


def _table(estimates: Sequence[Estimate]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from .estimate import words_of

    table = Table(box=box.SIMPLE)
    for name in ("task", "method"):
        table.add_column(name, overflow="fold")
    for name in ("runs", "steps a run", "s a step", "a run", "all"):
        table.add_column(name, justify="right")
    for entry in estimates:
        table.add_row(
            Text(entry.task),
            Text(entry.arm),
            str(entry.runs),
            str(entry.steps),
            f"{entry.seconds_per_step:.2f}",
            words_of(entry.seconds),
            words_of(entry.runs * entry.seconds),
        )
    return table
