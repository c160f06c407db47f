"""From records to people: tables in the terminal and one self-contained page."""

from .build import Report, build_report
from .exports.figure_files import write_figures
from .exports.latex import latex_tables
from .exports.outputs import Outputs, report_folders
from .exports.page import render_html, write_page
from .exports.runs_csv import runs_csv
from .exports.terminal import print_report
from .reading.elsewhere import Elsewhere
from .reading.records import Loaded, read_folder

__all__ = [
    "Elsewhere",
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
