"""How strongly the upper layers react: norms of the Jacobian from one hidden state to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._checks import check_at_least, check_count
from .._exceptions import ConfigError
from .._random import generator
from ._krylov import KrylovSpace
from ._linearized import LOGITS, Linearized, Target, linearized, twice_differentiable
from ._observer import observing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class JacobianNorms:
    """Norms of the Jacobians from hidden states b to what lies above, at every example.

    The arrays have the shape (layers b, examples). Only real tokens count, on both sides.

    Args:
        source: The layers b, in hidden-state numbering.
        target: For each b, the layer r or `logits`.
        coordinates: Number of coordinates of an example's hidden state, (examples,).
        frobenius_squared: Squared Frobenius norm, sum of the squares of all derivatives.
        frobenius_squared_error: Its standard error over the probes; 0 where it is exact.
        spectral: Largest singular value, the largest factor by which a small change can grow. An
            estimate is never above the true value, up to rounding.
        spectral_residual: ||J'J u - s^2 u|| at the estimate s and its unit direction u; some
            singular value's square lies within this of s^2. 0 where it is exact.
    """

    source: tuple[int, ...]
    target: tuple[Target, ...]
    coordinates: Array
    frobenius_squared: Array
    frobenius_squared_error: Array
    spectral: Array
    spectral_residual: Array

    @property
    def frobenius(self) -> Array:
        """Frobenius norm, (layers b, examples)."""
        return np.sqrt(self.frobenius_squared)

    @property
    def gain(self) -> Array:
        """Root mean square factor by which a small change of random direction grows.

        It is ||J||_F / sqrt(coordinates) and comparable between sentences of any length.
        """
        return np.asarray(np.sqrt(self.frobenius_squared / self.coordinates))


def jacobian_norms(
    model: nn.Module,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    source: Sequence[int] | None = None,
    target: Literal["next", "last", "logits"] | int = "last",
    probes: int = 8,
    iterations: int = 20,
    tolerance: float = 1e-3,
    seed: int = 0,
    layers: str | None = None,
) -> JacobianNorms:
    """Estimate Jacobian norms from products with random vectors, in evaluation mode.

    For a standard Gaussian v, E ||J' v||^2 = ||J||_F^2, estimated over `probes` draws. The largest
    singular value comes from Lanczos' iteration on J'J, which is power iteration that keeps all its
    vectors, and gets further with as many products. Where an example has no more outputs than
    there are probes, as the logits of a classifier, the whole Jacobian is computed instead and both
    norms are exact.

    Args:
        model: Any model whose layers can be found; for `logits` one with a head.
        batches: Keyword arguments of the model, with `attention_mask` where there are pads.
        source: The layers b, 0 <= b < L; all by default, or those below a `target` given as number.
        target: The layer r above each b: the `next` one, the `last` block's output, a number, or
            the `logits`.
        probes: Random vectors for the Frobenius norm.
        iterations: Most steps of the iteration; 0 leaves the spectral norm out, as NaN.
        tolerance: The iteration stops early once `spectral_residual` is below this share of the
            squared spectral norm in every example of a batch.
        seed: The seed of the probes and of the start of the iteration.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ConfigError: If there is no batch, or a layer is out of range.
        ModelError: If the model's layers cannot be found, or its attention has no second
            derivative.
    """
    check_count("probes", probes, 2)
    check_count("iterations", iterations, 0)
    check_at_least("tolerance", tolerance, 0)
    with observing(model, layers) as observer, twice_differentiable(observer.model):
        chosen, targets = _pairs(observer.recorder.depth, source, target)
        parts: list[list[Tensor]] = []
        counts: list[Tensor] = []
        for seen in observer.observe(batches):
            rows = []
            for b, r in zip(chosen, targets, strict=True):
                draws = generator(observer.device, "jacobian_norms", seed, seen.number, b)
                jacobian = linearized(observer, seen, b, r)
                rows.append(_norms(jacobian, probes, iterations, tolerance, draws))
                coordinates = jacobian.coordinates
            counts.append(coordinates)
            parts.append(rows)
    values = np.stack([_joined([batch[i] for batch in parts]) for i in range(len(chosen))], axis=1)
    return JacobianNorms(chosen, targets, _joined(counts), *values)


def _pairs(
    depth: int, source: Sequence[int] | None, target: str | int
) -> tuple[tuple[int, ...], tuple[Target, ...]]:
    top = target if isinstance(target, int) else depth
    chosen = tuple(range(min(top, depth)) if source is None else source)
    if not chosen or not set(chosen) <= set(range(depth)):
        raise ConfigError(
            f"source={list(chosen)} is out of range; expected layers 0 to {depth - 1}"
        )
    named: dict[str, tuple[Target, ...]] = {
        "next": tuple(b + 1 for b in chosen),
        "last": (depth,) * len(chosen),
        LOGITS: (LOGITS,) * len(chosen),
    }
    if isinstance(target, str):
        if target not in named:
            raise ConfigError(
                f"target={target!r} is not possible; expected one of {', '.join(named)}, "
                f"or a layer up to {depth}"
            )
        return chosen, named[target]
    if not max(chosen) < target <= depth:
        raise ConfigError(
            f"target={target} is out of range; expected a layer above {max(chosen)}, up to {depth}"
        )
    return chosen, (target,) * len(chosen)


def _norms(
    jacobian: Linearized, probes: int, iterations: int, tolerance: float, draws: torch.Generator
) -> Tensor:
    """Squared Frobenius norm, its error, spectral norm and its residual, (4, batch)."""
    if jacobian.values.shape[1] <= probes:
        return _exact_norms(jacobian)
    squared = _frobenius_squared(jacobian, probes, draws)
    return torch.cat([squared, _spectral(jacobian, iterations, tolerance, draws)])


def _exact_norms(jacobian: Linearized) -> Tensor:
    outputs = jacobian.values.shape[1]
    basis = torch.eye(outputs, dtype=jacobian.values.dtype, device=jacobian.values.device)
    rows = [
        jacobian.transposed(vector.expand_as(jacobian.values)).flatten(1).double()
        for vector in basis
    ]
    whole = torch.stack(rows, dim=1)  # (batch, outputs, coordinates)
    eigenvalues = torch.linalg.eigvalsh(whole @ whole.transpose(1, 2)).clamp(min=0)
    zero = torch.zeros_like(eigenvalues[:, 0])
    return torch.stack([eigenvalues.sum(-1), zero, eigenvalues[:, -1].sqrt(), zero])


def _frobenius_squared(jacobian: Linearized, probes: int, draws: torch.Generator) -> Tensor:
    """The mean over probes and its standard error, (2, batch)."""
    squares = torch.stack(
        [
            _squared_norm(jacobian.transposed(_normal(jacobian.values, draws) * jacobian.outside))
            for _ in range(probes)
        ]
    )
    return torch.stack([squares.mean(0), squares.std(0) / probes**0.5])


def _spectral(
    jacobian: Linearized, iterations: int, tolerance: float, draws: torch.Generator
) -> Tensor:
    """Largest singular value and the residual of its square, (2, batch)."""
    found = torch.full((2, len(jacobian.point)), torch.nan, dtype=torch.float64)
    if iterations == 0:
        return found
    product = jacobian.forward_product()
    space = KrylovSpace(_normal(jacobian.point, draws) * jacobian.inside)
    for _ in range(iterations):
        space.extend(jacobian.transposed(product(space.last)))
        square, residual = space.largest()
        found = torch.stack([square.clamp(min=0).sqrt(), residual])
        if (residual <= tolerance * square).all():
            break
    return found


def _normal(like: Tensor, draws: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=draws, device=like.device).to(like.dtype)


def _squared_norm(vectors: Tensor) -> Tensor:
    return vectors.flatten(1).double().square().sum(-1)


def _joined(parts: Sequence[Tensor]) -> Array:
    return torch.cat(list(parts), dim=-1).double().detach().cpu().numpy()
