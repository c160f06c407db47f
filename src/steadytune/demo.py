"""The demo: methods against plain fine-tuning, with the same seeds, on rated sentences."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ._exceptions import ConfigError, DataError, SteadytuneError
from .demo_plan import Options, Plan, make_plan
from .study.executors import Executor, executor_for
from .study.ledger import Ledger
from .study.outcome import Outcome
from .study.spec import RunSpec

if TYPE_CHECKING:
    from rich.console import Console

    from .report import Report

TITLE = "steadytune demo"
FEW_SEEDS = 10


def run_demo(options: Options, console: Console) -> Report:
    """Carry out what is missing of a demo, print its tables and write `report.html`.

    Args:
        options: What to do.
        console: Where progress and tables go.

    Returns:
        The report.

    Raises:
        SteadytuneError: If something does not fit, and nothing is trained then; or if every run
            failed.
        KeyboardInterrupt: If the user stops it; its text says what is kept.
    """
    plan = make_plan(options)
    ledger = Ledger(options.out)
    ledger.require_writable()
    _set_corrupt_aside(ledger, console)
    finished = ledger.finished()
    missing = [spec for spec in plan.specs if spec.hash not in finished]
    executor = executor_for(options.workers)
    _announce(options, plan, missing, executor, console)
    if missing:
        _carry_out(missing, plan, ledger, executor, console)
    return _report(options, plan, ledger, console)


def _carry_out(
    specs: Sequence[RunSpec], plan: Plan, ledger: Ledger, executor: Executor, console: Console
) -> None:
    from ._progress import StudyProgress
    from .study.executors import FineTune

    with StudyProgress(console, len(specs)) as progress:

        def keep(outcome: Outcome) -> None:
            # A worker that crashed could not tell what the task is.
            record = {**outcome.record, "task": outcome.record["task"] or plan.task}
            ledger.add(replace(outcome, record=record))
            progress.on_record(record)

        try:
            executor.carry_out(specs, FineTune(), keep, progress.on_progress)
        except KeyboardInterrupt:
            done = len(ledger.finished() & {spec.hash for spec in plan.specs})
            raise KeyboardInterrupt(
                f"stopped with {done} of {len(plan.specs)} runs in {ledger.runs}; "
                "the same command goes on from there"
            ) from None


def _report(options: Options, plan: Plan, ledger: Ledger, console: Console) -> Report:
    from .report import build_report, print_report, read_folder, write_page

    hashes = {spec.hash for spec in plan.specs}
    loaded = read_folder(options.out)
    records = [record for record in loaded.records if record["spec_hash"] in hashes]
    if all(record["status"] == "failed" for record in records):
        reason = records[0]["reason"] if records else "no record can be read"
        raise SteadytuneError(f"every run failed, so there is nothing to report: {reason}")
    report = build_report(
        records,
        title=TITLE,
        command=options.command,
        baseline=options.methods[0] if "plain" not in options.methods else "plain",
        descriptions=describe_methods(options.methods, imports=True),
        warnings=loaded.warnings,
    )
    page = write_page(report, options.out / "report.html")
    console.print()
    print_report(report, console)
    others = len(loaded.records) - len(records)
    _conclude(options, page, ledger.runs, others, console)
    return report


def report_folder(folder: Path, console: Console) -> Report:
    """Print the tables of all records of a folder, and write its `report.html` anew.

    Raises:
        DataError: If the folder holds no record that can be read.
        ConfigError: If the page cannot be written.
    """
    from .report import build_report, print_report, read_folder, write_page

    loaded = read_folder(folder)
    if not loaded.records:
        reason = f" ({loaded.warnings[0]})" if loaded.warnings else ""
        raise DataError(f"no record can be read in {folder}{reason}; run steadytune demo first")
    methods = list(dict.fromkeys(record["spec"]["method"] for record in loaded.records))
    report = build_report(
        loaded.records,
        title=f"steadytune report of {folder.resolve().name}",
        descriptions=describe_methods(methods, imports=False),
        warnings=loaded.warnings,
    )
    page = write_page(report, folder / "report.html")
    print_report(report, console)
    console.print()
    console.print(f"Report: {page}", markup=False, soft_wrap=True)
    return report


def describe_methods(texts: Sequence[str], *, imports: bool) -> dict[str, str]:
    """What each method does, in one line.

    Args:
        texts: Methods in their text form; those that cannot be read are left out.
        imports: Whether methods of the user's own may be imported. Text from a file must not say
            what code is run.
    """
    from .method_docs import summary
    from .method_text import parse_method

    described = {}
    for text in texts:
        with suppress(ConfigError):
            methods = parse_method(text, imports=imports)
            if methods:
                described[text] = " ".join(summary(method) for method in methods)
    return described


def _set_corrupt_aside(ledger: Ledger, console: Console) -> None:
    for name, reason in ledger.read().corrupt.items():
        aside = ledger.set_aside(name)
        console.print(f"{name} is no record ({reason}): set aside as {aside.name}", markup=False)


def _announce(
    options: Options,
    plan: Plan,
    missing: Sequence[RunSpec],
    executor: Executor,
    console: Console,
) -> None:
    sizes, task = plan.task["sizes"], plan.task
    there = len(plan.specs) - len(missing)
    domains = ", ".join([task["in_domain"], *task["out_of_domain"]])
    lines = [
        f"{options.model} on {sizes['train']} {task['in_domain']} sentences of {options.task}; "
        f"evaluated on {domains}",
        f"{_count(options.methods, 'method')} x {_count(options.seeds, 'seed')} = "
        f"{_count(plan.specs, 'run')}",
    ]
    if there:
        lines[1] += f": {there} in {options.out} already, {len(missing)} to do"
    if missing:
        lines[1] += f", {executor.describe(missing)}"
        lines += filter(None, [executor.notice(missing)])
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _conclude(options: Options, page: Path, runs: Path, others: int, console: Console) -> None:
    lines = [f"Report:  {page}", f"Records: {runs}"]
    if len(options.seeds) < FEW_SEEDS:
        lines.insert(
            0,
            f"To judge by more seeds, give the same command with --seeds {FEW_SEEDS}: it keeps "
            "what is finished and adds the rest.",
        )
    if others:
        lines.append(
            f"{others} more records there are not of this demo; steadytune report {options.out} "
            "shows all."
        )
    console.print()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _count(values: Sequence[object], noun: str) -> str:
    return f"{len(values)} {noun}{'s' * (len(values) != 1)}"
