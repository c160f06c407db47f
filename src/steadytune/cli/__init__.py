"""The command line: it parses, calls and prints. Heavy imports happen in the command."""

from . import (
    bundle,
    compare,
    demo,
    diagnose,
    evaluate,
    fit,
    methods,
    pack,
    power,
    predict,
    report,
    tasks,
    train,
)
from ._app import app, main

__all__ = [
    "app",
    "bundle",
    "compare",
    "demo",
    "diagnose",
    "evaluate",
    "fit",
    "main",
    "methods",
    "pack",
    "power",
    "predict",
    "report",
    "tasks",
    "train",
]
