"""A diagnosis from its options to its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from ..._console import SafeConsole
from ..._folders import require_writable
from ..._loudness import say, tell_settings
from ..._one_writer import one_writer
from ..._progress import Work
from ...pretrained import Pretrained
from .diagnosis import Diagnosis, similarities
from .files import ARRAYS, FIGURES, write_files
from .loading import LoadedModel, load_for_diagnosis
from .measure import ModelDiagnosis, measure, stage_count
from .options import Options
from .rows import DiagnosisRows, read_rows
from .sections import sections
from .terminal import print_summary


def run_diagnosis(options: Options, console: Console | None = None) -> Diagnosis:
    """Measure the models, write the files and print the summary.

    Args:
        options: What to do.
        console: Where progress and numbers go; by default where `print` goes.

    Returns:
        All that was measured.

    Raises:
        SteadytuneError: If a model, the examples or the folder cannot be found; nothing but the
            empty folder is left then.
    """
    console = console or SafeConsole()
    with one_writer(Path(options.out), options.command):
        return _run(options, console)


def _run(options: Options, console: Console) -> Diagnosis:
    out = Path(options.out)
    require_writable(out, FIGURES)
    given = read_rows(options)
    tell_settings(console, "diagnose", asdict(options))
    with Work(console, "loading", len(options.models) * stage_count(options)) as work:
        found = diagnose(options, given, work.advance)
    page = write_files(found, sections(found), out)
    print_summary(found, console)
    console.print()
    say(console, f"Page:   {page}", f"Arrays: {out / ARRAYS}")
    return found


def diagnose(options: Options, given: DiagnosisRows, tick: Callable[[str], None]) -> Diagnosis:
    """Measure every model on the same examples and set them side by side.

    Raises:
        SteadytuneError: If a model cannot be loaded or its layers cannot be found.
    """
    start_name = options.start or (options.model if options.compare else "")
    models: list[ModelDiagnosis] = []
    start: Any = None
    if options.full and options.start:
        start = load_for_diagnosis(Pretrained.find(options.start, options.trust)).model
    for found, label in zip(options.found, options.labels, strict=True):
        tick(f"loading {label}")
        loaded = load_for_diagnosis(found)
        if options.full and start is None and options.compare:
            start = loaded.model
        models.append(_measured(label, loaded, given, start, options, tick))
    return Diagnosis(
        tuple(models),
        similarities(models) if options.full else {},
        tuple(given.texts),
        given.source,
        options.relative_noise,
        start_name if options.full else "",
        options.command,
    )


def _measured(
    label: str,
    loaded: LoadedModel,
    given: DiagnosisRows,
    start: Any,
    options: Options,
    tick: Callable[[str], None],
) -> ModelDiagnosis:
    def staged(stage: str) -> None:
        tick(f"{label}: {stage}")

    features = given.features(loaded.tokenizer, options.max_length, options.examples)
    return measure(label, loaded, features, start, options, staged)
