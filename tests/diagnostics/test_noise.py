"""Attenuation curves against a linear network, by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from steadytune import ConfigError
from steadytune.diagnostics import noise_profile
from steadytune.testing import tiny_batch, tiny_classifier

from ..families import NAMES, batch, classifier
from .scaling import Scaling


def test_curves_of_a_linear_network() -> None:
    x = torch.tensor([[[3.0, 0.0, 4.0, 0.0]], [[0.0, 2.0, 0.0, 0.0]]])
    profile = noise_profile(Scaling(), [{"x": x}], relative_noise=0.1, layers="blocks")
    assert profile.injection == (0, 1, 2)
    mean_norm = (5.0 + 2.0) / 2
    expected = [
        [0.1 * mean_norm * factor for factor in factors]
        for factors in ((1, 2, 0.5, 1.5), (2, 0.5, 1.5), (0.5, 1.5))
    ]
    for measured, curve in zip(profile.displacement, expected, strict=True):
        np.testing.assert_allclose(measured, curve, rtol=1e-5)
    for ratio, spread in zip(profile.ratio, profile.ratio_std, strict=True):
        np.testing.assert_allclose(ratio, 0.1, rtol=1e-5)
        np.testing.assert_allclose(spread, 0.0, atol=1e-6)


def test_examples_are_kept_apart() -> None:
    x = torch.tensor([[[3.0, 0.0, 4.0, 0.0]], [[0.0, 2.0, 0.0, 0.0]]])
    profile = noise_profile(Scaling(), [{"x": x}], relative_noise=0.1, layers="blocks")
    np.testing.assert_allclose(
        profile.example_displacement[1], np.outer([10.0, 4.0], [0.1, 0.025, 0.075]), rtol=1e-5
    )
    np.testing.assert_allclose(profile.example_ratio[1], 0.1, rtol=1e-5)
    assert profile.examples == 2 and profile.undirected == (0, 0, 0)


def test_tokens_without_a_partner_are_counted() -> None:
    alone = noise_profile(tiny_classifier(), [tiny_batch(examples=1)], noise="in-manifold")
    assert alone.undirected == (1, 1, 1)
    together = noise_profile(tiny_classifier(), [tiny_batch()], noise="in-manifold")
    assert max(together.undirected) == 0


def test_pads_do_not_count() -> None:
    x = torch.tensor([[[3.0, 0.0, 4.0, 0.0], [100.0, 0.0, 0.0, 0.0]]])
    mask = torch.tensor([[1, 0]])
    profile = noise_profile(
        Scaling(), [{"x": x, "attention_mask": mask}], relative_noise=0.1, layers="blocks"
    )
    assert profile.displacement[0][0] == pytest.approx(0.5, rel=1e-5)


def test_batches_are_pooled_by_example() -> None:
    model = tiny_classifier(dropout=0.0)
    parts = noise_profile(model, [tiny_batch(examples=2, seed=s) for s in (0, 1)], seed=4)
    assert parts.examples == 4
    single = noise_profile(model, [tiny_batch(examples=1)])
    assert single.examples == 1
    assert all(np.isnan(curve).all() for curve in single.ratio_std)
    assert json.loads(json.dumps(single.as_dict(), allow_nan=False))["ratio_std"][0] == [None] * 4


@pytest.mark.parametrize("noise", ["gaussian", "in-manifold", "subspace", "covariance"])
def test_noise_has_the_asked_size(noise: str) -> None:
    profile = noise_profile(
        tiny_classifier(), [tiny_batch()], relative_noise=0.05, noise=noise, rank=4
    )
    assert profile.noise == ("interpolation" if noise == "in-manifold" else noise)
    for curve in profile.ratio:
        assert curve[0] == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    profile = noise_profile(classifier(family), [batch()])
    assert [len(curve) for curve in profile.ratio] == [4, 3, 2]
    assert all(np.isfinite(curve).all() and (curve > 0).all() for curve in profile.ratio)


def test_the_model_and_the_random_state_are_as_before() -> None:
    model = tiny_classifier(dropout=0.3)
    before, rng = [m.training for m in model.modules()], torch.get_rng_state()
    first = noise_profile(model, [tiny_batch()])
    assert [m.training for m in model.modules()] == before
    assert torch.equal(torch.get_rng_state(), rng)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    again = noise_profile(model, [tiny_batch()])
    assert first.as_dict() == again.as_dict()
    assert first.as_dict() != noise_profile(model, [tiny_batch()], seed=1).as_dict()


def test_hooks_go_after_an_error() -> None:
    model = tiny_classifier()
    with pytest.raises(ValueError):
        noise_profile(model, [{"nonsense": torch.ones(1)}])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="expected layers 0 to 2"):
        noise_profile(tiny_classifier(), [tiny_batch()], injection=[3])
    with pytest.raises(ConfigError, match="batches is empty"):
        noise_profile(tiny_classifier(), [])
    with pytest.raises(ConfigError, match="relative_noise=-1"):
        noise_profile(tiny_classifier(), [tiny_batch()], relative_noise=-1)
