"""What tuning chose, as a file beside the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._whole_file import write_json
from ..records.study_folder import CHOICES_FILE
from .tuning import Chosen


def write_choices(folder: Path, chosen: Chosen) -> None:
    """Write what was chosen for every task and arm to `folder/tuning.json`."""
    entries: list[dict[str, Any]] = [
        {
            "task": task,
            "method": arm,
            "chosen": dict(trial.changes),
            "mean_dev_score": score,
            "runs": [run.spec.hash for run in trial.runs],
        }
        for (task, arm), (trial, score) in chosen.items()
    ]
    write_json(folder / CHOICES_FILE, entries)
