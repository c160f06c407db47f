"""Where a run keeps its model and its checkpoints, and which checkpoint it goes on from."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .._sealed import damage, is_sealed
from .._untrusted import LARGEST_LOG, json_object
from .._whole_file import temporary_beside

_NAME = re.compile(r"checkpoint-(\d+)")
_KEPT = 2


@dataclass(frozen=True)
class Workspace:
    """Folders of one run. They change nothing about its result.

    Args:
        model: The folder that the trained model and its tokenizer are saved in: it is there whole
            or not at all; None keeps no model.
        checkpoints: Folder of the checkpoints, from which the run goes on if it was stopped; None
            for a run that starts anew then.
        curves: Folder for TensorBoard's files, if the run is told to report to it.
    """

    model: Path | None = None
    checkpoints: Path | None = None
    curves: Path | None = None


@dataclass(frozen=True)
class Resumption:
    """Where a run goes on.

    Args:
        checkpoint: The latest checkpoint that is whole; None for the start.
        notes: A line for each later one that was complete once and is damaged now, or that an older
            version may have written.
    """

    checkpoint: Path | None
    notes: tuple[str, ...] = ()


def find_resumption(folder: Path) -> Resumption:
    """The latest checkpoint whose files are all as they were written; later ones are removed.

    Args:
        folder: Where the trainer writes its checkpoints; it need not exist.
    """
    notes: list[str] = []
    paths = _checkpoints(folder)
    if paths and not any(map(is_sealed, paths)):
        notes.append(f"{paths[-1]} is not complete, or an older version wrote it")
    for path in reversed(paths):
        wrong = damage(path) or _best_damaged(path)
        if wrong is None:
            return Resumption(path, _told(notes, f"goes on from {path.name}"))
        if is_sealed(path):
            notes.append(f"{path} is damaged ({wrong})")
        # The training passes there again, and would leave files of both.
        shutil.rmtree(path, ignore_errors=True)
    return Resumption(None, _told(notes, "begins at the start"))


def prune(folder: Path, best: str | None) -> None:
    """Remove all checkpoints but the last two and the best one.

    The one before the last is what a training goes on from where the last is damaged.

    Args:
        folder: Where the trainer writes its checkpoints.
        best: The checkpoint that the trainer goes back to at its end, if there is one.
    """
    for path in _checkpoints(folder)[:-_KEPT]:
        if best is None or path.name != Path(best).name:
            shutil.rmtree(path, ignore_errors=True)


def replace_folder(folder: Path, write: Callable[[Path], object]) -> None:
    """Make a folder that others see whole or not at all, in place of what is there.

    Args:
        folder: The folder.
        write: Called with a temporary folder beside it, to fill it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_beside(folder, Path.mkdir) as temporary:
        write(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)


def _checkpoints(folder: Path) -> list[Path]:
    """In the order of their steps."""
    found = [(int(m[1]), path) for path in folder.glob("*") if (m := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _best_damaged(checkpoint: Path) -> str | None:
    """What is wrong with the checkpoint that a training goes back to at its end."""
    try:
        state = json_object(checkpoint / "trainer_state.json", LARGEST_LOG)
    except (OSError, ValueError) as error:
        return f"trainer_state.json cannot be read ({getattr(error, 'strerror', None) or error})"
    best = state.get("best_model_checkpoint")
    if not isinstance(best, str) or (name := Path(best).name) == checkpoint.name:
        return None
    wrong = damage(checkpoint.with_name(name))
    return wrong and f"of the best one so far, {name}, {wrong}"


def _told(notes: list[str], then: str) -> tuple[str, ...]:
    return tuple(f"{note}: the training {then}" for note in notes)
