"""All that is measured on one model, stage by stage, so that progress can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..._exceptions import ModelError
from .. import (
    RELATIVE_SIZES,
    JacobianNorms,
    LayerRanks,
    LayerScatter,
    NoiseProfile,
    OutputSensitivity,
    Representations,
    WeightDrift,
    jacobian_norms,
    layer_ranks,
    layer_scatter,
    noise_profile,
    output_sensitivity,
    representations,
    weight_drift,
)
from .loading import LoadedModel
from .options import Options
from .rows import Features

JACOBIAN_EXAMPLES = 8
"""Products with Jacobians take long, and a few examples show what there is to see."""

JACOBIAN_ITERATIONS = 20
OUTPUT_DRAWS = 2

Tick = Callable[[str], None]


@dataclass(frozen=True)
class ModelDiagnosis:
    """What was measured on one model; None where it was not asked for or makes no sense.

    Args:
        label: Short name of the model.
        rows: The given row that each feature is of.
        gaussian: Attenuation of Gaussian noise.
        in_manifold: Attenuation of in-manifold noise.
        means: Representations of whole examples.
        scatter: How far those lie apart in each layer.
        outputs: Sensitivity of the predictions; None for a bare encoder.
        jacobian: Norms of the maps from each layer to the top.
        blocks: Norms of the map of each block alone.
        logits: Norms of the maps from each layer to the logits.
        ranks: Effective rank of each layer's representations.
        drift: Distance of the weights from the start.
        tokens: Representations of all tokens, to compare models by.
        identity: The token numbers that the model was shown.
    """

    label: str
    rows: tuple[int, ...]
    gaussian: NoiseProfile
    in_manifold: NoiseProfile
    means: Representations = field(repr=False)
    scatter: LayerScatter
    outputs: OutputSensitivity | None = None
    jacobian: JacobianNorms | None = None
    blocks: JacobianNorms | None = None
    logits: JacobianNorms | None = None
    ranks: LayerRanks | None = None
    drift: WeightDrift | None = None
    tokens: Representations | None = field(default=None, repr=False)
    identity: Sequence[Sequence[int]] = field(default=(), repr=False)


def stage_count(options: Options) -> int:
    """How often a diagnosis of one model ticks at most."""
    return 9 if options.full else 5


def measure(
    label: str, loaded: LoadedModel, features: Features, start: Any, options: Options, tick: Tick
) -> ModelDiagnosis:
    """Measure one model.

    Args:
        label: Short name of the model.
        loaded: The model.
        features: What it is shown.
        start: The model that drift is measured from, or None.
        options: What to measure.
        tick: Called with the name of every stage as it begins.
    """
    tick("Gaussian noise at every layer")
    gaussian = _profile(loaded, features, options, "gaussian")
    _require_finite(label, gaussian)
    tick("in-manifold noise at every layer")
    in_manifold = _profile(loaded, features, options, "in-manifold")
    tick("how far examples lie apart")
    means = representations(loaded.model, features.batches(), pool="mean")
    found = ModelDiagnosis(label, features.rows, gaussian, in_manifold, means, layer_scatter(means))
    tick("predictions under noise")
    if loaded.has_head:
        sizes = tuple(sorted({*RELATIVE_SIZES, options.relative_noise}))
        outputs = output_sensitivity(
            loaded.model, features.batches(), sizes=sizes, draws=OUTPUT_DRAWS, seed=options.seed
        )
        found = replace(found, outputs=outputs)
    return _in_full(found, loaded, features, start, options, tick) if options.full else found


def _require_finite(label: str, profile: NoiseProfile) -> None:
    if not all(np.isfinite(ratios).all() for ratios in profile.example_ratio):
        raise ModelError(
            f"the hidden states of model {label!r} are not finite: its weights have diverged; "
            "give another model"
        )


def _profile(loaded: LoadedModel, features: Features, options: Options, noise: Any) -> NoiseProfile:
    return noise_profile(
        loaded.model,
        features.batches(),
        relative_noise=options.relative_noise,
        noise=noise,
        seed=options.seed,
    )


def _in_full(
    found: ModelDiagnosis,
    loaded: LoadedModel,
    features: Features,
    start: Any,
    options: Options,
    tick: Tick,
) -> ModelDiagnosis:
    def norms(target: Any) -> JacobianNorms:
        return jacobian_norms(
            loaded.model,
            features.batches(JACOBIAN_EXAMPLES),
            target=target,
            iterations=JACOBIAN_ITERATIONS,
            seed=options.seed,
        )

    tick("Jacobians to the top layer")
    jacobian = norms("last")
    tick("Jacobians of single blocks")
    blocks = norms("next")
    tick("Jacobians to the logits")
    logits = norms("logits") if loaded.has_head else None
    tick("representations and weights")
    tokens = representations(loaded.model, features.batches())
    return replace(
        found,
        jacobian=jacobian,
        blocks=blocks,
        logits=logits,
        ranks=layer_ranks(tokens),
        drift=None if start is None else _drift(loaded, start, options),
        tokens=tokens,
        identity=features.tokens,
    )


def _drift(loaded: LoadedModel, start: Any, options: Options) -> WeightDrift | None:
    """None where nobody said that the model was fine-tuned from the start, and it was not."""
    try:
        return weight_drift(loaded.model, start)
    except ModelError:
        if options.start is not None:
            raise
        return None
