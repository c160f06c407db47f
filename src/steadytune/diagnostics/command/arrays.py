"""Dataclasses of arrays as one flat table of named arrays, and as plain numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnosis import Diagnosis

_LARGE = ("tokens", "means", "identity")  # whole representations would fill the file


def named_arrays(found: Diagnosis) -> dict[str, NDArray[Any]]:
    """Every measured array, named `<model>/<measurement>/<field>`, and by place in a tuple."""
    arrays: dict[str, NDArray[Any]] = {"texts": np.array(found.texts)}
    for model in found.models:
        for field in dataclasses.fields(model):
            if field.name not in _LARGE:
                arrays.update(_flat(f"{model.label}/{field.name}", getattr(model, field.name)))
    for label, data in found.similarity.items():
        arrays.update(_flat(f"{label}/similarity", data))
    return arrays


def _flat(name: str, value: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    if value is None:
        return
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _flat(f"{name}/{field.name}", getattr(value, field.name))
    elif isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
        for place, part in enumerate(value):
            yield f"{name}/{place}", part
    elif isinstance(value, tuple) and len({type(part) for part in value}) > 1:
        yield name, np.array([str(part) for part in value])
    else:
        yield name, np.asarray(value)
