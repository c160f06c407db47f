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
from .._step.noise import Noise, resolve_noise
from ._displacement import Sampler, norms
from ._observer import Observation, observing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NoiseProfile:
    """How far noise at layer b moves layer r, for every pair b <= r <= L.

    Args:
        injection: The layers b, in hidden-state numbering.
        relative_noise: Norm of the noise over the norm of the hidden state it is added to.
        noise: The sampler.
        example_displacement: example_displacement[i][n, k], ||h_r(x + e) - h_r(x)|| of example n at
            b = injection[i] and r = b + k, norms over all real tokens of an example.
        example_ratio: The same, divided by ||h_r(x)||; its first column is `relative_noise`.
        undirected: For each b, the share of real tokens whose noise kept the Gaussian's direction
            because the sampler had none for them.
    """

    injection: tuple[int, ...]
    relative_noise: float
    noise: str
    example_displacement: tuple[Array, ...]
    example_ratio: tuple[Array, ...]
    undirected: tuple[float, ...]

    @property
    def examples(self) -> int:
        """Number of examples measured on."""
        return len(self.example_ratio[0])

    @property
    def displacement(self) -> tuple[Array, ...]:
        """Mean displacement over examples, for each b at the layers b .. L."""
        return tuple(found.mean(0) for found in self.example_displacement)

    @property
    def ratio(self) -> tuple[Array, ...]:
        """Mean ratio over examples, for each b at the layers b .. L."""
        return tuple(found.mean(0) for found in self.example_ratio)

    @property
    def ratio_std(self) -> tuple[Array, ...]:
        """Standard deviation of the ratio over examples (ddof 1; NaN for one example)."""
        return tuple(
            found.std(0, ddof=1) if len(found) > 1 else np.full(found.shape[1], np.nan)
            for found in self.example_ratio
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values, without those of single examples; undefined numbers are null."""
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
        noise: The sampler, as in `LNSR`. Partners, subspace and covariance come from the batch.
        injection: The layers b to inject at, 0 <= b < L; all of them by default.
        rank: Dimension of the principal subspace, for noise `subspace`.
        seed: The seed of the noise.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ConfigError: If there is no batch, or a layer is out of range.
        ModelError: If the model's layers cannot be found.
    """
    check_at_least("relative_noise", relative_noise, 0)
    sampler = Sampler(noise, rank, ("noise_profile", seed))
    with observing(model, layers) as observer, torch.no_grad():
        chosen = observer.chosen(injection)
        parts = [
            [_displaced(seen, layer, relative_noise, sampler) for layer in chosen]
            for seen in observer.observe(batches)
        ]
    by_layer = [_pooled([batch[i] for batch in parts]) for i in range(len(chosen))]
    return NoiseProfile(
        injection=chosen,
        relative_noise=relative_noise,
        noise=resolve_noise(noise),
        example_displacement=tuple(moved for moved, _, _ in by_layer),
        example_ratio=tuple(ratio for _, ratio, _ in by_layer),
        undirected=tuple(share for _, _, share in by_layer),
    )


@dataclass(frozen=True)
class _Displaced:
    moved: Tensor  # (examples, L - b + 1), at the layers b to L
    norms: Tensor  # the same of the clean states
    undirected: Tensor  # tokens without a direction of the sampler, and real tokens


def _displaced(
    seen: Observation, layer: int, relative_noise: float, sampler: Sampler
) -> _Displaced:
    trace, mask = seen.trace, seen.mask
    start, above = trace.hidden[layer], trace.hidden[layer + 1 :]
    state = start.float()
    drawn, lost = sampler.draw(state, mask, seen.number, layer)
    drawn = relative_noise * drawn
    noisy = trace.replay(layer, (state + drawn).to(start.dtype))
    moved = [n.float() - c.float() for n, c in zip(noisy, above, strict=True)]
    return _Displaced(
        norms([drawn, *moved], mask),
        norms([start, *above], mask),
        torch.stack([lost.sum(), mask.sum()]),
    )


def _pooled(parts: Sequence[_Displaced]) -> tuple[Array, Array, float]:
    moved = _joined([part.moved for part in parts])
    clean = _joined([part.norms for part in parts])
    lost, real = torch.stack([part.undirected for part in parts]).sum(0).tolist()
    return moved, moved / np.maximum(clean, 1e-30), lost / max(real, 1)


def _joined(parts: Sequence[Tensor]) -> Array:
    return torch.cat(list(parts)).double().cpu().numpy()


def _plain(curve: Array) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in curve]
