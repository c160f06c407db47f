"""How noise fades through the layers before and after fine-tuning, one drawing a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..._page.palette import LIGHT, MUTED
from ..._page.svg import Drawing, Frame
from ..analysis.metric_display import number
from ..analysis.section_numbers import SectionNumbers
from ..reading.run import Attenuation, Run
from .axes import LEFT, PANEL_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class NoiseCurve:
    """Relative displacement in % at the layers `first`, `first + 1`, ... before and after."""

    first: int
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]


@dataclass(frozen=True)
class NoiseCurves:
    """How noise entering at several layers fades or grows, mean over one method's seeds."""

    method: str
    slot: int
    runs: int
    relative_noise: float | None
    curves: tuple[NoiseCurve, ...]
    limits: tuple[float, float]


def noise_curves(section: SectionNumbers) -> tuple[NoiseCurves, ...]:
    """Attenuation before and after fine-tuning, one entry per method that has profiles."""
    found = {m: _mean_curves(_profiled(section, m)) for m in section.methods}
    shown = [v for curves in found.values() for c in curves for v in (*c.before, *c.after)]
    known = [v for v in shown if v is not None]
    limits = (0.0, 1.08 * max(known, default=1.0))
    return tuple(
        NoiseCurves(m, section.slots[m], len(runs), _noise_size(runs), curves, limits)
        for m, curves in found.items()
        if curves and (runs := _profiled(section, m))
    )


def _profiled(section: SectionNumbers, method: str) -> list[Run]:
    return [
        r for r in section.runs_of(method) if r.status == "ok" and r.profile and r.profile.after
    ]


def _noise_size(runs: Sequence[Run]) -> float | None:
    profile = runs[0].profile
    return profile.after.relative_noise if profile and profile.after else None


def _mean_curves(runs: Sequence[Run]) -> tuple[NoiseCurve, ...]:
    before = _means([r.profile.before for r in runs if r.profile and r.profile.before])
    after = _means([r.profile.after for r in runs if r.profile and r.profile.after])
    return tuple(NoiseCurve(layer, before.get(layer, ()), after[layer]) for layer in sorted(after))


def _means(profiles: Sequence[Attenuation]) -> dict[int, tuple[float | None, ...]]:
    """The mean ratios over the runs, in %, by the layer where noise enters."""
    rows: dict[int, list[list[float | None]]] = {}
    for profile in profiles:
        for layer, ratios in zip(profile.injection, profile.ratio, strict=True):
            rows.setdefault(layer, []).append(ratios)
    return {layer: _mean_percent(found) for layer, found in rows.items()}


def _mean_percent(rows: Sequence[Sequence[float | None]]) -> tuple[float | None, ...]:
    width = min(map(len, rows), default=0)
    columns = ([v for row in rows if (v := row[i]) is not None] for i in range(width))
    return tuple(100 * sum(values) / len(values) if values else None for values in columns)


def _gaps(values: tuple[float | None, ...]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def noise_curves_frame(data: NoiseCurves) -> Frame:
    """The same for every method."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_noise_curves(data: NoiseCurves, axes: Axes) -> None:
    """One pair of curves per injection layer: dashed before fine-tuning, solid after."""
    from matplotlib.ticker import MaxNLocator

    colour = LIGHT[data.slot]
    for curve in data.curves:
        layers = range(curve.first, curve.first + len(curve.before))
        axes.plot(layers, _gaps(curve.before), color=MUTED, linewidth=1.2, linestyle=(0, (3, 2)))
        layers = range(curve.first, curve.first + len(curve.after))
        axes.plot(
            layers, _gaps(curve.after), color=colour, linewidth=1.9, marker="o", markersize=3.6
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(*data.limits)
    axes.set_xlabel("layer")
    axes.set_ylabel("relative displacement (%)")
    axes.tick_params(length=0, labelcolor=MUTED)


def noise_figure(section: SectionNumbers, prefix: str) -> Figure:
    """How far noise at each layer moves those above, one drawing a method."""
    data = noise_curves(section)
    panels = [
        Panel(
            d.method,
            Drawing(
                f"{prefix}-noise{i}",
                _describe_noise(d),
                noise_curves_frame(d),
                partial(draw_noise_curves, d),
            ),
            f"mean over {counted(d.runs, 'run')}",
        )
        for i, d in enumerate(data)
    ]
    return Figure(_noise_caption(data), tuple(panels))


def _noise_caption(data: Sequence[NoiseCurves]) -> str:
    size = next((d.relative_noise for d in data if d.relative_noise is not None), None)
    strength = f" of {100 * size:g} % of its length" if size is not None else ""
    return (
        f"Random noise{strength} is added to the hidden state at one layer, where a curve starts; "
        "the curve follows how far every higher layer moves, in % of its own length. A falling "
        "curve means that the model dampens noise. Dashed: before fine-tuning. Solid: after."
    )


def _describe_noise(data: NoiseCurves) -> str:
    ends = "; ".join(
        f"noise at layer {c.first} reaches the top layer with {_last(c.before)} % before and "
        f"{_last(c.after)} % after"
        for c in data.curves
    )
    return f"Noise through the layers of {data.method}: {ends}."


def _last(values: Sequence[float | None]) -> str:
    return number(values[-1] if values else None, 1)
