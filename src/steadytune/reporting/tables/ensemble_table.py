"""The table of what ensembles of a few seeds would score."""

from __future__ import annotations

from ...stats import EnsembleScores
from ..analysis.ensembles import SIZES
from ..analysis.metric_display import NOT_AVAILABLE, MetricDisplay
from ..analysis.predicted import MOST_RUNS
from ..analysis.setting import Ensembles, Setting
from .table import Group, Row, Table, interval_text

_SHOWN = 3
"""The size whose lowest score and gain are shown: few trainings, and many ensembles of 10 runs."""


def ensemble_table(setting: Setting) -> Table | None:
    """One row a method; None without predictions to make ensembles of."""
    if not setting.ensembles:
        return None
    show = setting.metric.in_papers
    rows = (Row(result.method, _cells(result, show), result.method) for result in setting.ensembles)
    return Table(
        title="Scores of ensembles of seeds",
        first="Method",
        columns=(
            "Learned",
            *("1 run" if size == 1 else f"{size} runs" for size in SIZES),
            "Lowest, 1 run",
            f"Lowest, {_SHOWN} runs",
            f"Gain, {_SHOWN} runs",
            "95 % interval",
        ),
        groups=(Group(f"{setting.in_domain.domain.name}, in domain", tuple(rows)),),
        notes=(
            "The mean score in points, correlations times 100, and in brackets the standard "
            "deviation, of ensembles of so many runs, which average predictions (probabilities, or "
            "numbers) as those of steadytune train --seeds N --keep ensemble do: over all that can "
            "be made of the runs. An ensemble costs as many trainings as it has runs.",
            "Learned: the runs that ended on their training rows above the constant predictor; an "
            "ensemble leaves out the others if it has any of these. The standard deviation is that "
            "of ensembles of other seeds, from pairs without a common run; 10 runs make few pairs "
            "of 5. Gain: over single runs, with an interval by jackknife over the runs, too narrow "
            "where runs fail. Up to "
            f"{MOST_RUNS} runs a method, on one training subset.",
        ),
        dispensable=("2 runs", "Lowest, 1 run", f"Lowest, {_SHOWN} runs"),
    )


def _cells(result: Ensembles, show: MetricDisplay) -> tuple[str, ...]:
    found = {scores.size: scores for scores in result.sizes}
    shown = found.get(_SHOWN)
    return (
        f"{result.learned} of {result.runs}",
        *(_mean_and_std(found.get(size), show) for size in SIZES),
        show.score(found[1].lowest),
        NOT_AVAILABLE if shown is None else show.score(shown.lowest),
        NOT_AVAILABLE if shown is None else show.difference(shown.gain),
        interval_text(shown.interval if shown else None, show.difference),
    )


def _mean_and_std(found: EnsembleScores | None, show: MetricDisplay) -> str:
    if found is None:
        return NOT_AVAILABLE
    spread = "" if found.std is None else f" ({show.score(found.std)})"
    return f"{show.score(found.mean)}{spread}"
