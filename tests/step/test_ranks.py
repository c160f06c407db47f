"""Two processes give what one gives, for every method and some pairs: one launch for all."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune import methods
from tests.method_settings import RANK_DEPENDENT, SETTINGS
from tests.training import on_two_processes

from .ranks_worker import LISTS, train


def test_every_method_has_a_setting() -> None:
    assert sorted(SETTINGS) == sorted(methods.__all__)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Tensor]]:
    """The weights that each of the two processes ended with."""
    return on_two_processes("tests.step.ranks_worker", tmp_path_factory.mktemp("ranks"))


@pytest.mark.parametrize("name", list(LISTS))
def test_two_processes_equal_one(name: str, trained: list[dict[str, Tensor]]) -> None:
    alone = train(LISTS[name], 0, 1)
    for key, value in alone.items():
        first, second = (found[f"{name}/{key}"] for found in trained)
        assert torch.equal(first, second), f"{key} differs between the processes"
        if RANK_DEPENDENT.keys() & set(name.split("+")):
            continue
        torch.testing.assert_close(first, value, rtol=1e-8, atol=1e-11)
