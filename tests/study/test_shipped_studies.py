"""The study files that come with the project are studies, and say what they claim to."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune.method_names import known_methods
from steadytune.method_options import is_wrapper
from steadytune.study import read_study
from steadytune.study.grid import require_settings
from steadytune.tasks import TASKS

FOLDER = Path(__file__).parents[2] / "studies"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_study_can_be_read(path: Path) -> None:
    study = read_study(path)
    require_settings(study)
    assert {entry.source.task for entry in study.tasks} <= set(TASKS)


def test_the_papers_setting_is_theirs() -> None:
    study = read_study(FOLDER / "papers.yaml")
    assert study.model == "google-bert/bert-large-uncased"
    assert [entry.source.task for entry in study.tasks] == ["rte", "mrpc", "cola", "stsb"]
    assert len(study.seeds) == 25
    methods = {arm.method.split(":")[0] for arm in study.arms}
    wrappers = {name for name, cls in known_methods().items() if is_wrapper(cls)}
    assert methods == {"plain", *known_methods()} - wrappers
