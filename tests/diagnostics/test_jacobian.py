"""Jacobian norms against linear networks, and against the whole Jacobian of small ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from steadytune import ConfigError, ModelError
from steadytune.diagnostics import jacobian_norms
from steadytune.diagnostics._observer import observing
from steadytune.testing import tiny_batch, tiny_classifier

from ..families import NAMES, batch, classifier
from .scaling import Scaling, WithHead

X = torch.tensor([[[3.0, 0.0, 4.0, 0.0], [1.0, 0.0, 0.0, 0.0]]])


def test_norms_of_a_linear_network_are_exact() -> None:
    """Two tokens of width 4: the map is a multiple of the identity on 8 coordinates."""
    found = jacobian_norms(Scaling(), [{"x": X}], probes=8, layers="blocks")
    assert found.source == (0, 1, 2) and found.target == (3, 3, 3)
    np.testing.assert_allclose(found.gain[:, 0], [1.5, 0.75, 3.0], rtol=1e-6)
    np.testing.assert_allclose(found.frobenius[:, 0], np.sqrt(8) * found.gain[:, 0], rtol=1e-6)
    np.testing.assert_allclose(found.spectral[:, 0], [1.5, 0.75, 3.0], rtol=1e-6)
    assert not found.frobenius_squared_error.any() and not found.spectral_residual.any()


def test_pads_do_not_count() -> None:
    mask = torch.tensor([[1, 0]])
    found = jacobian_norms(
        Scaling(), [{"x": X, "attention_mask": mask}], target="next", probes=8, layers="blocks"
    )
    np.testing.assert_array_equal(found.coordinates, [4])
    np.testing.assert_allclose(found.frobenius_squared[:, 0], [16, 0.25, 36], rtol=1e-6)


def test_logits_of_a_linear_classifier() -> None:
    """The head takes two coordinates of the mean of two tokens: each row has norm 1.5 / sqrt 2."""
    found = jacobian_norms(WithHead(), [{"x": X}], target="logits", layers="blocks", source=[0])
    np.testing.assert_allclose(found.frobenius_squared, [[2 * 1.5**2 / 2]], rtol=1e-6)
    np.testing.assert_allclose(found.spectral, [[1.5 / 2**0.5]], rtol=1e-6)


def whole_jacobian(model: torch.nn.Module, source: int, target: int, example: int) -> Tensor:
    """By brute force, at the real tokens of one example: (outputs, inputs)."""
    with observing(model) as observer:
        (seen,) = observer.observe([tiny_batch()])
        real = seen.mask[example]
        rows = torch.tensor([example])

        def above(state: Tensor) -> Tensor:
            whole = seen.trace.hidden[source].clone()
            whole[rows[0], real] = state
            return seen.trace.replay(source, whole)[target - source - 1][example][real]

        point = seen.trace.hidden[source][example][real].detach()
        found = torch.autograd.functional.jacobian(above, point)
    return found.reshape(point.numel(), point.numel()).double()


@pytest.fixture(scope="module")
def sharp_model() -> torch.nn.Module:
    """Random weights scaled up, so that attention and activations are far from linear."""
    model = tiny_classifier()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "weight" in name and value.dim() == 2 and "embeddings" not in name:
                value *= 5
    return model


@pytest.mark.parametrize(("source", "target"), [(0, 3), (1, 2)])
@pytest.mark.parametrize("example", [0, 1])
def test_estimates_agree_with_brute_force(
    sharp_model: torch.nn.Module, source: int, target: int, example: int
) -> None:
    found = jacobian_norms(
        sharp_model,
        [tiny_batch()],
        source=[source],
        target=target,
        probes=60,
        iterations=60,
        tolerance=0.0,
    )
    singular = torch.linalg.svdvals(whole_jacobian(sharp_model, source, target, example)).numpy()
    squared = float(np.square(singular).sum())
    error = found.frobenius_squared_error[0, example]
    assert 0 < error < 0.1 * squared
    assert abs(found.frobenius_squared[0, example] - squared) < 3.5 * error
    spectral = found.spectral[0, example]
    assert spectral <= singular[0] * (1 + 1e-5)
    assert spectral == pytest.approx(singular[0], rel=0.01)
    nearest = np.abs(np.square(singular) - spectral**2).min()
    assert nearest <= found.spectral_residual[0, example] + 1e-4


def test_logits_are_exact(sharp_model: torch.nn.Module) -> None:
    inputs = {k: v for k, v in tiny_batch().items() if k != "labels"}
    found = jacobian_norms(sharp_model, [inputs], source=[0], target="logits", probes=2)
    more = jacobian_norms(sharp_model, [inputs], source=[0], target="logits", probes=9, seed=5)
    np.testing.assert_allclose(found.frobenius_squared, more.frobenius_squared)
    assert (found.spectral <= found.frobenius).all()
    assert (found.spectral >= found.frobenius / 2**0.5 - 1e-9).all()  # two singular values


def test_the_stated_error_is_that_of_the_estimate(sharp_model: torch.nn.Module) -> None:
    """Over seeds, the estimates spread as their own standard errors say."""
    runs = [
        jacobian_norms(
            sharp_model, [tiny_batch()], source=[0], target="next", iterations=0, seed=seed
        )
        for seed in range(40)
    ]
    totals = [run.frobenius_squared[0].sum() for run in runs]
    variances = [np.square(run.frobenius_squared_error[0]).sum() for run in runs]
    spread, stated = np.std(totals, ddof=1), np.sqrt(np.mean(variances))
    assert spread / stated == pytest.approx(1, abs=0.4)
    assert np.isnan(runs[0].spectral).all()


@pytest.mark.parametrize("family", NAMES)
def test_every_family(family: str) -> None:
    model = classifier(family)
    found = jacobian_norms(model, [batch()], source=[0, 2], probes=2, iterations=3)
    assert np.isfinite(found.spectral).all() and (found.frobenius > 0).all()
    small = jacobian_norms(model, [batch()], source=[1], target="logits", iterations=3)
    assert (small.frobenius > 0).all()


def test_the_model_is_as_before() -> None:
    model = tiny_classifier(dropout=0.3)
    model.bert.embeddings.requires_grad_(False)
    trained = [p.requires_grad for p in model.parameters()]
    before, rng = [m.training for m in model.modules()], torch.get_rng_state()
    kinds = (torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.math_sdp_enabled())
    with torch.no_grad():
        jacobian_norms(model, [tiny_batch()], iterations=2, probes=2)
    with pytest.raises(ValueError):
        jacobian_norms(model, [{"nonsense": torch.ones(1)}])
    assert [p.requires_grad for p in model.parameters()] == trained
    assert all(p.grad is None for p in model.parameters())
    assert [m.training for m in model.modules()] == before
    assert torch.equal(torch.get_rng_state(), rng)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert kinds == (
        torch.backends.cuda.flash_sdp_enabled(),
        torch.backends.cuda.math_sdp_enabled(),
    )


def test_the_iteration_stops_when_it_is_there(sharp_model: torch.nn.Module) -> None:
    def found(tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        norms = jacobian_norms(
            sharp_model, [tiny_batch()], source=[0], iterations=80, tolerance=tolerance
        )
        return norms.spectral, norms.spectral_residual / norms.spectral**2

    (rough, rest), (fine, nothing) = found(0.05), found(0.0)
    assert 1e-3 < rest.max() <= 0.05 and nothing.max() < rest.max()
    np.testing.assert_allclose(rough, fine, rtol=0.05)
    assert (rough <= fine * (1 + 1e-6)).all()


def test_bad_input() -> None:
    model = tiny_classifier()
    for settings, words in (
        ({"source": [3]}, "expected layers 0 to 2"),
        ({"target": 4}, "expected a layer above 2, up to 3"),
        ({"target": 1, "source": [1]}, "expected a layer above 1"),
        ({"target": "lst"}, "expected one of next, last, logits"),
        ({"probes": 1}, "probes=1"),
    ):
        with pytest.raises(ConfigError, match=words):
            jacobian_norms(model, [tiny_batch()], **settings)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="batches is empty"):
        jacobian_norms(model, [])
    model.config._attn_implementation_internal = "flash_attention_2"
    with pytest.raises(ModelError, match="no second derivative"):
        jacobian_norms(model, [tiny_batch()])
