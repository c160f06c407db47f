"""Training one model from beginning to end: plan, run, choose, save, show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from .._console import SafeConsole
from .._counted import counted
from .._exceptions import ModelError, SteadytuneError
from .._loudness import note, say
from .._one_writer import one_writer
from .._threads import using_threads
from .._whole_file import write_json
from ..pretrained import MINILM
from ..records.prediction_file import write_predictions
from ..records.record import now
from ..tasks import DEV, TRAIN
from .card import write_card
from .choosing import Candidates, Kept, best_member, copy_folder, keep
from .members import Member, has_checkpoints, members_ledger, selection_of, train_members
from .model_record import ModelRecord, model_record
from .options import TrainOptions
from .output_folder import PLAN_KEY, PREDICTIONS, RECORD, OutputFolder
from .plan import TrainPlan, make_plan
from .summary import print_scores, use_of

_CARD = "README.md"
_MEMBERS = "members"


def train_model(options: TrainOptions, console: Console | None = None) -> ModelRecord:
    """Train, save the model and its card in the folder, and print its scores.

    Args:
        options: What to do.
        console: Where the plan, the progress and the scores go; by default where `print` goes.

    Returns:
        The record, also where the folder holds the finished model already.

    Raises:
        SteadytuneError: If something does not fit, and nothing is written then; or if no run came
            to its end.
        KeyboardInterrupt: If the user stops it; the same call goes on from the last checkpoint.
    """
    console = console or SafeConsole()
    plan = make_plan(options)
    folder = OutputFolder(Path(options.out), plan.hash, (plan.older_hash, plan.task.metric))
    with one_writer(folder.folder, options.command):
        return _carry_out(plan, folder, console)


def _carry_out(plan: TrainPlan, folder: OutputFolder, console: Console) -> ModelRecord:
    state = folder.open()
    _announce(plan, console)
    if isinstance(state, ModelRecord):
        note(console, f"Finished already: {folder.folder} has this model.")
        return state
    if state == "unfinished":
        note(console, f"Continuing with what is in {folder.work}.")
    members = _train(plan, folder, console)
    record = _finish(plan, folder, members)
    console.print()
    print_scores(record, console)
    console.print()
    say(console, f"Model, card and record: {folder.folder}")
    return record


def _train(plan: TrainPlan, folder: OutputFolder, console: Console) -> list[Member]:
    """Carry out the runs; where the first cannot even begin, the folder is as it was."""
    try:
        return train_members(plan, folder, console)
    except SteadytuneError:
        if folder.work.is_dir() and not _has_begun(folder):
            folder.discard()
        raise


def _has_begun(folder: OutputFolder) -> bool:
    """Whether there is anything to go on from: a record of a run, or a checkpoint."""
    return bool(members_ledger(folder).read().records) or has_checkpoints(folder.work)


def _finish(plan: TrainPlan, folder: OutputFolder, members: list[Member]) -> ModelRecord:
    """Make what is kept and move it to its place."""
    ledger, result = members_ledger(folder), folder.clean_result()
    with using_threads(plan.specs[0].threads):
        try:
            kept = keep(Candidates(plan, members, ledger, result))
        except ModelError as error:
            folder.clean_result()
            raise ModelError(f"{error}; train with `keep=best` and another `out`") from error
    record = _record(plan, members, kept)
    if len(plan.specs) > 1:
        copy_folder(ledger.folder, result / _MEMBERS)
    with (result / PREDICTIONS).open("wb") as file:
        write_predictions(file, kept.predictions)
    (result / _CARD).write_text(write_card(record, plan.options.command), encoding="utf-8")
    write_json(result / RECORD, record.content())
    folder.publish()
    return record


def _record(plan: TrainPlan, members: list[Member], kept: Kept) -> ModelRecord:
    """The record of the run that is kept; of a model made of several, of the best of them."""
    metric = plan.task.metric
    base = best_member([m for m in members if m.seed in kept.seeds], metric).record
    spec, columns = plan.specs[0], plan.options.source.columns()
    own: dict[str, Any] = {
        "input": {
            "columns": list(plan.task.columns),
            "label_names": list(plan.task.label_names),
            "read_from": {"texts": list(columns.texts), "label": columns.truth},
            "max_length": spec.max_length,
            "stride": spec.stride,
        },
        "command": plan.options.command,
        PLAN_KEY: plan.hash,
    }
    if len(plan.specs) > 1:
        planned = [spec.seed for spec in plan.specs]
        own["selection"] = selection_of(
            plan.options.keep, plan.task.metric, members, kept.seeds, planned
        )
    if len(kept.seeds) > 1:
        own |= {"history": [], "profile": None, "finished": now()}
    return model_record({**base.content(), **own, "results": kept.results})


def _announce(plan: TrainPlan, console: Console) -> None:
    options, task, spec = plan.options, plan.task, plan.specs[0]
    note(console, *plan.notes)
    domains = [
        f"{name}, {len(rows)} rows ({use_of(name, task.domain, task.exposed, options.model)})"
        for name, rows in task.splits.items()
        if name not in (TRAIN, DEV)
    ]
    choose = f", {len(task.dev)} for validation" if task.dev is not None else ""
    note(console, f"{task.name}: {task.kind}, {len(task.train)} rows to train on{choose}")
    note(console, f"evaluated on {'; '.join(domains)}")
    stop = f", stopped early with patience {spec.patience}" if spec.patience else ""
    note(
        console,
        f"{options.model} with {spec.method}: {counted(plan.steps, 'step')} of {spec.batch_size} "
        f"rows{stop}; {spec.precision}, at most {spec.max_length} tokens",
    )
    if len(plan.specs) > 1:
        seeds = ", ".join(str(s.seed) for s in plan.specs)
        note(console, f"{len(plan.specs)} runs (seeds {seeds}); kept: {options.keep}")
    if plan.warning:
        say(console, f"warning: {plan.warning}")
    if options.model != MINILM:
        note(console, f"weights: {spec.model_hash}")
