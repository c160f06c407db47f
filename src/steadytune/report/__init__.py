"""From records to people: tables in the terminal and one self-contained page."""

from .build import Report, build_report
from .csv_export import runs_csv
from .figure_export import write_figures
from .latex_export import latex_tables
from .outputs import Outputs, report_folders
from .page import render_html, write_page
from .records import Loaded, read_folder
from .terminal import print_report

__all__ = [
    "Loaded",
    "Outputs",
    "Report",
    "build_report",
    "latex_tables",
    "print_report",
    "read_folder",
    "render_html",
    "report_folders",
    "runs_csv",
    "write_figures",
    "write_page",
]
