"""Output sensitivity: what noise inside a model does to its predictions, against the noise size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._checks import check_at_least, check_count
from .._exceptions import ConfigError
from .._step.noise import Noise, resolve_noise
from .._step.prediction import Prediction, divergence
from ._answers import changed, margin, prediction
from ._displacement import Sampler
from ._injection import injected
from ._observer import Observation, Observer, observing

Array = NDArray[np.float64]

RELATIVE_SIZES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Norms of the noise over the norm of the hidden state, from small to half of it."""


@dataclass(frozen=True)
class OutputSensitivity:
    """What noise at one layer does to a model's predictions, by noise size and example.

    The arrays have the shape (sizes, examples) and are means over the draws.

    Args:
        layer: Where the noise enters, in hidden-state numbering.
        sizes: Norm of the noise over the norm of the hidden state.
        noise: The sampler.
        draws: How many draws of noise each example was given.
        kind: What the model predicts: `classes`, `labels`, `span`, `tokens` or `values`.
        change: How often the answer differs from the clean one; of a regression (`values`), how far
            the value moves instead.
        divergence: Symmetrised Kullback-Leibler divergence from the clean prediction, in nats; of a
            regression the squared difference.
        margin: By how much the clean answer leads over the best other one, in logits; it is
            negative where the answer has changed, and NaN for a regression.
        clean_margin: The same without noise, (examples,).
    """

    layer: int
    sizes: tuple[float, ...]
    noise: str
    draws: int
    kind: str
    change: Array
    divergence: Array
    margin: Array
    clean_margin: Array

    @property
    def margin_change(self) -> Array:
        """How far noise moves the margin, (sizes, examples)."""
        return self.margin - self.clean_margin


def output_sensitivity(
    model: nn.Module,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    sizes: Sequence[float] = RELATIVE_SIZES,
    layer: int = 0,
    noise: Noise = "gaussian",
    draws: int = 4,
    rank: int = 32,
    seed: int = 0,
    layers: str | None = None,
) -> OutputSensitivity:
    """Measure how predictions change under noise, in evaluation mode and without gradients.

    All sizes use the same draws, so that a curve is not rough by chance. The model is afterwards
    as before.

    Args:
        model: A model with a head: a classifier, a regression, or one that answers questions.
        batches: Keyword arguments of the model, with `attention_mask` where there are pads.
        sizes: Norms of an example's noise over the norm of its hidden state.
        layer: The hidden state that the noise enters, 0 <= layer < L.
        noise: The sampler, as in `LNSR`.
        draws: How many draws of noise each example is given.
        rank: Dimension of the principal subspace, for noise `subspace`.
        seed: The seed of the noise.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ConfigError: If there is no batch or size, the layer is out of range, or the model returns
            no logits.
        ModelError: If the model's layers cannot be found.
    """
    _check(sizes, draws)
    sampler = Sampler(noise, rank, ("output_sensitivity", seed))
    with observing(model, layers) as observer, torch.no_grad():
        observer.chosen([layer])
        parts = [
            _measured(observer, seen, layer, tuple(sizes), draws, sampler)
            for seen in observer.observe(batches)
        ]
    values = torch.cat([part.values for part in parts], -1).double().cpu().numpy()
    margins = torch.cat([part.clean_margin for part in parts]).double().cpu().numpy()
    return OutputSensitivity(
        layer=layer,
        sizes=tuple(sizes),
        noise=resolve_noise(noise),
        draws=draws,
        kind=parts[0].kind,
        change=values[0],
        divergence=values[1],
        margin=values[2],
        clean_margin=margins,
    )


@dataclass(frozen=True)
class _Measured:
    kind: str
    values: Tensor  # (3, sizes, examples): change, divergence, margin
    clean_margin: Tensor  # (examples,)


def _measured(
    observer: Observer,
    seen: Observation,
    layer: int,
    sizes: tuple[float, ...],
    draws: int,
    sampler: Sampler,
) -> _Measured:
    clean = prediction(observer, seen, seen.outputs)
    start = seen.trace.hidden[layer]
    total = torch.zeros(3, len(sizes), len(start), device=observer.device)
    for draw in range(draws):
        unit, _ = sampler.draw(start.float(), seen.mask, seen.number, draw)
        for column, size in enumerate(sizes):
            state = (start.float() + size * unit).to(start.dtype)
            with injected(observer.layers, layer, state):
                outputs: Any = observer.model(**seen.inputs)
            total[:, column] += _compared(prediction(observer, seen, outputs), clean)
    return _Measured(clean.kind, total / draws, margin(clean, clean).float())


def _compared(noisy: Prediction, clean: Prediction) -> Tensor:
    """Change, divergence and margin, (3, examples)."""
    found = changed(noisy, clean), divergence(noisy, clean), margin(noisy, clean)
    return torch.stack([part.float() for part in found])


def _check(sizes: Sequence[float], draws: int) -> None:
    if not sizes:
        raise ConfigError("sizes is empty; expected at least one relative noise size such as 0.05")
    for size in sizes:
        check_at_least("sizes", size, 0)
    check_count("draws", draws, 1)
