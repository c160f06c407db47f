"""From records to people: tables in the terminal and one self-contained page."""

from .build import Report, build_report
from .page import render_html, write_page, write_report
from .records import Loaded, load_records, read_folder
from .terminal import print_report

__all__ = [
    "Loaded",
    "Report",
    "build_report",
    "load_records",
    "print_report",
    "read_folder",
    "render_html",
    "write_page",
    "write_report",
]
