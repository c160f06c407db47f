"""Paired differences to the baseline, one drawing a domain."""

from __future__ import annotations

from ..._page.content import Figure, Panel
from ...stats import Interval
from ..analysis.metric_display import quoted
from ..analysis.section_numbers import Comparison, Domain, SectionNumbers
from .axes import MOST_DOTS, padded, thin
from .forest import Estimate, Forest


def differences(section: SectionNumbers) -> dict[Domain, Forest]:
    """Every method minus the baseline by domain, all on the same axis."""
    rows: dict[Domain, list[Estimate]] = {}
    for comparison in section.comparisons:
        if (found := difference(comparison, section)) is not None:
            rows.setdefault(comparison.domain, []).append(found)
    limits = padded([0.0, *(v for found in rows.values() for e in found for v in e.shown)])
    axis = section.metric.difference_heading
    return {domain: Forest(axis, tuple(found), 0.0, limits) for domain, found in rows.items()}


def difference(comparison: Comparison, section: SectionNumbers) -> Estimate | None:
    """The mean difference in points with its interval; None where no run has its pair."""
    found, scale = comparison.difference, section.metric.scale
    if found.mean is None:
        return None
    return Estimate(
        comparison.method,
        section.slots[comparison.method],
        found.mean * scale,
        interval=found.interval
        and Interval(found.interval.low * scale, found.interval.high * scale),
        singles=thin(sorted(d * scale for d in comparison.by_run), MOST_DOTS),
    )


def differences_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Paired differences to the baseline, one drawing a domain."""
    panels = [
        Panel(
            f"{domain.name}, {domain.place}" + "*" * domain.exposed,
            forest.drawing(f"{prefix}-differences{i}"),
        )
        for i, (domain, forest) in enumerate(differences(section).items())
    ]
    caption = (
        f"Dot: mean paired difference to {quoted(section.baseline or '')}. Bar: its 95 % interval "
        "(none with one pair). Small strokes: single runs. Right of the dashed line the method "
        "scored higher."
    )
    if any(scores.domain.exposed for scores in section.domains):
        caption += " A star: seen by the model in pretraining."
    return Figure(caption, tuple(panels))
