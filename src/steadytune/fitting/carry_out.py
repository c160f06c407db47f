"""From a file to a steady model: look, time, search, train several seeds, calibrate, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._console import SafeConsole
from .._exceptions import NoResultError, SteadytuneError
from .._loudness import Loudness, loudness, note, say
from .._one_writer import one_writer
from ..finetune.cut_rows import long_answers_warning
from ..finetune.members import Member
from ..finetune.model_record import ModelRecord
from ..finetune.output_folder import OutputFolder
from ..records.ledger import Ledger
from ..runs.encoded import encode_splits
from ..runs.executors import executor_for, room_for
from ..study.estimate import time_training, typical_batch, words_of
from ..tasks import TRAIN
from .candidates import DEFAULT, DEFAULTS, PLAIN
from .clock import Clock
from .cost import Size, Timing
from .facts import Outcome, facts_of
from .final import Material, keep_model
from .floor import Floor
from .folds import shared_texts_warning
from .options import FitOptions
from .output import SEARCH, write_results
from .plan import (
    BESIDE,
    FLOOR,
    FROZEN_PLAN,
    MEMBERS,
    Plan,
    choose_plan,
    shortened,
    too_small,
    what_went,
)
from .result import FitResult, read_result
from .search import Found, Search
from .setup import Setup
from .work import Work

_TIMED_STEPS = 100
_BESIDE_STEPS = 2.0
"""Seconds of a run beside its steps and its scoring: loading, encoding, saving."""

_START = 5.0
"""Seconds until the worker processes of a round have imported what they need."""


def fit_model(options: FitOptions, console: Console | None = None) -> FitResult:
    """Find a setting, train several seeds with it, and save them as one steady model.

    Args:
        options: What to do.
        console: Where tables, progress and the summary go; by default where `print` goes.

    Returns:
        The result, also where the folder holds the finished model already.

    Raises:
        SteadytuneError: If something does not fit, and nothing is written then; or if no training
            came to its end.
        KeyboardInterrupt: If the user stops it; the same call goes on.
    """
    console = console or SafeConsole()
    setup = Setup.of(options)
    _show_data(setup, console)
    folder = OutputFolder(Path(options.out), setup.identity)
    with one_writer(folder.folder, options.command):
        _fill(setup, folder, console)
    result = read_result(folder.folder, options.trust)
    console.print()
    say(console, *str(result).splitlines())
    return result


def _fill(setup: Setup, folder: OutputFolder, console: Console) -> None:
    """Do what is missing of the folder's content."""
    state = folder.open()
    if isinstance(state, ModelRecord):
        note(console, f"Finished already: {folder.folder} has this model.")
    else:
        if state == "unfinished":
            note(console, f"Continuing with what is in {folder.work}.")
        try:
            _carry_out(setup, folder, console)
        except SteadytuneError:
            if folder.work.is_dir() and not any((folder.work / SEARCH).glob("runs/*.json")):
                folder.discard()
            raise


def _carry_out(setup: Setup, folder: OutputFolder, console: Console) -> None:
    """Everything from the timing to the folder's content."""
    executor, ledger = executor_for(setup.options.workers), Ledger(folder.work / SEARCH)
    clock = Clock(folder.work / "clock.json")
    if clock.damaged:
        say(console, f"{clock.path} is damaged: the time starts anew, and so do decisions by it")
    work = Work(setup, ledger, executor, console, clock)
    say(console, *ledger.set_corrupt_aside())
    size = Size(len(setup.truth), len(setup.test_truth), setup.options.one_model, setup.unlabelled)
    timing, budget = clock.timing(lambda: _measure_speed(work)), setup.options.seconds
    first = choose_plan(budget, size, timing)
    if first is None and not setup.options.allow_frozen:
        raise too_small(budget, size, timing, floor=setup.kind.floor)
    first = first or FROZEN_PLAN
    about = words_of(first.seconds(size, timing))
    note(console, f"{_announced(first, setup)}; about {about} on this machine")

    def shorten(plan: Plan, before: str) -> Plan:
        """Keep to the budget; a fit that goes on does as it was decided."""

        def decide() -> Plan:
            return shortened(plan, before, budget, clock.seconds, size, timing)

        found = clock.plan(before, decide)
        if lost := what_went(plan.of(size), found.of(size)):
            say(console, f"It takes longer than estimated: {lost}, to keep to the budget")
        return found

    floor = None
    if setup.kind.floor:
        with (
            console.status("the floor: a linear model on frozen features"),
            clock.running(FLOOR, afresh=True),
        ):
            floor = Floor.of(setup)
    search = Search(work, setup.judge, first, shorten)
    found = search.carry_out()
    plan, members = _members(work, found, search.plan, shorten)
    material = Material(members, found.chosen, found.out_of_fold, floor)
    with console.status("the model that is kept"):
        kept = keep_model(work, material, folder.clean_result())
    lost = what_went(first.of(size), plan.of(size))
    facts = facts_of(work, Outcome(found, plan, timing, kept, floor, lost))
    write_results(work, folder, kept, facts)


def _measure_speed(work: Work) -> Timing:
    spec, setup = work.whole_spec(DEFAULTS, 1), work.setup
    with work.console.status("timing a few steps"):
        encoded = encode_splits(setup.task, setup.model, setup.encoding, (TRAIN,))
        features = encoded[TRAIN].dataset
        rows = typical_batch(features, spec.batch_size).rows
        times = time_training(spec, setup.task, rows, _TIMED_STEPS, setup.model)
    workers = setup.options.workers
    at_a_time = room_for([spec]) if workers is None else max(1, workers)
    windows = len(features) / len(setup.truth)
    return Timing(*times, _BESIDE_STEPS, at_a_time, 0.0 if workers == 0 else _START, windows)


def _members(
    work: Work, found: Found, plan: Plan, shorten: Callable[[Plan, str], Plan]
) -> tuple[Plan, list[Member]]:
    """Train the final model's members, and what is shown beside them; the plan at the end."""
    plan = shorten(plan, MEMBERS)
    seeds = range(1, plan.members + 1)
    specs = [work.whole_spec(found.chosen, seed) for seed in seeds]
    work.carry_out(specs, MEMBERS, models=True)
    members = work.members(found.chosen, plan.members)
    if not members:
        reason = work.record(specs[0]).reason
        raise NoResultError(f"no training finished ({reason}); give another `model`")
    plan = shorten(plan, BESIDE)
    if plan.references and work.setup.is_tested:
        beside = [work.whole_spec(c, seed) for c in (found.plain, DEFAULTS) for seed in seeds]
        work.carry_out(beside, BESIDE)
    return plan, members


def _show_data(setup: Setup, console: Console) -> None:
    look = setup.options.source.look(setup.model.tokenizer(), setup.max_length)
    note(console, *look.notes)
    table = Table(box=None, pad_edge=False, show_header=False)
    for heading, value in look.table():
        table.add_row(heading, Text(value))
    if loudness() is not Loudness.QUIET:
        console.print(table)
    features = encode_splits(setup.task, setup.model, setup.encoding, (TRAIN,))
    unsuited = (f"{name} is left out: {why}" for name, why in setup.unsuited.items())
    validation = setup.options.source.load().dev
    unused = validation and (
        f"fit does not use the {len(validation)} validation examples: it chooses by "
        "cross-validation; add them to the training examples"
    )
    of_task = long_answers_warning(features, setup.task.problem), shared_texts_warning(setup.task)
    for warning in filter(None, (*look.warnings, unused, *of_task, *unsuited)):
        say(console, f"warning: {warning}")


def _announced(plan: Plan, setup: Setup) -> str:
    seeds = "one seed" if plan.members == 1 else f"{plan.members} seeds"
    if plan.frozen:
        return "No time to train the model itself: a head on the frozen model"
    if not plan.folds:
        method = DEFAULT.method if setup.suited([DEFAULT]) else PLAIN
        return f"No time to search: {seeds} of {method}"
    tried = plan.rates * plan.lengths + len(setup.suited(plan.stabilisers))
    return f"Cross-validation of {tried} settings, then {seeds} of the best on all examples"
