"""What the files and folders of a study are called, besides those of its records."""

from __future__ import annotations

STUDY_FILE = "study.json"
"""Title, command and baseline: what a report needs to know besides the records."""

TUNING_FOLDER = "tuning"
"""The folder of the search within the study's own; it holds records as the study's does."""

CHOICES_FILE = "tuning.json"
"""What the search chose."""
