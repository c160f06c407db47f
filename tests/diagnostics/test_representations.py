"""What is collected from every layer, and what is computed from it, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from steadytune import ConfigError
from steadytune.diagnostics import (
    Representations,
    effective_rank,
    layer_ranks,
    layer_similarity,
    linear_cka,
    representations,
)
from steadytune.testing import tiny_batch, tiny_classifier

from ..families import NAMES, batch, classifier
from .scaling import Scaling

X = torch.tensor([[[3.0, 0.0, 4.0, 0.0], [1.0, 2.0, 0.0, 0.0]]])
MASK = torch.tensor([[1, 0]])


def test_rows_are_what_the_pooling_says() -> None:
    inputs = [{"x": X, "attention_mask": torch.ones(1, 2)}]
    tokens = representations(Scaling(), inputs, layers="blocks")
    assert len(tokens.layers) == 4
    np.testing.assert_allclose(tokens.layers[1], 2 * X[0])
    mean = representations(Scaling(), inputs, pool="mean", layers="blocks")
    np.testing.assert_allclose(mean.layers[2], 0.5 * X[0].mean(0)[None])
    first = representations(Scaling(), inputs, pool="first", layers="blocks")
    np.testing.assert_allclose(first.layers[0], X[0, :1])


@pytest.mark.parametrize("pool", ["tokens", "mean", "first"])
def test_pads_do_not_count(pool: str) -> None:
    found = representations(
        Scaling(),
        [{"x": X, "attention_mask": MASK}],
        pool=pool,  # type: ignore[arg-type]
        layers="blocks",
    )
    np.testing.assert_allclose(found.layers[3], 1.5 * X[0, :1])


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    model = classifier(family)
    found = representations(model, [batch(), batch()])
    assert [layer.shape for layer in found.layers] == [
        (2 * int(batch()["attention_mask"].sum()), 32)
    ] * 4
    assert all(m.training for m in model.modules())


def test_effective_rank_of_known_spectra() -> None:
    generator = np.random.default_rng(0)
    basis, _ = np.linalg.qr(generator.normal(size=(50, 8)))
    basis -= basis.mean(0)
    basis, _ = np.linalg.qr(basis)
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    assert effective_rank(basis @ rotation) == pytest.approx(8)
    assert effective_rank(basis[:, :3] @ rotation[:3]) == pytest.approx(3)
    shares = np.array([0.5, 0.25, 0.25])
    unequal = (basis[:, :3] * shares) @ rotation[:3]
    assert effective_rank(unequal) == pytest.approx(2**1.5)
    assert effective_rank(5 + 100 * unequal) == pytest.approx(2**1.5)
    assert effective_rank(np.ones((4, 3))) == 0


def test_ranks_of_a_model() -> None:
    found = layer_ranks(representations(tiny_classifier(), [tiny_batch()]))
    assert found.effective.shape == (4,) and found.width == 32
    assert ((found.effective > 1) & (found.effective < found.rows)).all()


def test_cka_of_a_rotation_is_one_and_of_strangers_is_small() -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(2000, 6))
    rotation, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    assert linear_cka(x, 3 * x @ rotation + 7) == pytest.approx(1)
    assert linear_cka(x, generator.normal(size=(2000, 6))) < 0.02
    assert np.isnan(linear_cka(x, np.ones((2000, 2))))


def test_cka_in_closed_form() -> None:
    """X of two orthonormal columns, Y of the first alone: 1 / sqrt 2."""
    x = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]) / 2
    assert linear_cka(x, x[:, :1]) == pytest.approx(2**-0.5)


def test_similarity_of_models() -> None:
    inputs = [tiny_batch()]
    one, other = (representations(tiny_classifier(seed=seed), inputs) for seed in (0, 1))
    same, different = layer_similarity(one, one), layer_similarity(one, other)
    np.testing.assert_allclose(same.matching, 1)
    np.testing.assert_allclose(same.values, same.values.T)
    assert different.values.shape == (4, 4) and (different.values < 0.95).all()
    with pytest.raises(ConfigError, match="expected the same rows"):
        layer_similarity(one, Representations("tokens", (np.ones((3, 2), np.float32),)))


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="pool='last'"):
        representations(tiny_classifier(), [tiny_batch()], pool="last")  # type: ignore[arg-type]
