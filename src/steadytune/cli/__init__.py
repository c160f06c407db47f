"""The command line: it parses, calls and prints. Whatever is heavy is imported by the command."""

from . import demo, methods, power, report
from ._app import app, main

__all__ = ["app", "demo", "main", "methods", "power", "report"]
