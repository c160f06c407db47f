"""What is made of folders of records: a page, a table of runs, tables for LaTeX, figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..._checks import near
from ..._exceptions import ConfigError, DataError
from ..._whole_file import write_whole
from ...records.schema import clean_text
from ..analysis.metric_display import metric_display, quoted
from ..build import Report, build_report
from ..reading.elsewhere import Elsewhere, parse_elsewhere
from ..reading.records import parse_folders
from ..reading.run import Run
from ..reading.study_note import read_notes
from .figure_files import write_figures
from .latex import latex_tables
from .markdown import markdown_report
from .page import write_page
from .runs_csv import runs_csv

Describe = Callable[[Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Outputs:
    """Where to write what; None leaves it out.

    Args:
        page: The page; by default `report.html` in the folder, or in the current one for several.
        csv: One row a run.
        latex: Mean, std and best by method.
        markdown: Verdicts and tables.
        figures: A folder for the figures.
        formats: The formats of the figures.
    """

    page: Path | None = None
    csv: Path | None = None
    latex: Path | None = None
    markdown: Path | None = None
    figures: Path | None = None
    formats: tuple[str, ...] = ("png",)


def report_folders(
    folders: Sequence[Path],
    outputs: Outputs,
    *,
    elsewhere: Sequence[Elsewhere] = (),
    describe: Describe = lambda methods: {},
    title: str = "",
    command: str = "",
    baseline: str = "",
) -> tuple[Report, dict[str, str]]:
    """Read the records of several folders as one study, and write what is asked for.

    Args:
        folders: Output folders of studies.
        outputs: What to write.
        elsewhere: Runs that another tool made, to be reported with them.
        describe: From methods in their text form to what each does in one line; by default
            nothing is said of them.
        title: Title of the report; by default that of the study, or the names of the folders.
        command: The command line that makes the runs again; by default that of the study.
        baseline: The method or arm that the others are compared with; by default that of the
            study, or else plain.

    Returns:
        The report, and what was written: what it is -> where it is.

    Raises:
        DataError: If no record can be read, or one of another tool does not fit.
        ConfigError: If something cannot be written, or no run is of the baseline.
    """
    records, warnings = parse_folders(folders) if folders or not elsewhere else ([], [])
    found, notes = parse_elsewhere(elsewhere)
    _require_shares(found)
    records += found
    note = read_notes(folders)
    methods = list(dict.fromkeys(record.spec.method for record in records))
    if baseline or elsewhere:
        _require_baseline(baseline or note.baseline or "plain", records)
    report = build_report(
        records,
        title=title or note.title or _title([*folders, *(source.place for source in elsewhere)]),
        command=command or note.command,
        baseline=baseline or note.baseline or "plain",
        descriptions=describe(methods),
        warnings=[*warnings, *notes],
    )
    return report, _write(report, outputs, folders)


def _require_shares(records: Sequence[Run]) -> None:
    """Refuse percentages: they would be shown times 100."""
    for record in records:
        for metric, value in [pair for found in record.results.values() for pair in found.items()]:
            if metric_display(metric).unit == "%" and value is not None and not 0 <= value <= 1:
                raise DataError(
                    f"{record.spec.task}: {metric} of {record.method!r}, seed {record.spec.seed}, "
                    f"is {value:g}; expected a share from 0 to 1 (divide percentages by 100)"
                )


def _require_baseline(baseline: str, records: Sequence[Run]) -> None:
    names = {name: None for r in records for name in (r.method, r.spec.method)}
    if baseline not in names and len({record.method for record in records}) > 1:
        shown = ", ".join(quoted(name) for name in list(names)[:12])
        raise ConfigError(
            f"no run is of the baseline {clean_text(baseline)!r}; "
            f"{near(baseline, names, end=' ')}expected a baseline among: {shown}"
        )


def _title(folders: Sequence[Path]) -> str:
    return f"steadytune report of {', '.join(folder.resolve().name for folder in folders)}"


def _write(report: Report, outputs: Outputs, folders: Sequence[Path]) -> dict[str, str]:
    page = outputs.page or (folders[0] if len(folders) == 1 else Path()) / "report.html"
    written = {"Report": str(write_page(report, page))}
    if outputs.csv:
        # A byte order mark tells spreadsheets that the text is UTF-8.
        content = runs_csv(report.records).encode("utf-8-sig")
        written["Runs"] = str(write_whole(outputs.csv, content))
    if outputs.latex:
        written["LaTeX"] = str(write_whole(outputs.latex, latex_tables(report).encode()))
    if outputs.markdown:
        written["Markdown"] = str(write_whole(outputs.markdown, markdown_report(report).encode()))
    if outputs.figures:
        files = write_figures(report, outputs.figures, outputs.formats)
        written["Figures"] = f"{len(files)} files in {outputs.figures}"
    return written
