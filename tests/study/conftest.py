"""Studies of a toy task on a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from steadytune.records.recipe import Recipe
from steadytune.study.study import Study, StudyTask, arms_of
from steadytune.tasks import TASKS, NamedTask
from steadytune.tasks.source import DataSource
from tests.tasks.conftest import no_network as no_network
from tests.tiny_bert import write_tiny_bert
from tests.toy_task import load_toy

RECIPE = Recipe(
    train_size=16, eval_size=20, epochs=1.0, learning_rate=5e-5, batch_size=8, max_length=16
)

MakeStudy = Callable[..., Study]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_bert(tmp_path_factory.mktemp("model")))


@pytest.fixture
def make_study(model: str, monkeypatch: pytest.MonkeyPatch) -> MakeStudy:
    monkeypatch.setitem(TASKS, "toy", NamedTask("toy", "made up", load_toy))

    def make(*methods: str, **changes: Any) -> Study:
        fields: dict[str, Any] = {
            "name": "toy study",
            "tasks": (StudyTask(DataSource(task="toy")),),
            "arms": arms_of(methods or ("plain", "lnsr:strength=0.5")),
            "seeds": (1, 2),
            "model": model,
            "recipe": RECIPE,
        }
        return Study(**{**fields, **changes})

    return make
