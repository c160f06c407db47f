"""Attenuation of noise: how far a small change of one layer's output moves the layers above it.

The measurement is that of Figure 1 of Hua et al. (NAACL 2021): noise with a norm of 5 % of the norm
of the output it is added to, and the distance between the clean and the perturbed outputs above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._checks import check_at_least
from .._exceptions import ConfigError
from .._noise import Noise, redirected, resolve_noise
from .._random import generator, isolated_rng
from .._sites import find_layers, unwrap
from .._trace import Recorder, Trace, eval_mode

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NoiseProfile:
    """How far noise at layer b moves layer r, for every pair b <= r <= L.

    Args:
        injection: The layers b, in hidden-state numbering.
        relative_noise: Norm of the noise over the norm of the hidden state it is added to.
        noise: The sampler.
        examples: Number of examples averaged over.
        displacement: displacement[i][k], mean over examples of ||h_r(x + e) - h_r(x)|| at
            b = injection[i] and r = b + k, norms over all real tokens of an example.
        ratio: The same, divided by ||h_r(x)|| before averaging; ratio[i][0] is `relative_noise`.
        ratio_std: Standard deviation of that ratio over examples (ddof 1; NaN for one example).
    """

    injection: tuple[int, ...]
    relative_noise: float
    noise: str
    examples: int
    displacement: tuple[Array, ...]
    ratio: tuple[Array, ...]
    ratio_std: tuple[Array, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values; undefined numbers are null."""
        return {
            "injection": list(self.injection),
            "relative_noise": self.relative_noise,
            "noise": self.noise,
            "examples": self.examples,
            **{
                name: [_plain(curve) for curve in getattr(self, name)]
                for name in ("displacement", "ratio", "ratio_std")
            },
        }


def noise_profile(
    model: nn.Module,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    relative_noise: float = 0.05,
    noise: Noise = "gaussian",
    injection: Sequence[int] | None = None,
    rank: int = 32,
    seed: int = 0,
    layers: str | None = None,
) -> NoiseProfile:
    """Measure how noise at each layer spreads upwards, in evaluation mode and without gradients.

    The model's mode and the global random state are afterwards as before, and no hook stays.

    Args:
        model: Any model whose layers can be found.
        batches: Keyword arguments of the model, with `attention_mask` where there are pads.
        relative_noise: Norm of an example's noise over the norm of its hidden state.
        noise: The sampler, as in `LNSR`.
        injection: The layers b to inject at, 0 <= b < L; all of them by default.
        rank: Dimension of the principal subspace, for noise `subspace`.
        seed: The seed of the noise.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ConfigError: If there is no batch, or a layer is out of range.
        ModelError: If the model's layers cannot be found.
    """
    check_at_least("relative_noise", relative_noise, 0)
    bare = unwrap(model)
    recorder = Recorder(find_layers(bare, layers))
    chosen = tuple(range(recorder.depth) if injection is None else injection)
    if not chosen or not set(chosen) <= set(range(recorder.depth)):
        raise ConfigError(
            f"injection={list(chosen)} is out of range; expected layers 0 to {recorder.depth - 1}"
        )
    device = next(bare.parameters()).device
    moved: list[list[Tensor]] = []  # batch -> injection -> (examples, layers above and b itself)
    norms: list[list[Tensor]] = []
    with recorder.installed(), eval_mode(bare), torch.no_grad(), isolated_rng(device):
        for number, batch in enumerate(batches):
            inputs = {name: value.to(device) for name, value in batch.items() if name != "labels"}
            with recorder.recording() as trace:
                bare(**inputs)
            mask = inputs.get("attention_mask", torch.ones_like(trace.hidden[0][..., 0]))
            norms.append([_norms(trace.hidden[b:], mask) for b in chosen])
            moved.append(
                [
                    _displacements(
                        trace,
                        b,
                        mask.bool(),
                        relative_noise,
                        noise,
                        rank,
                        lambda site, b=b, number=number: generator(
                            device, "noise_profile", seed, number, b, site
                        ),
                    )
                    for b in chosen
                ]
            )
    if not moved:
        raise ConfigError("batches is empty; expected at least one batch to measure on")
    return _summarised(chosen, relative_noise, resolve_noise(noise), moved, norms)


def _displacements(
    trace: Trace,
    layer: int,
    real: Tensor,
    relative_noise: float,
    noise: Noise,
    rank: int,
    generator_of: Any,
) -> Tensor:
    """Distances at layers b to L, (examples, L - b + 1)."""
    start = trace.hidden[layer]
    state = start.float()
    drawn = torch.randn(state.shape, generator=generator_of("noise"), device=state.device)
    drawn, _ = redirected(
        drawn, state, real, noise=noise, rank=rank, generator=generator_of("direction")
    )
    drawn = drawn * real[..., None]
    wanted = relative_noise * _norms([state], real)
    drawn = drawn * (wanted / _norms([drawn], real).clamp(min=1e-30))[..., None]
    noisy = trace.replay(layer, (state + drawn).to(start.dtype))
    clean = trace.hidden[layer + 1 :]
    above = [n.float() - c.float() for n, c in zip(noisy, clean, strict=True)]
    return _norms([drawn, *above], real)


def _norms(states: Sequence[Tensor], mask: Tensor) -> Tensor:
    """Euclidean norms over the real tokens of each example, (examples, states)."""
    squares = [(s.float().square().sum(-1) * mask).sum(-1) for s in states]
    return torch.stack(squares, dim=-1).sqrt()


def _summarised(
    chosen: tuple[int, ...],
    relative_noise: float,
    noise: str,
    moved: list[list[Tensor]],
    norms: list[list[Tensor]],
) -> NoiseProfile:
    distances = [_gathered(moved, i) for i in range(len(chosen))]
    ratios = [
        distance / np.maximum(_gathered(norms, i), 1e-30) for i, distance in enumerate(distances)
    ]
    count = len(distances[0])
    return NoiseProfile(
        injection=chosen,
        relative_noise=relative_noise,
        noise=noise,
        examples=count,
        displacement=tuple(d.mean(0) for d in distances),
        ratio=tuple(r.mean(0) for r in ratios),
        ratio_std=tuple(
            r.std(0, ddof=1) if count > 1 else np.full(r.shape[1], np.nan) for r in ratios
        ),
    )


def _gathered(batches: list[list[Tensor]], index: int) -> Array:
    return torch.cat([batch[index] for batch in batches]).double().cpu().numpy()


def _plain(curve: Array) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in curve]
