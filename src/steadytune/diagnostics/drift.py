"""How far fine-tuning has moved the weights, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from .._exceptions import ModelError
from .._model.sites import find_layers
from .._model.unwrapped import unwrap, without_adapters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WeightDrift:
    """Distance of each layer's weights from where they started.

    Args:
        parts: Names of the parts: `below` (the embeddings), `layer 1` .. `layer L`, `above` (what
            follows the blocks); blocks that layers share are named once.
        relative: ||w - w0|| / ||w0|| over all weights of a part, (parts,).
        distance: ||w - w0||, (parts,).
        norm: ||w0||, (parts,).
        weights: Number of weights compared in each part, (parts,).
        new: Names of parameters that the start does not have, such as a new head's.
    """

    parts: tuple[str, ...]
    relative: Array
    distance: Array
    norm: Array
    weights: NDArray[np.int64]
    new: tuple[str, ...]


def weight_drift(
    model: nn.Module, start: nn.Module | Mapping[str, Tensor], *, layers: str | None = None
) -> WeightDrift:
    """Compare a model's weights with those it started from.

    Names are compared without the prefix of the pretrained part, so that a classifier can be
    compared with the bare encoder it was made from.

    Args:
        model: Any model whose layers can be found.
        start: The model it started from, or that one's state dict.
        layers: Dotted path to the model's list of blocks, where it cannot be found.

    Raises:
        ModelError: If the model's layers cannot be found, if no weight has its equal in `start`, or
            if adapters are in it: they move a layer beside its weights.
    """
    _require_merged(unwrap(model))
    bare = without_adapters(unwrap(model))
    before = _start_weights(bare, start)
    sums: dict[str, list[float]] = {}
    new = []
    for part, name, value in _parts(bare, layers):
        origin = before.get(_core(bare, name))
        if origin is None or origin.shape != value.shape:
            new.append(name)
            continue
        now, then = value.detach().double().cpu(), origin.detach().double().cpu()
        squares = [(now - then).square().sum().item(), then.square().sum().item()]
        row = sums.setdefault(part, [0.0, 0.0, 0.0])
        for index, term in enumerate([*squares, float(value.numel())]):
            row[index] += term
    if not sums:
        raise ModelError(
            f"no weight of {type(bare).__name__} has its equal in the start; "
            "give the model that the training started from"
        )
    moved, norms, counts = np.array(list(sums.values())).T
    distance, norm = np.sqrt(moved), np.sqrt(norms)
    relative = distance / np.maximum(norm, 1e-30)
    return WeightDrift(tuple(sums), relative, distance, norm, counts.astype(np.int64), tuple(new))


def _require_merged(model: nn.Module) -> None:
    if any(hasattr(module, "base_layer") for module in model.modules()):
        raise ModelError(
            f"{type(model).__name__} has adapters, which change a layer but not its weights; "
            "merge a copy first, as PEFT's merge_and_unload() does"
        )


def _parts(model: nn.Module, layers: str | None) -> Iterator[tuple[str, str, Tensor]]:
    """Part, name and value of every parameter, in the order of the parts."""
    blocks = find_layers(model, layers).modules
    place = {
        id(parameter): number
        for number, block in enumerate(blocks, start=1)
        for parameter in block.parameters()
    }
    found = list(model.named_parameters())
    inside = [index for index, (_, value) in enumerate(found) if id(value) in place]
    ranked = [
        (place.get(id(value), 0 if index < inside[0] else len(blocks) + 1), name, value)
        for index, (name, value) in enumerate(found)
    ]
    names = {0: "below", len(blocks) + 1: "above"}
    for number, name, value in sorted(ranked, key=lambda entry: entry[0]):
        yield names.get(number, f"layer {number}"), name, value


def _start_weights(model: nn.Module, start: nn.Module | Mapping[str, Tensor]) -> dict[str, Tensor]:
    if isinstance(start, nn.Module):
        bare = without_adapters(unwrap(start))
        return {_core(bare, name): value for name, value in bare.named_parameters()}
    return {_core(model, name): value for name, value in start.items()}


def _core(model: nn.Module, name: str) -> str:
    """A parameter's name inside the pretrained part; a head's names stay as they are."""
    prefix = f"{getattr(model, 'base_model_prefix', '')}."
    return name.removeprefix(prefix) if prefix != "." else name
