"""A folder of records, reported again without any run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._exceptions import DataError
from .method_docs import describe_methods

if TYPE_CHECKING:
    from rich.console import Console

    from .report import Report


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
