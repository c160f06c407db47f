"""Paired differences to the baseline, one drawing a method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._page.content import Figure, Panel
from ..._page.palette import INK, LIGHT, MUTED, PAPER
from ..._page.svg import Drawing, Frame
from ..analysis.metric_display import signed
from ..analysis.section_numbers import Comparison, Domain, SectionNumbers
from .axes import MOST_DOTS, PANEL_WIDTH, padded, shortened, thin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDEST_DOMAIN = 16


@dataclass(frozen=True)
class DifferenceRow:
    """One domain: the paired differences, their mean and its interval if there is one."""

    domain: Domain
    differences: tuple[float, ...]
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Differences:
    """One method minus the baseline, by domain."""

    method: str
    baseline: str
    slot: int
    axis: str
    rows: tuple[DifferenceRow, ...]
    limits: tuple[float, float]


def differences(section: SectionNumbers) -> tuple[Differences, ...]:
    """Paired differences, one entry per method, all with the same limits."""
    rows = {m: _difference_rows(section, m) for m in section.methods if m != section.baseline}
    shown = [v for found in rows.values() for r in found for v in (*r.differences, *_ends(r))]
    axis = section.metric.difference_heading
    return tuple(
        Differences(m, section.baseline or "", section.slots[m], axis, found, padded([0, *shown]))
        for m, found in rows.items()
        if found
    )


def _difference_rows(section: SectionNumbers, method: str) -> tuple[DifferenceRow, ...]:
    found = (c for c in section.comparisons if c.method == method)
    return tuple(r for c in found if (r := difference_row(c, section.metric.scale)))


def difference_row(comparison: Comparison, scale: float) -> DifferenceRow | None:
    found = comparison.difference
    if found.mean is None:
        return None
    interval = found.interval
    return DifferenceRow(
        domain=comparison.domain,
        differences=thin(sorted(d * scale for d in comparison.by_run), MOST_DOTS),
        mean=found.mean * scale,
        interval=(interval.low * scale, interval.high * scale) if interval else None,
    )


def _ends(row: DifferenceRow) -> tuple[float, ...]:
    return row.interval or ()


def differences_frame(data: Differences) -> Frame:
    """A row a domain, and room for the longest name."""
    widest = max((len(_domain_name(row.domain)) for row in data.rows), default=0)
    return Frame(PANEL_WIDTH, 70 + 40.0 * len(data.rows), 16 + 7.2 * widest, 44)


def _domain_name(domain: Domain) -> str:
    """Short, with a star where the model saw it in pretraining."""
    return shortened(domain.name, WIDEST_DOMAIN) + "*" * domain.exposed


def draw_differences(data: Differences, axes: Axes) -> None:
    """The mean difference and its interval by domain, single pairs as small strokes."""
    colour = LIGHT[data.slot]
    axes.set_ylim(len(data.rows) - 0.4, -0.6)
    axes.set_xlim(*data.limits)
    axes.axvline(0, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    # Marks of one kind are drawn together, which takes a fraction of the time of single ones.
    strokes = [(x, height) for height, row in enumerate(data.rows) for x in row.differences]
    axes.scatter(
        [x for x, _ in strokes],
        [y for _, y in strokes],
        s=60,
        color=MUTED,
        marker="|",
        linewidths=1,
        alpha=0.7,
        zorder=2,
    )
    bars = [(y, *row.interval) for y, row in enumerate(data.rows) if row.interval is not None]
    if bars:
        y, low, high = zip(*bars, strict=True)
        axes.hlines(y, low, high, colour, linewidth=2.6, zorder=3)
    means = [row.mean for row in data.rows]
    axes.scatter(means, range(len(means)), s=46, color=colour, edgecolors=PAPER, zorder=4)
    names = [_domain_name(row.domain) for row in data.rows]
    axes.set_yticks(range(len(data.rows)), names)
    axes.set_xlabel(data.axis)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.grid(axis="y", visible=False)


def differences_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Paired differences to the baseline, one drawing a method."""
    panels = [
        Panel(
            f"{d.method} minus {d.baseline}",
            Drawing(
                f"{prefix}-differences{i}",
                _describe_differences(d),
                differences_frame(d),
                partial(draw_differences, d),
            ),
        )
        for i, d in enumerate(differences(section))
    ]
    caption = (
        "Dot: mean paired difference. Bar: its 95 % interval (none with one pair). Small strokes: "
        "single runs. Right of the dashed line the method scored higher."
    )
    if any(scores.domain.exposed for scores in section.domains):
        caption += " A star: seen by the model in pretraining."
    return Figure(caption, tuple(panels))


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
