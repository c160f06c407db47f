"""The figures of scores, differences, noise and cost, with captions and a description in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..._counted import counted
from ..._page.svg import Drawing
from ..analysis.metric_display import number, signed
from ..analysis.setting import Setting
from . import difference_data, dot_data, score_figures
from .difference_data import CostAgainstGain, Differences
from .dot_data import SeedDots
from .noise_data import NoiseCurves, noise_curves
from .panel import FigureView, Panel

WIDEST_IN_A_ROW = 460.0


def dots_view(setting: Setting, prefix: str) -> FigureView:
    """Every run's score, one drawing a domain."""
    data = dot_data.seed_dots(setting)
    panels = [
        Panel(
            f"{d.domain.name}, {d.domain.place}",
            _hidden(d),
            Drawing(
                f"{prefix}-dots{i}",
                _describe_dots(d),
                score_figures.seed_dots_frame(d),
                partial(score_figures.draw_seed_dots, d),
            ),
            score_figures.seed_dots_frame(d).width > WIDEST_IN_A_ROW,
        )
        for i, d in enumerate(data)
    ]
    return FigureView(_dots_caption(data), tuple(panels))


def _dots_caption(data: Sequence[SeedDots]) -> str:
    parts = ["Each dot is one run."]
    if any(c.median is not None for d in data for c in d.columns):
        parts.append("The short bar is the median.")
    if any(c.box for d in data for c in d.columns):
        parts.append("The box holds the middle half of the runs, thin lines reach the extremes.")
    if any(d.lines for d in data):
        parts.append("Thin lines join runs with the same seed.")
    if any(d.constant is not None for d in data):
        parts.append("The dashed line is the constant predictor.")
    if any(dot.stands_in for d in data for c in d.columns for dot in c.dots):
        parts.append("A cross is a run that diverged or crashed.")
    return " ".join(parts)


def _hidden(data: SeedDots) -> str:
    totals = [(len(c.dots), c.total) for c in data.columns if len(c.dots) < c.total]
    return f"{totals[0][0]} of {totals[0][1]} dots shown per method" if totals else ""


def _describe_dots(data: SeedDots) -> str:
    ranges = "; ".join(
        f"{c.method} from {number(c.dots[0].value, 1)} to {number(c.dots[-1].value, 1)} over "
        f"{counted(c.total, 'run')}"
        for c in data.columns
        if c.dots
    )
    return f"{data.axis} on {data.domain.name} by method: {ranges or 'no scores'}."


def differences_view(setting: Setting, prefix: str) -> FigureView:
    """Paired differences to the baseline, one drawing a method."""
    panels = [
        Panel(
            f"{d.method} minus {d.baseline}",
            "",
            Drawing(
                f"{prefix}-differences{i}",
                _describe_differences(d),
                score_figures.differences_frame(d),
                partial(score_figures.draw_differences, d),
            ),
        )
        for i, d in enumerate(difference_data.differences(setting))
    ]
    caption = (
        "Dot: mean paired difference. Bar: its 95 % interval (none with one pair). Small strokes: "
        "single runs. Right of the dashed line the method scored higher."
    )
    if any(scores.domain.exposed for scores in setting.domains):
        caption += " A star: seen by the model in pretraining."
    return FigureView(caption, tuple(panels))


def _describe_differences(data: Differences) -> str:
    rows = "; ".join(
        f"{r.domain.name} {signed(r.mean, 2)}"
        + (
            f", interval {signed(r.interval[0], 2)} to {signed(r.interval[1], 2)}"
            if r.interval
            else ""
        )
        for r in data.rows
    )
    return f"{data.axis}, {data.method} minus {data.baseline}. {rows}."


def noise_view(setting: Setting, prefix: str) -> FigureView:
    """How far noise at each layer moves those above, one drawing a method."""
    data = noise_curves(setting)
    panels = [
        Panel(
            d.method,
            f"mean over {counted(d.runs, 'run')}",
            Drawing(
                f"{prefix}-noise{i}",
                _describe_noise(d),
                score_figures.noise_curves_frame(d),
                partial(score_figures.draw_noise_curves, d),
            ),
        )
        for i, d in enumerate(data)
    ]
    return FigureView(_noise_caption(data), tuple(panels))


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


def cost_view(setting: Setting, prefix: str) -> FigureView:
    """Time of a step against the in-domain difference."""
    data = difference_data.cost_against_gain(setting)
    panels = tuple(_cost_panels(data, prefix)) if data else ()
    caption = (
        "Each dot is a method: time of one training step relative to the baseline, and the "
        "in-domain difference with its 95 % interval. The baseline is where the dashed lines cross."
    )
    legend = tuple(point.method for point in data.points) if data else ()
    return FigureView(caption, panels, legend)


def _cost_panels(data: CostAgainstGain, prefix: str) -> Iterator[Panel]:
    points = "; ".join(
        f"{p.method}: {p.cost:.2f} times the time, {signed(p.gain, 2)}" for p in data.points
    )
    label = f"{data.axis} against the time of one step. {points}."
    frame = score_figures.cost_frame(data)
    drawing = Drawing(f"{prefix}-cost", label, frame, partial(score_figures.draw_cost, data))
    yield Panel("Cost against gain", "in domain", drawing)
