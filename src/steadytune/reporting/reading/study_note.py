"""What stands beside the records of a study: its title, its command line and its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ...records.schema import Text, clean_text
from ...records.study_folder import STUDY_FILE

LARGEST_FILE = 2**20


class StudyNote(BaseModel):
    """The content of `study.json`; what is not known is empty."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")
    title: Text = ""
    command: Annotated[str, AfterValidator(lambda text: clean_text(text, 10_000))] = ""
    baseline: Text = ""


def read_note(folder: Path) -> StudyNote:
    """The note of a folder; an empty one if there is none or it cannot be read."""
    path = folder / STUDY_FILE
    try:
        if path.is_file() and path.stat().st_size <= LARGEST_FILE:
            return StudyNote.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        pass
    return StudyNote()


def read_notes(folders: Sequence[Path]) -> StudyNote:
    """The notes of several folders as one: all their commands, and the baseline if they agree."""
    notes = [read_note(folder) for folder in folders]
    baselines = {note.baseline for note in notes}
    return StudyNote(
        title=" and ".join(dict.fromkeys(note.title for note in notes if note.title)),
        command="; ".join(dict.fromkeys(note.command for note in notes if note.command)),
        baseline=baselines.pop() if len(baselines) == 1 else "",
    )
