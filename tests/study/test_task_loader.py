"""How runs come by their rows: the same ones, wherever they are."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from steadytune.records.recipe import Recipe
from steadytune.study.grid import load_tasks
from steadytune.study.task_loader import FromMemory, FromSources, task_loader
from steadytune.tasks import TASKS, NamedTask, Task
from tests.study.conftest import MakeStudy
from tests.toy_task import load_toy


def toy_with_dev() -> Task:
    """The toy task with validation rows."""
    toy = load_toy()
    return dataclasses.replace(toy, dev=toy.test["product"], content_hash="")


@pytest.mark.parametrize(("shares_files", "kind"), [(False, FromMemory), (True, FromSources)])
def test_rows_are_the_same_in_another_process(
    make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch, shares_files: bool, kind: type
) -> None:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", toy_with_dev))
    study = make_study()
    loaded = load_tasks(study, study.find_model())
    loader = pickle.loads(pickle.dumps(task_loader(study, loaded, shares_files)))
    assert isinstance(loader, kind)
    for sizes in ({"train_size": 16, "dev_size": 8}, {"train_size": 16, "eval_size": 20}):
        content_hash, _ = loaded[0].sample(Recipe(**sizes), 0)
        assert loader("toy").sample(**sizes).content_hash == content_hash
