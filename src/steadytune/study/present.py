"""What a study shows at its end: tables, `report.html`, and where everything lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._exceptions import NoResultError
from .._loudness import say
from .._whole_file import write_json
from ..method_docs import describe_methods
from ..records.study_folder import STUDY_FILE
from ..runs.plan import PlannedRun
from .study import Study

if TYPE_CHECKING:
    from rich.console import Console

    from ..reporting import Report


def present(study: Study, out: Path, runs: Sequence[PlannedRun], console: Console) -> Report:
    """Print the tables of a study and write its page.

    Raises:
        NoResultError: If every run failed.
    """
    from ..reporting import build_report, print_report, write_page
    from ..reporting.reading.records import parse_folder

    keys = {run.spec.key for run in runs}
    found, warnings = parse_folder(out)
    records = [record for record in found if record.key in keys]
    if all(record.status == "failed" for record in records):
        reason = records[0].reason if records else "no record can be read"
        raise NoResultError(f"every run failed, so there is nothing to report: {reason}")
    report = build_report(
        records,
        title=study.name,
        command=study.command,
        baseline=study.baseline,
        descriptions=describe_methods([arm.method for arm in study.arms]),
        warnings=warnings,
    )
    page = write_page(report, out / "report.html")
    console.print()
    print_report(report, console)
    console.print()
    lost = [
        f"Every run of {method} on {task} failed or diverged: the method has no result there."
        for task, method in report.without_result
    ]
    say(console, *lost, *_conclusion(study, out, page, len(found) - len(records)))
    return report


def write_study(study: Study, folder: Path) -> None:
    """Write what a report of the folder needs to know of the study, besides its records."""
    content = {"title": study.name, "command": study.command, "baseline": study.baseline}
    write_json(folder / STUDY_FILE, content)


def _conclusion(study: Study, out: Path, page: Path, others: int) -> list[str]:
    from ..reporting.sentences.qualifications import FEW_SEEDS

    lines = [f"Report:  {page}", f"Records: {out / 'runs'}"]
    if len(study.seeds) < FEW_SEEDS:
        lines.insert(
            0,
            f"To judge by more seeds, give the same command with {FEW_SEEDS} seeds: it keeps what "
            "is finished and adds the rest.",
        )
    if others:
        lines.append(
            f"{others} more records there belong to other studies; steadytune report {out} "
            "shows all."
        )
    return lines
