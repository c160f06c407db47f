"""Layerwise Noise Stability Regularization (Hua et al., NAACL 2021; IEEE TNNLS 2023)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor

from .. import functional
from .._checks import check_at_least, check_choice, check_count, check_share
from .._exceptions import ConfigError
from .._model.replay_check import check_replay
from .._model.trace import Dropout, Trace
from .._step.dose import check_dose
from .._step.noise import NOISES, Noise, draw_noise
from .._step.perturbation import warn_of_rounding
from .._step.regularizer import Host, Penalty
from .._step.step import Step


@dataclass(frozen=True)
class LNSR(Penalty):
    """Penalise how far noise in one hidden state moves every hidden state above it.

    With h_b the hidden state that noise e enters, and h_r(h_b) the one above it at layer r:

        loss = task + strength * sum_r w_r / (sum_r w_r) * R_r,        b < r <= L
        R_r  = mean over examples and their real tokens of ||h_r(h_b + e) - h_r(h_b)||^2 / width

    Layers are numbered as in `hidden_states`: 0 is what enters the first block, b the output of the
    b-th block (before a decoder's final norm). To leading order R_r is std^2 times the squared
    Frobenius norm of the Jacobian of h_r, over tokens and width, so that the penalty flattens the
    layers above b.

    Neither paper's settings were accessible: every default is this project's own. `std`, `layer`
    and `distance` had, with a strength of 10, the best mean score of six settings on two
    development tasks, 300 tweets with MiniLM and two seeds each; later layers, larger noise,
    relative and standardised distances and a warmed-up strength were tried too. `strength` is 1
    since 10 stopped two of four runs on a development task that is learned late, and 1 none of
    them; on 300 tweets 1 changes hardly anything (docs/evidence.md, with what came of each).

    Args:
        strength: Weight of the penalty. With MiniLM on a few hundred sentences 10 changes a run
            little, 100 slows learning down and 1000 stops it. On a task that is learned late 10 can
            stop it too, since the model forgets its input.
        std: Standard deviation of the noise per coordinate.
        layer: b, the hidden state that the noise enters, 0 <= b < L. With several, as in (0,2),
            each has its own noise, replay and weights, and the penalty is their mean; `random`
            picks one at each step, all with equal probability, so that the mean over steps is the
            penalty of all.
        noise: `gaussian`; `uniform` of the same standard deviation, on +-sqrt(3) * std; or one of
            three samplers that keep the Gaussian's length and change its direction: `interpolation`
            (towards a random real token of another example of the batch), `subspace` (projected on
            the principal subspace of the batch's tokens), `covariance` (of the covariance of the
            batch's tokens). `in-manifold` stands for `interpolation`: that is our reading of the
            papers' name, whose formula was not accessible. A token without a partner, or with a
            zero direction, gets the Gaussian draw; the log counts them.
        relative: Whether `std` is relative to the root mean square of the token it is added to.
        targets: `all` layers above b, the `last` one, or a tuple of layer numbers r.
        weights: One non-negative weight w_r per target, or None for equal ones. With several layers
            b, first those of the first b, and so on.
        reduction: `mean` as above; `sum` adds up over real tokens, width and layers instead (the
            papers' bare norm, averaged over examples only).
        distance: The units of a layer's movement: `absolute` as above; `relative` to the root mean
            square of the unmoved token; `standardised`, between tokens brought to mean 0 and
            variance 1 over their width; `scatter`, relative to how far the tokens of the measured
            examples lie apart, 0 for a single token. Shrinking the hidden states does not make the
            latter three small, nor does making them alike in proportion make `scatter` small.
        dropout: The noisy pass's masks: `shared` repeats the clean pass's; `fresh` draws others,
            which adds a term that does not vanish at std 0; `off` runs the blocks above b twice
            without dropout, starting from the h_b of the task's own pass.
        rows: Share of the batch's examples that the penalty is measured on, drawn anew each step.
        detach_clean: Whether to treat the clean hidden states as constants.
        rank: Dimension of the principal subspace, for noise `subspace`.
        per_variance: Whether the penalty is divided by std^2, so that it is the squared norm of the
            Jacobian to leading order, and `std` and `strength` are independent.
        dose: In place of `strength`: the size of the penalty's gradient relative to the task's,
            measured on the first 16 steps, which are plain (`Penalty`).

    Cost: blocks b + 1 to the highest target, L by default, run forward and backward once more, on
    `rows` of the examples: about 1 + rows * (L - b) / L times a plain step in time and in memory
    for activations. Several layers b add up; a random one costs (L + 1) / 2L on average.

    In a model with an encoder and a decoder, choose the layers by `layers="encoder"` or
    `"decoder"`, an argument of `attach` and of the trainer. In multiple choice, each choice counts
    as an example.

    Composes with every other method. In `[LNSR(), FreeLB()]` the penalty is measured at the
    perturbed points.

    Differs from public code: we found none.

    Evidence: -4.3 (-8.8 to +0.2) over four tasks at strength 10; at a dose of 0.1 once the task is
    learned, -0.1 (-0.4 to +0.1) on sst2, equivalent to plain, and -1.2 (-2.3 to -0.1) over four
    tasks at plain's best rates. No study shows a gain.

    Reference: Hua, Li, Dou, Xu, Luo: Noise Stability Regularization for Improving BERT Fine-tuning,
    NAACL 2021, arXiv 2107.04835; Improving Pretrained Language Model Fine-tuning with Noise
    Stability Regularization, IEEE TNNLS 2023, arXiv 2206.05658.
    """

    strength: float = 1.0
    std: float = 0.05
    layer: int | tuple[int, ...] | Literal["random"] = 0
    noise: Noise = "gaussian"
    relative: bool = False
    targets: Literal["all", "last"] | tuple[int, ...] = "all"
    weights: tuple[float, ...] | None = None
    reduction: functional.Reduction = "mean"
    distance: functional.Distance = "absolute"
    dropout: Dropout = "shared"
    rows: float = 1.0
    detach_clean: bool = False
    rank: int = 32
    per_variance: bool = False
    dose: float | None = None

    needs_layers: ClassVar[bool] = True
    takes_unlabelled: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        check_at_least("std", self.std, 0)
        _check_layers(self.layer)
        check_count("rank", self.rank, 1)
        check_share("rows", self.rows)
        check_choice("noise", self.noise, NOISES)
        check_choice("reduction", self.reduction, ("mean", "sum"))
        check_choice("distance", self.distance, functional.DISTANCES)
        check_choice("dropout", self.dropout, ("shared", "fresh", "off"))
        if isinstance(self.targets, str):
            check_choice("targets", self.targets, ("all", "last"))
        else:
            _check_targets(self.targets)
        for weight in self.weights or ():
            check_at_least("weights", weight, 0)
        if self.per_variance and not self.std > 0:
            raise ConfigError("per_variance=True divides by std^2; give a std above 0")
        check_dose(self)

    def passes(self, depth: int) -> float:
        """The blocks above the noise run once more, without dropout twice."""
        layers = range(depth) if self.layer == "random" else _several(self.layer)
        parts = [max(depth - layer, 0) / depth for layer in layers]
        again = self.rows * sum(parts) / (len(parts) if self.layer == "random" else 1)
        return 1 + again * (2 if self.dropout == "off" else 1)

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model.

        Raises:
            ConfigError: If a layer is out of the model's range, or the weights do not fit.
        """
        assert host.depth is not None
        weights = self._weights(host.depth)
        warned: set[str] = set()

        def penalty(step: Step) -> Tensor:
            if _runs_in_half_precision(step, min(weights)):
                warn_of_rounding(self.std, warned)
            return self._penalty(step, weights)

        yield penalty

    def _weights(self, depth: int) -> dict[int, list[float]]:
        """Layer b -> a weight for each layer from b + 1 to the highest target, 0 for others."""
        targets = {layer: self._targets(layer, depth) for layer in self._layers(depth)}
        count = sum(map(len, targets.values()))
        values = iter(self.weights or (1.0,) * count)
        found = {b: {number: next(values, 0.0) for number in t} for b, t in targets.items()}
        fits = len(self.weights or ()) in (0, count)
        if not (fits and all(sum(weights.values()) for weights in found.values())):
            raise ConfigError(
                f"weights={self.weights} does not fit {count} target layers; "
                "expected one weight for each, not all zero"
            )
        return {b: [w.get(n, 0.0) for n in range(b + 1, max(w) + 1)] for b, w in found.items()}

    def _layers(self, depth: int) -> Sequence[int]:
        """Where noise may enter."""
        if self.layer == "random":
            return range(depth if isinstance(self.targets, str) else min(depth, max(self.targets)))
        layers = _several(self.layer)
        if max(layers) >= depth:
            raise ConfigError(
                f"layer={self.layer} is out of range; this model has {depth} layers, "
                f"expected 0 to {depth - 1}"
            )
        return layers

    def _targets(self, layer: int, depth: int) -> Sequence[int]:
        """The layers above one of those that noise enters which count."""
        above = range(layer + 1, depth + 1)
        if isinstance(self.targets, str):
            return above if self.targets == "all" else above[-1:]
        several = self.layer != layer
        targets = [r for r in self.targets if r > layer] if several else list(self.targets)
        if not targets or set(targets) - set(above):
            raise ConfigError(
                f"targets={self.targets} is out of range; "
                f"above layer {layer} this model has layers {layer + 1} to {depth}"
            )
        return targets

    def _penalty(self, step: Step, weights: dict[int, list[float]]) -> Tensor:
        trace = step.clean.trace
        assert trace is not None
        layers = list(weights)
        if self.layer == "random":
            draws = step.parameter_generator("layer")
            number = torch.randint(len(layers), (), generator=draws, device=step.device)
            layers = [layers[int(number)]]
        rows = self._draw_rows(step, len(trace.hidden[0]))
        if self.dropout == "shared":
            check_replay(trace, rows)
        parts = [self._stability(step, trace, layer, weights[layer], rows) for layer in layers]
        moved = torch.stack([part.to(parts[0].device) for part in parts]).mean()
        return moved / self.std**2 if self.per_variance else moved

    def _stability(
        self, step: Step, trace: Trace, layer: int, weights: list[float], rows: Tensor | None
    ) -> Tensor:
        """How far noise in one hidden state moves those above it."""
        start = trace.hidden[layer]
        mask = step.block_mask(start)
        noise = draw_noise(
            step,
            start,
            mask,
            noise=self.noise,
            std=self.std,
            relative=self.relative,
            rank=self.rank,
            site=self._site(layer),
        )
        start, mask, noise = (_take(x, rows) for x in (start, mask, noise))
        top = layer + len(weights)
        replay = partial(self._replay, step, trace, layer, rows=rows, top=top)
        noisy = replay((start + noise).to(start.dtype))
        if self.dropout == "off":
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.detach_clean):
                clean = replay(start)
        else:
            clean = [_take(state, rows) for state in trace.hidden[layer + 1 : top + 1]]
            clean = [state.detach() for state in clean] if self.detach_clean else clean
        return functional.noise_stability(
            noisy, clean, mask, weights, self.reduction, self.distance
        )

    def _site(self, layer: int) -> str:
        """What tells the draws for one of several layers from those for the others."""
        return "" if isinstance(self.layer, int) else f" {layer}"

    def _replay(
        self, step: Step, trace: Trace, layer: int, start: Tensor, *, rows: Tensor | None, top: int
    ) -> list[Tensor]:
        seed = step.seed(f"dropout{self._site(layer)}")
        return trace.replay(layer, start, top=top, rows=rows, dropout=self.dropout, seed=seed)

    def _draw_rows(self, step: Step, batch_size: int) -> Tensor | None:
        count = max(1, round(self.rows * batch_size))
        if count == batch_size:
            return None
        generator = step.generator("rows")
        order = torch.randperm(batch_size, generator=generator, device=step.device)
        return order[:count].sort().values


def _several(layer: int | tuple[int, ...] | str) -> tuple[int, ...]:
    assert not isinstance(layer, str)
    return layer if isinstance(layer, tuple) else (layer,)


def _check_layers(layer: int | tuple[int, ...] | str) -> None:
    """A whole number, several, each once, or `random`."""
    if isinstance(layer, str):
        check_choice("layer", layer, ("random",))
        return
    for number in _several(layer):
        check_count("layer", number, 0)
    if len(set(_several(layer))) < max(len(_several(layer)), 1):
        raise ConfigError(f"layer={layer} names no layer, or one twice; name each once")


def _check_targets(targets: tuple[int, ...]) -> None:
    """Whole numbers, each once: a layer that is named twice would be counted once."""
    for number in targets:
        check_count("targets", number, 0)
    if len(set(targets)) < len(targets):
        raise ConfigError(
            f"targets={targets} names a layer twice; name each once, and give weights=... "
            "for layers that count more"
        )


def _runs_in_half_precision(step: Step, layer: int) -> bool:
    """Whether the block above `layer` ran in 16 bits, by autocast or by its input's dtype."""
    trace = step.clean.trace
    assert trace is not None
    return trace.calls[layer].autocast is not None or trace.hidden[layer].element_size() == 2


def _take(tensor: Tensor, rows: Tensor | None) -> Tensor:
    return tensor if rows is None else tensor.index_select(0, rows)
