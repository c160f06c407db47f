"""Training losses over the steps, one small drawing a method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..._page.palette import LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ...records.training_curve import Curve
from ..analysis.metric_display import number
from ..analysis.section_numbers import SectionNumbers
from ..reading.run import Run
from .axes import padded, thin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CURVES = 30
MOST_POINTS = 60
SMALL_WIDTH = 230.0


@dataclass(frozen=True)
class LearningCurves:
    """Training loss over steps of one method's runs; `broken` are those that did not end well."""

    method: str
    slot: int
    finished: tuple[Curve, ...]
    broken: tuple[Curve, ...]
    total: int
    limits: tuple[float, float]

    @property
    def shown(self) -> int:
        """How many runs have a line."""
        return len(self.finished) + len(self.broken)


def learning_curves(section: SectionNumbers) -> tuple[LearningCurves, ...]:
    """One entry per method that logged a loss at two steps or more, all with the same limits."""
    logged = {m: [r for r in section.runs_of(m) if len(r.losses) > 1] for m in section.methods}
    runs = [run for found in logged.values() for run in found]
    # A run that diverges would squeeze the others into a line at the bottom.
    steady = [run for run in runs if run.status == "ok"] or runs
    limits = padded([loss for run in steady for loss in (min(run.losses), max(run.losses))])
    return tuple(
        LearningCurves(
            method=method,
            slot=section.slots[method],
            finished=_curves([run for run in found if run.status == "ok"]),
            broken=tuple(
                _until(limits[1], curve)
                for curve in _curves([run for run in found if run.status != "ok"])
            ),
            total=len(found),
            limits=limits,
        )
        for method, found in logged.items()
        if found
    )


def _curves(runs: list[Run]) -> tuple[Curve, ...]:
    """At most thirty, from the lowest to the highest last loss."""
    ordered = sorted(runs, key=lambda run: run.losses[-1])
    return tuple(thin(run.curve, MOST_POINTS) for run in thin(ordered, MOST_CURVES))


def _until(limit: float, curve: Curve) -> Curve:
    """The curve up to the first point above the limit, where it leaves the axes."""
    above = next((i for i, (_, loss) in enumerate(curve) if loss > limit), len(curve))
    return curve[: above + 1]


def learning_curves_frame(data: LearningCurves) -> Frame:
    """Small, so that several stand in a row."""
    return Frame(SMALL_WIDTH, 170.0, 58.0, 42)


def draw_learning_curves(data: LearningCurves, axes: Axes) -> None:
    """One thin line a run; those that did not end well are grey and end in a cross."""
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    colour = LIGHT[data.slot]
    alpha = max(0.25, min(0.8, 6 / max(1, data.shown)))
    axes.add_collection(
        LineCollection(data.finished, colors=colour, linewidths=0.9, alpha=alpha, zorder=2.5)
    )
    axes.add_collection(
        LineCollection(data.broken, colors=MUTED, linewidths=0.9, linestyles=((0, (3, 2)),))
    )
    ends = [curve[-1] for curve in data.broken]
    axes.scatter(
        [step for step, _ in ends],
        [min(loss, data.limits[1]) for _, loss in ends],
        s=30,
        color=MUTED,
        marker="X",
        edgecolors=PAPER,
        linewidths=0.6,
        zorder=4,
        clip_on=False,
    )
    axes.autoscale_view()
    axes.set_ylim(*data.limits)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel("step")
    axes.set_ylabel("training loss")
    axes.tick_params(length=0, labelcolor=MUTED)


def learning_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Training losses, one small drawing a method."""
    data = learning_curves(section)
    panels = [
        Panel(
            d.method,
            Drawing(
                f"{prefix}-learning{i}",
                _describe_learning(d),
                learning_curves_frame(d),
                partial(draw_learning_curves, d),
            ),
            f"{d.shown} of {counted(d.total, 'run')} shown" if d.shown < d.total else "",
        )
        for i, d in enumerate(data)
    ]
    caption = (
        "Training loss as it was logged, one line a run, on the same scale for every method; a "
        "method that adds a penalty logs it as part of the loss."
    )
    if any(d.broken for d in data):
        caption += " Dashed lines with a cross are runs that did not end well."
    return Figure(caption, tuple(panels), small=True)


def _describe_learning(data: LearningCurves) -> str:
    ends = [curve[-1][1] for curve in (*data.finished, *data.broken)]
    return (
        f"Training loss of {counted(data.total, 'run')} of {data.method}; "
        f"the last one from {number(min(ends), 3)} to {number(max(ends), 3)}."
    )
