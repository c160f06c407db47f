"""Models beside each other: what is compared must be the same example."""

from __future__ import annotations

import numpy as np
import pytest

from steadytune.diagnostics import Representations, noise_profile
from steadytune.diagnostics.command.diagnosis import similarities
from steadytune.testing import tiny_batch, tiny_classifier
from tests.diagnostics.command.measured import measured


def states(pool: str, rows: int, seed: int = 0) -> Representations:
    generator = np.random.default_rng(seed)
    layers = (generator.normal(size=(rows, 4)).astype(np.float32),)
    return Representations(pool, layers)  # type: ignore[arg-type]


def test_examples_are_paired_although_each_model_has_an_order_of_its_own() -> None:
    """Tokenizers that cut words differently sort examples by length differently."""
    profile = noise_profile(tiny_classifier(), [tiny_batch()])
    means, order = states("mean", 6), np.array([3, 0, 5, 1, 4, 2])
    shuffled = Representations("mean", tuple(layer[order] for layer in means.layers))
    tokens = states("tokens", 9)
    one = measured("one", profile, rows=tuple(range(6)), means=means, tokens=tokens, identity=[[1]])
    other = measured(
        "other", profile, rows=tuple(order), means=shuffled, tokens=tokens, identity=[[2]]
    )
    assert similarities([one, other])["other"].values == pytest.approx(1.0)


@pytest.mark.parametrize("rows", [(0, 0, 1), (0, 1, 3)])
def test_other_windows_of_long_contexts_are_not_compared(rows: tuple[int, ...]) -> None:
    profile = noise_profile(tiny_classifier(), [tiny_batch()])
    tokens = states("tokens", 9)
    one, other = (
        measured(name, profile, rows=places, tokens=tokens, identity=[[len(name)]])
        for name, places in (("one", (0, 0, 1)), ("other", rows))
    )
    assert similarities([one, other]) == {}
