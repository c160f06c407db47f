"""What a study says before it works: what is compared, how many runs there are and are to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._counted import counted
from .._loudness import note, say
from ..model_files import is_minilm
from ..runs.plan import LoadedTask, PlannedRun
from .carry_out import RunContext, missing_runs
from .study import Study
from .tuning import Chosen

if TYPE_CHECKING:
    from rich.console import Console


def announce(
    study: Study, loaded: Sequence[LoadedTask], runs: Sequence[PlannedRun], context: RunContext
) -> None:
    """Say what the study is, and what is to do of it."""
    note(context.console, *describe_tasks(study, loaded, runs))
    _announce_runs(grid_text(study, runs), runs, context)
    _say_what_is_stale(runs, context)


def announce_trials(study: Study, runs: Sequence[PlannedRun], context: RunContext) -> None:
    """Say what the search is."""
    assert study.tuning is not None
    text = (
        f"tuning: up to {counted(study.tuning.trials, 'trial')} per method x "
        f"{counted(study.tuning.seeds, 'seed')}, selected on validation examples: "
        f"{counted(runs, 'run')}"
    )
    _announce_runs(text, runs, context)


def announce_choices(chosen: Chosen, out: Console) -> None:
    """Say what the search chose."""
    for (task, arm), (trial, score) in chosen.items():
        settings = ", ".join(f"{name} {value}" for name, value in trial.changes) or "as given"
        note(out, f"tuned on {task}: {arm}: {settings} (mean validation score {score:.3f})")


def announce_same(same: Iterable[tuple[PlannedRun, PlannedRun]], out: Console) -> None:
    """Say which arms came to the setting of another one: a record names the first of them."""
    lines = [
        f"on {one.spec.task}, tuning gave {other.name} the settings of {one.name}: they share "
        f"their runs, shown as {one.name}"
        for one, other in same
    ]
    note(out, *dict.fromkeys(lines))


def describe_tasks(
    study: Study, loaded: Sequence[LoadedTask], runs: Sequence[PlannedRun]
) -> list[str]:
    """A line or more for each task: its rows, and what was guessed about them."""
    lines: list[str] = []
    for entry in loaded:
        own = [run for run in runs if run.spec.task == entry.task.name]
        lines += [*entry.notes, *dict.fromkeys(reason for run in own for reason in run.reasons)]
        task = own[0].task
        lines.append(
            f"{study.model} on {task['sizes']['train']} training examples of {entry.task.name}; "
            f"evaluated on {', '.join(_domains(task, study.model))}"
        )
    return lines


def grid_text(study: Study, runs: Sequence[PlannedRun]) -> str:
    """The product that the runs are."""
    factors = [counted(study.arms, "method"), counted(study.seeds, "seed")]
    if len(study.subset_seeds) > 1:
        factors.append(counted(study.subset_seeds, "training subset"))
    if len(study.tasks) > 1:
        factors.append(counted(study.tasks, "task"))
    return f"{' x '.join(factors)} = {counted(runs, 'run')}"


def _domains(task: Mapping[str, Any], model: str) -> list[str]:
    """The names of the domains; what is known of minilm's own training says nothing of others."""
    exposed = set(task["exposed"]) if is_minilm(model) else set()
    return [
        f"{name} (seen by minilm in its own training)" if name in exposed else name
        for name in (task["in_domain"], *task["out_of_domain"])
    ]


def _announce_runs(what: str, runs: Sequence[PlannedRun], context: RunContext) -> None:
    missing = [run.spec for run in missing_runs(runs, context.ledger)]
    there = len(runs) - len(missing)
    text = f": {there} in {context.ledger.folder} already, {len(missing)} to do" if there else ""
    where = f", {context.executor.describe(missing)}" if missing else ""
    note(context.console, f"{what}{text}{where}")
    if missing and (notice := context.executor.notice(missing)):
        say(context.console, notice)


def _say_what_is_stale(runs: Sequence[PlannedRun], context: RunContext) -> None:
    """Records that differ from a planned run only in what cannot be chosen are out of date."""
    found = context.ledger.stale([run.spec for run in runs])
    finished = context.ledger.finished() if found else set()
    for stale in found:
        if stale.spec.key in finished:
            continue
        spec = stale.record.spec
        note(
            context.console,
            f"out of date: {spec.method}, seed {spec.seed} on {spec.task} "
            f"({', '.join(stale.differs)} differ); it runs again",
        )
