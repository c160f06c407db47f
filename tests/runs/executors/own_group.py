"""Scripts that are killed or interrupted with all that they start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def script_of_its_own(folder: Path, text: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A script in a process group of its own, as a terminal starts one; all of it ends at last.

    Args:
        folder: Where the script is written.
        text: The script.
        words: Its arguments.
    """
    script = folder / "study.py"
    script.write_text(text)
    paths = [str(Path(__file__).parents[3]), *sys.path]
    study = subprocess.Popen(
        [sys.executable, str(script), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield study
    finally:
        with suppress(ProcessLookupError):
            os.killpg(study.pid, signal.SIGKILL)
        study.communicate()
