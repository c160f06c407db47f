"""The samplers of noise inside a training loop."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from steadytune import LNSR, Step, attach
from steadytune._step.noise import NOISES, Noise, draw_noise
from steadytune.testing import tiny_batch, tiny_classifier


@pytest.mark.parametrize("noise", NOISES)
def test_autocast_around_the_loop_leaves_the_draws_as_they_are(noise: Noise) -> None:
    """The hidden state is the same, so that the draws are, bit for bit, in float32."""
    model = tiny_classifier()
    hidden = torch.randn(4, 9, 32, generator=torch.Generator().manual_seed(0))
    found: list[Tensor] = []
    with attach(model, [LNSR(strength=0.0, std=0.0)]) as objective:
        step = Step(model, tiny_batch(), step=0, _session=objective._session)
        for on in (False, True):
            with torch.autocast("cpu", torch.bfloat16, enabled=on):
                drawn = draw_noise(
                    step,
                    hidden,
                    step.inputs["attention_mask"],
                    noise=noise,
                    std=0.1,
                    relative=True,
                    rank=4,
                )
            found.append(drawn)
    assert found[0].dtype == found[1].dtype == torch.float32
    assert torch.equal(*found)


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("noise", NOISES)
def test_a_loop_under_autocast(noise: Noise, layer: int) -> None:
    """Above a block the hidden state may be of 16 bits itself."""
    model = tiny_classifier()
    method = LNSR(noise=noise, layer=layer, rank=4)
    with torch.autocast("cpu", torch.bfloat16), attach(model, [method]) as objective:
        loss = objective(Step(model, tiny_batch()))
        loss.backward()
        assert objective.pop_logs()["lnsr_penalty"] > 0
    assert loss.isfinite()
