"""What several tasks say together as a picture: differences of means, and ratios of spreads."""

from __future__ import annotations

from collections.abc import Mapping

from ..._counted import counted
from ..._page.content import Figure, Panel
from ..analysis.metric_display import quoted
from ..analysis.over_tasks import OverTasks
from .axes import shortened
from .forest import Estimate, Forest


def over_tasks_figure(data: OverTasks, slots: Mapping[str, int]) -> Figure:
    """Two drawings side by side, one row a method: the highest mean score comes first.

    Args:
        data: The averages over tasks.
        slots: The colour of each method.
    """
    compared = sorted(data.inside.comparisons, key=lambda c: -(c.difference.mean or 0.0))
    means = tuple(
        Estimate(c.method, slots[c.method], c.difference.mean, c.difference.interval)
        for c in compared
        if c.difference.mean is not None
    )
    ratios = tuple(
        Estimate(c.method, slots[c.method], c.spread.pooled.estimate, c.spread.pooled.interval)
        for c in compared
        if c.spread.pooled.estimate
    )
    tasks = counted(len(data.inside.tasks), data.unit)
    drawings = (
        ("Higher scores?", "differences", Forest(f"points, mean over {tasks}", means, 0.0)),
        (
            "Steadier?",
            "ratios",
            Forest(f"std over seeds, times {shortened(data.baseline, 20)}'s", ratios, 1.0),
        ),
    )
    panels = (
        Panel(heading, forest.drawing(f"over-{name}"))
        for heading, name, forest in drawings
        if forest.estimates
    )
    return Figure(_caption(data.baseline), tuple(panels))


def _caption(baseline: str) -> str:
    return (
        "Dot: estimate in domain. Bar: its 95 % interval. The dashed line is no difference to "
        f"{quoted(baseline)}. Higher scores: right of it. Steadier over seeds: left of it, on a "
        "logarithmic scale."
    )
