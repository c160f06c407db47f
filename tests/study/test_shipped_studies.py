"""The study files that come with the project are studies, and say what they claim to."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import yaml

from steadytune.method_names import known_methods
from steadytune.method_options import is_wrapper
from steadytune.records.recipe import recipe_fields
from steadytune.records.spec import RunSpec
from steadytune.study import read_study
from steadytune.study.grid import require_settings
from steadytune.tasks import TASKS

FOLDER = Path(__file__).parents[2] / "studies"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_study_can_be_read(path: Path) -> None:
    study = read_study(path)
    require_settings(study)
    for source in (entry.source for entry in study.tasks):
        if source.task is None:  # files beside the study, whose first lines say where they are from
            assert f"studies/{source.name}_$part.jsonl.gz" in path.read_text()
        else:
            assert source.task in TASKS


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_study_states_every_default_it_rests_on(path: Path) -> None:
    """So that a later default changes no study that was declared, and makes no record stale."""
    study = read_study(path)
    run = RunSpec(task="", method="plain", seed=0)
    set_to_something = {name for name in recipe_fields() if getattr(run, name) not in (None, ())}
    stated = set(yaml.safe_load(path.read_text()))
    for entry, arm in product(study.tasks, study.arms):
        also = {*stated, *dict(entry.changes), *dict(arm.changes)}
        assert set_to_something <= also, (entry.source.task, arm.name)


def test_the_papers_setting_is_theirs() -> None:
    study = read_study(FOLDER / "papers.yaml")
    assert study.model == "google-bert/bert-large-uncased"
    assert [entry.source.task for entry in study.tasks] == ["rte", "mrpc", "cola", "stsb"]
    assert len(study.seeds) == 25
    methods = {arm.method.split(":")[0] for arm in study.arms}
    wrappers = {name for name, cls in known_methods().items() if is_wrapper(cls)}
    assert methods == {"plain", *known_methods()} - wrappers
