"""A study from beginning to end: plan, tune, carry out what is missing, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from .._console import SafeConsole
from .._counted import counted
from .._exceptions import ConfigError
from .._loudness import note, say
from .._one_writer import one_writer
from ..records.ledger import Ledger, recorded_name
from ..records.lora import ADAPTER, Lora
from ..records.study_folder import TUNING_FOLDER
from ..runs.executors import Executor, executor_for
from ..runs.plan import PlannedRun, distinct, same_runs
from .announce import announce, announce_choices, announce_same, announce_trials
from .carry_out import RunContext, carry_out, missing_runs
from .choices import write_choices
from .grid import load_tasks, plan_runs
from .present import present, write_study
from .relabel import relabel
from .study import Study
from .task_loader import task_loader
from .tuning import Chosen, Trial, choose, plan_chosen, plan_trials, unique_runs

if TYPE_CHECKING:
    from ..reporting import Report


def run_study(
    study: Study,
    out: Path | str,
    executor: Executor | None = None,
    console: Console | None = None,
    save_models: bool = False,
) -> Report:
    """Carry out what is missing of a study, print its tables and write `report.html`.

    Args:
        study: What to do.
        out: Folder for records, predictions and the report.
        executor: Executes the runs; by default worker processes, as many as there are
            cores, or GPUs, for. A script that starts processes needs the guard
            `if __name__ == "__main__":`.
        console: Where progress and tables go; by default where `print` goes.
        save_models: Whether to keep the trained models, under `out/models`.

    Returns:
        The report.

    Raises:
        SteadytuneError: If something does not fit, and nothing is trained then; or if every run
            failed.
        KeyboardInterrupt: If the user stops it; its text says what is kept.
    """
    out = Path(out)
    executor, console = executor or executor_for(None), console or SafeConsole()
    with one_writer(out, study.command):
        return _run_study(study, out, executor, console, save_models)


def _run_study(
    study: Study, out: Path, executor: Executor, console: Console, save_models: bool
) -> Report:
    with console.status("reading the examples and the model"):
        model = study.find_model()
        loaded = load_tasks(study, model)
        runs = plan_runs(study, loaded, model)  # what does not fit shows before a search begins
        if not save_models:
            _require_no_adapters(runs)
        trials = plan_trials(study, loaded, model) if study.tuning else ()
    load = task_loader(study, loaded, executor.shares_files)
    models = out.resolve() / "models" if save_models else None
    context = RunContext(Ledger(out), executor, load, console, model, models)
    for folder in (out, out / TUNING_FOLDER):
        Ledger(folder).packed()  # a damaged file shows before a search begins
    context.ledger.require_writable()
    if trials:
        runs = plan_chosen(study, loaded, model, _tune(study, trials, context))
        announce_same(same_runs(runs), console)
        runs = distinct(runs)
    _prepare(context)
    if changed := relabel(runs, context.ledger):
        told = "of these runs renamed to this study's names, and scored by its metric"
        note(console, f"{counted(changed, 'record')} {told}")
    announce(study, loaded, runs, context)
    say(console, *_without_model(runs, context))
    write_study(study, out)  # a report of what is there can be made before all runs are
    _carry_out_missing(runs, context)
    return present(study, out, runs, console)


def _tune(study: Study, trials: Sequence[Trial], context: RunContext) -> Chosen:
    """Carry out the search, and write down and show what it chose."""
    out = context.ledger.folder
    context = replace(context, ledger=Ledger(out / TUNING_FOLDER), models=None)
    runs = unique_runs(trials)
    _prepare(context)
    announce_trials(study, runs, context)
    _carry_out_missing(runs, context)
    chosen = choose(trials, context.ledger.of_runs(run.spec for run in runs))
    write_choices(out, chosen)
    announce_choices(chosen, context.console)
    return chosen


def _require_no_adapters(runs: Sequence[PlannedRun]) -> None:
    """Refuse the wish to save adapters where no model is kept."""
    if any(run.spec.lora and Lora.parse(run.spec.lora).save == ADAPTER for run in runs):
        raise ConfigError(
            "lora has save=adapter, and a study saves models only if asked to; add `save_models`, "
            "or leave save=adapter out"
        )


def _without_model(runs: Sequence[PlannedRun], context: RunContext) -> list[str]:
    """A line where models are asked for of runs that did not keep them."""
    if context.models is None:
        return []
    records = context.ledger.of_runs(run.spec for run in runs).values()
    done = [recorded_name(record) for record in records if record.has_result]
    lacking = [name for name in done if not (context.models / name).is_dir()]
    if not lacking:
        return []
    return [
        f"{counted(lacking, 'finished run')} left no model in {context.models}, and will not run "
        f"again; give another `out`, or delete their records, such as {lacking[0]}"
    ]


def _prepare(context: RunContext) -> None:
    context.ledger.require_writable()
    say(context.console, *context.ledger.set_corrupt_aside())


def _carry_out_missing(runs: Sequence[PlannedRun], context: RunContext) -> None:
    if missing := missing_runs(runs, context.ledger):
        carry_out(missing, context, runs)
