"""What more seeds bring, one line a method: the best of n runs, and ensembles of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..._page.content import Figure, Panel
from ..._page.palette import LIGHT, MUTED
from ..._page.svg import Drawing, Frame
from ...stats import EnsembleScores, expected_best
from ..analysis.metric_display import number
from ..analysis.section_numbers import SectionNumbers
from .axes import LEFT, PANEL_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class SeedLine:
    """A number for some numbers of runs of one method, both in rising order of the runs."""

    method: str
    slot: int
    runs: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class SeedLines:
    """What more seeds bring, one line a method; `axes` names the runs and the numbers."""

    axes: tuple[str, str]
    lines: tuple[SeedLine, ...]


def best_of_seeds(section: SectionNumbers) -> SeedLines | None:
    """What the best of n runs flatters a method by, for those with two runs or more in domain."""
    metric = section.metric
    lines = []
    for found in section.in_domain.methods:
        scores = list(found.scores.values())
        if len(scores) > 1:
            curve = expected_best(scores, higher_is_better=metric.higher_is_better).curve
            best = tuple(metric.scale * score for score in curve)
            runs = tuple(range(1, len(best) + 1))
            lines.append(SeedLine(found.method, section.slots[found.method], runs, best))
    axes = "number of seeds", f"best {metric.heading}"
    return SeedLines(axes, tuple(lines)) if lines else None


def ensemble_means(section: SectionNumbers) -> SeedLines | None:
    """The mean score of ensembles by their size; None without ensembles."""
    return _ensemble_lines(section, section.metric.heading, lambda scores: scores.mean)


def ensemble_spreads(section: SectionNumbers) -> SeedLines | None:
    """The standard deviation over ensembles by their size, of the sizes that have one."""
    axis = f"std of {section.metric.heading}"
    return _ensemble_lines(section, axis, lambda scores: scores.std)


def _ensemble_lines(
    section: SectionNumbers, axis: str, number: Callable[[EnsembleScores], float | None]
) -> SeedLines | None:
    lines = []
    for found in section.ensembles:
        known = {s.size: value for s in found.sizes if (value := number(s)) is not None}
        values = tuple(section.metric.scale * value for value in known.values())
        if len(values) > 1:
            slot = section.slots[found.method]
            lines.append(SeedLine(found.method, slot, tuple(known), values))
    return SeedLines(("runs in an ensemble", axis), tuple(lines)) if lines else None


def seeds_frame(data: SeedLines) -> Frame:
    """One size for any number of methods."""
    return Frame(PANEL_WIDTH, 260.0, LEFT, 44)


def draw_seeds(data: SeedLines, axes: Axes) -> None:
    """What more seeds bring, one line a method."""
    from matplotlib.ticker import MaxNLocator

    for line in data.lines:
        few = len(line.values) <= 12
        axes.plot(
            line.runs,
            line.values,
            color=LIGHT[line.slot],
            linewidth=1.9,
            marker="o" if few else "",
            markersize=3.6,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(data.axes[0])
    axes.set_ylabel(data.axes[1])
    axes.tick_params(length=0, labelcolor=MUTED)


def best_figure(section: SectionNumbers, prefix: str) -> Figure:
    """The expected best of n seeds."""
    data = best_of_seeds(section)
    caption = (
        "The in-domain score to expect of the best of n seeds: the mean over all ways to choose n "
        "of the runs. It rises with n without the method getting better, which is why a best score "
        "says little without the number of seeds behind it; the line starts at the mean."
    )
    return _seeds_view(caption, [("Expected best of n seeds", data)], f"{prefix}-best")


def ensemble_figure(section: SectionNumbers, prefix: str) -> Figure:
    """Score and spread of ensembles by the number of runs in them."""
    what = "the most typical text" if section.generates else "the average of the predictions"
    caption = (
        f"What {what} of a few runs scores in domain, and how much that "
        "varies from one set of seeds to another. One run is the lottery without an ensemble. Runs "
        "that learned nothing from their training rows are left out of ensembles that have others."
    )
    panels = [
        ("Mean score of ensembles", ensemble_means(section)),
        ("Standard deviation over ensembles", ensemble_spreads(section)),
    ]
    return _seeds_view(caption, panels, f"{prefix}-ensembles")


def _seeds_view(caption: str, panels: Sequence[tuple[str, SeedLines | None]], name: str) -> Figure:
    drawn = [
        _seeds_panel(heading, data, f"{name}{number or ''}")
        for number, (heading, data) in enumerate(panels)
        if data is not None
    ]
    shown = (line.method for _, data in panels if data is not None for line in data.lines)
    return Figure(caption, tuple(drawn), tuple(dict.fromkeys(shown)))


def _seeds_panel(heading: str, data: SeedLines, name: str) -> Panel:
    lines = "; ".join(
        f"{line.method} from {number(line.values[0], 2)} with one run to "
        f"{number(line.values[-1], 2)} with {line.runs[-1]}"
        for line in data.lines
    )
    drawing = Drawing(
        name,
        f"{heading}: {data.axes[1]}. {lines}.",
        seeds_frame(data),
        partial(draw_seeds, data),
    )
    return Panel(heading, drawing, "in domain")
