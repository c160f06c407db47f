"""The few numbers that stand at the top: one row a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..._page.table import Column, Group, Table, row
from .. import JacobianNorms, OutputSensitivity
from .diagnosis import Diagnosis
from .measure import ModelDiagnosis

LEAST_SCATTER = 1.0
"""Examples that lie less far apart, in % of their length, count as not told apart."""


@dataclass(frozen=True)
class Number:
    """One number: what it is, in words, how it is written, and its value (None if undefined)."""

    key: str
    heading: str
    form: str
    value: float | None

    @property
    def text(self) -> str:
        """The number as it is shown."""
        return "–" if self.value is None else self.form.format(self.value)


def summary(found: Diagnosis) -> dict[str, tuple[Number, ...]]:
    """The same figures for every model, by its label; those that no model has are left out."""
    rows = {model.label: _figures(model, found.relative_noise) for model in found.models}
    columns = zip(*rows.values(), strict=True)
    kept = [i for i, column in enumerate(columns) if any(f.value is not None for f in column)]
    return {label: tuple(row[i] for i in kept) for label, row in rows.items()}


def summary_table(found: Diagnosis) -> Table:
    """The few numbers that stand at the top: one line a number, one column a model."""
    figures = summary(found)
    columns = tuple(Column[Mapping[str, Number]](label, partial(_text, label)) for label in figures)
    lines = [dict(zip(figures, line, strict=True)) for line in zip(*figures.values(), strict=True)]
    rows = tuple(row(next(iter(line.values())).heading, columns, line) for line in lines)
    start = f" The start of the weights is {found.start}." if found.start else ""
    note = (
        "The less noise moves, the steadier the model, unless its examples lie near 0 % apart: "
        f"then it has collapsed and no longer tells its inputs apart.{start}"
    )
    return Table("Numbers", "Mean over examples", columns, (Group("", rows),), (note,))


def advice(found: Diagnosis) -> str:
    """What to do, in one sentence: it names the numbers that it follows from."""
    scatter = {m.label: 100 * float(m.scatter.scatter[-1]) for m in found.models}
    moved = {m.label: 100 * float(m.gaussian.ratio[0][-1]) for m in found.models}
    several = len(found.models[0].gaussian.example_ratio[0]) > 1
    flat = [label for label, value in scatter.items() if not value >= LEAST_SCATTER]
    if several and flat:
        return (
            f'What to do: check the scores of "{flat[0]}" first, since its examples lie only '
            f"{scatter[flat[0]]:.2g} % apart at the top layer, and a model that has collapsed "
            "withstands noise for that reason alone."
        )
    noise = f"{100 * found.relative_noise:g} % Gaussian noise at layer 0"
    least, *others = sorted(moved, key=lambda label: moved[label])
    if not others:
        return (
            f'What to do: diagnose "{least}" together with a model trained another way, since a '
            f"top layer moved {moved[least]:.3g} % by {noise} means little alone."
        )
    if f"{moved[least]:.3g}" == f"{moved[others[0]]:.3g}":
        return (
            f"What to do: choose by validation scores over several seeds, since {noise} moves the "
            f'top layers of "{least}" and "{others[0]}" equally far ({moved[least]:.3g} %).'
        )
    return (
        f'What to do: test "{least}" over several seeds, since {noise} moves its top layer least '
        f'({moved[least]:.3g} %, then "{others[0]}" with {moved[others[0]]:.3g} %), but nothing '
        "here measures scores."
    )


def _text(label: str, line: Mapping[str, Number]) -> str:
    return line[label].text


def as_json(found: Diagnosis) -> dict[str, Any]:
    """What was measured and on what, as JSON can hold it; arrays are in `arrays.npz`."""
    return {
        "command": found.command,
        "examples": found.source,
        "relative_noise": found.relative_noise,
        "drift_from": found.start or None,
        "models": {
            label: {figure.key: figure.value for figure in figures}
            for label, figures in summary(found).items()
        },
        "attenuation": {
            model.label: {
                "gaussian": model.gaussian.as_dict(),
                "in_manifold": model.in_manifold.as_dict(),
            }
            for model in found.models
        },
        "undirected": {model.label: list(model.in_manifold.undirected) for model in found.models},
    }


def _figures(model: ModelDiagnosis, size: float) -> tuple[Number, ...]:
    noise = f"{100 * size:g} %"
    drift = None if model.drift is None else _total_drift(model)
    values = model.outputs is not None and model.outputs.kind == "values"
    return (
        Number("top_gaussian", f"Top layer moved by {noise} Gaussian noise at layer 0", "{:.3g} %",
               100 * float(model.gaussian.ratio[0][-1])),
        Number("top_in_manifold", f"Top layer moved by {noise} in-manifold noise at layer 0",
               "{:.3g} %", _in_manifold(model)),
        Number("scatter", "How far examples lie apart at the top layer, of their length",
               "{:.3g} %", 100 * float(model.scatter.scatter[-1])),
        Number("moved" if values else "changed",
               f"Value moved by {noise} noise" if values else f"Answers changed by {noise} noise",
               "{:.3g}" if values else "{:.1f} %", _changed(model.outputs, size)),
        Number("divergence",
               f"Its square, mean at {noise}" if values else
               f"Probabilities moved by {noise} noise (symmetrised KL, nats)", "{:.2g}",
               _at(model.outputs, "divergence", size)),
        Number("gain", "Typical factor of small changes, layer 0 to top", "{:.2f}",
               _mean(model.jacobian, "gain")),
        Number("spectral", "Largest factor of small changes, layer 0 to top", "{:.1f}",
               _mean(model.jacobian, "spectral")),
        Number("drift", "Distance of the weights from the start", "{:.2f} %", drift),
    )  # fmt: skip


def _in_manifold(model: ModelDiagnosis) -> float | None:
    """None where not a single token had a direction, so that the noise was Gaussian."""
    profile = model.in_manifold
    return None if profile.undirected[0] == 1 else 100 * float(profile.ratio[0][-1])


def _changed(found: OutputSensitivity | None, size: float) -> float | None:
    value = _at(found, "change", size)
    return value if value is None or (found and found.kind == "values") else 100 * value


def _at(found: OutputSensitivity | None, name: str, size: float) -> float | None:
    if found is None:
        return None
    return float(getattr(found, name)[found.sizes.index(size)].mean())


def _mean(found: JacobianNorms | None, name: str) -> float | None:
    return None if found is None else float(getattr(found, name)[0].mean())


def _total_drift(model: ModelDiagnosis) -> float:
    """Of all weights that the start has."""
    assert model.drift is not None
    norm = float(np.linalg.norm(model.drift.norm))
    return 100 * float(np.linalg.norm(model.drift.distance)) / norm if norm else 0.0
