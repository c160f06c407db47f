"""What ensembles of a few seeds would score."""

from __future__ import annotations

from ..._page.table import Column, Group, Table, row
from ...stats import EnsembleScores
from ..analysis.ensembles import SIZES
from ..analysis.metric_display import NOT_AVAILABLE, MetricDisplay, interval_text
from ..analysis.predicted import MOST_RUNS
from ..analysis.section_numbers import Ensembles, SectionNumbers

SHOWN = 3
"""The size whose lowest score and gain are shown: few trainings, and many ensembles of 10 runs."""


def ensemble_table(section: SectionNumbers) -> Table | None:
    """One row a method; None without predictions to make ensembles of."""
    if not section.ensembles:
        return None
    columns = _columns(section.metric.in_papers)
    rows = tuple(row(found.method, columns, found, found.method) for found in section.ensembles)
    return Table(
        title="Scores of ensembles of seeds",
        first="Method",
        columns=columns,
        groups=(Group(f"{section.in_domain.domain.name}, in domain", rows),),
        notes=(
            "Ensembles of so many runs: mean score in points (correlations times 100) and, in "
            f"brackets, standard deviation. They {_joined(section)}, as those of "
            "steadytune train --seeds N --keep ensemble do; the mean is over all that the runs can "
            "form. An ensemble costs as many trainings as it has runs.",
            "Learned: runs that ended above the majority-class baseline on their training "
            "examples; an ensemble leaves out the others if it has any of these. The standard "
            "deviation is that between ensembles that share no run; 10 runs make few such pairs of "
            "size 5. Gain: over single runs, with a jackknife interval over the runs, which is too "
            f"narrow where runs fail. Up to {MOST_RUNS} runs per method, on one training subset.",
        ),
    )


def _joined(section: SectionNumbers) -> str:
    return "take the most typical text" if section.generates else "average probabilities or numbers"


def _columns(show: MetricDisplay) -> tuple[Column[Ensembles], ...]:
    def of_size(size: int) -> Column[Ensembles]:
        heading = "1 run" if size == 1 else f"{size} runs"
        return Column(heading, lambda e: _mean_and_std(e.of(size), show), dispensable=size == 2)

    def gain(found: Ensembles) -> str:
        shown = found.of(SHOWN)
        return NOT_AVAILABLE if shown is None else show.difference(shown.gain)

    def interval(found: Ensembles) -> str:
        shown = found.of(SHOWN)
        return interval_text(shown.interval if shown else None, show.difference)

    def lowest(size: int) -> Column[Ensembles]:
        heading = f"Lowest, {'1 run' if size == 1 else f'{size} runs'}"
        return Column(
            heading, lambda e: show.score(found.lowest if (found := e.of(size)) else None), True
        )

    return (
        Column("Learned", lambda e: f"{e.learned} of {e.runs}"),
        *map(of_size, SIZES),
        lowest(1),
        lowest(SHOWN),
        Column(f"Gain, {SHOWN} runs", gain),
        Column("95 % interval", interval),
    )


def _mean_and_std(found: EnsembleScores | None, show: MetricDisplay) -> str:
    if found is None:
        return NOT_AVAILABLE
    spread = "" if found.std is None else f" ({show.score(found.std)})"
    return f"{show.score(found.mean)}{spread}"
