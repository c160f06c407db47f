"""Every pair of methods trains, in either order, or is refused with a reason."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from steadytune import ConfigError
from steadytune.testing import tiny_batch, tiny_classifier, train_steps, weights
from tests.method_settings import REFUSED, SETTINGS

BATCHES = [tiny_batch(seed=number) for number in range(2)]


@pytest.mark.parametrize(("first", "second"), list(permutations(SETTINGS, 2)))
def test_pairs(first: str, second: str) -> None:
    model = tiny_classifier()
    before = weights(model)
    methods = [SETTINGS[first], SETTINGS[second]]
    if (first, second) in REFUSED:
        with pytest.raises(ConfigError):
            train_steps(model, methods, BATCHES)
        return
    losses = train_steps(model, methods, BATCHES)
    after = weights(model)
    assert all(torch.isfinite(torch.tensor(losses)))
    assert all(torch.isfinite(value).all() for value in after.values())
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_all_at_once() -> None:
    """The list of all methods that compose, as one objective."""
    odd = {name for pair in REFUSED for name in pair}
    chosen = [method for name, method in SETTINGS.items() if name not in odd]
    losses = train_steps(tiny_classifier(), chosen, BATCHES)
    assert all(torch.isfinite(torch.tensor(losses)))
