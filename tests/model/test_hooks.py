"""Copies of a model leave its hooks behind."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from steadytune import Regularizer, Step, attach
from steadytune._model.hooks import Hook
from steadytune.testing import assert_same, tiny_batch, tiny_classifier, weights

from ..method_settings import SETTINGS


def test_a_hook_runs_and_its_copy_does_nothing() -> None:
    seen: list[int] = []
    hook = Hook(seen.append)
    hook(1)
    copy.deepcopy(hook)(2)
    pickle.loads(pickle.dumps(hook))(3, key=4)
    assert seen == [1]


@pytest.mark.parametrize("method", SETTINGS.values(), ids=SETTINGS)
def test_a_model_with_a_method_can_be_saved_whole_and_copied(method: Regularizer) -> None:
    model = tiny_classifier()
    with attach(model, [method]) as objective:
        torch.save(model, io.BytesIO())
        inside = [copy.deepcopy(model), AveragedModel(model).module]
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
        objective(Step(model, tiny_batch())).backward()
    for twin in inside:
        file = io.BytesIO()
        torch.save(twin, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=False)
        assert_same(weights(loaded), weights(twin))
        with torch.no_grad():
            loaded.eval()(**tiny_batch())
