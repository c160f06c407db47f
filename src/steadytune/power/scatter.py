"""How scores scatter over seeds in a study that was run: what a plan for another one needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._checks import near
from .._exceptions import DataError
from ..stats import Interval, matched, std_interval

if TYPE_CHECKING:
    from ..reporting import Elsewhere
    from ..reporting.analysis.section_numbers import Comparison, SectionNumbers
    from ..reporting.reading.run import Run

FloatArray = NDArray[np.float64]
FEWEST_PAIRS = 3


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """How far two methods' scores scatter over the seeds that both have.

    Args:
        heading: What the runs have in common besides the method.
        domain: Where they were scored.
        metric: The metric.
        method: The method.
        baseline: What it is compared with.
        pairs: Seeds that both have, counted on every training subset.
        subsets: How many training subsets the pairs are of.
        std: Standard deviation of the baseline's scores.
        std_differences: That of the paired differences.
        interval: 95 % interval of `std_differences`, for normal differences.
        correlation: Between the two methods' scores; 0 where one of them does not vary, and at most
            0.99 in size, since a few pairs can lie on a line by chance.
        stand_ins: Scores that are the majority-class baseline's, since the run did not end well.
    """

    heading: str
    domain: str
    metric: str
    method: str
    baseline: str
    pairs: int
    subsets: int
    std: float
    std_differences: float
    interval: Interval
    correlation: float
    stand_ins: int


@dataclass(frozen=True)
class StudyScatter:
    """The scatter of every comparison of a study, and what was left out and why."""

    found: tuple[Scatter, ...]
    warnings: tuple[str, ...]


def study_scatter(
    source: Path | Elsewhere,
    *,
    baseline: str = "plain",
    method: str | None = None,
    domain: str | None = None,
) -> StudyScatter:
    """Estimate from runs how scores scatter.

    Args:
        source: Output folder of a study, or runs that were made elsewhere.
        baseline: The method that the others are compared with.
        method: Only this one of the others; all if None.
        domain: Where scores count; the domain trained on if None.

    Raises:
        DataError: If there is no such folder, method or domain, or no method has three pairs whose
            differences vary.
    """
    from ..reporting import build_report

    runs, warnings = _runs(source)
    report = build_report(runs, title="power", baseline=baseline, warnings=warnings)
    pairs = [(s.heading, s.numbers) for s in report.sections]
    methods = {m for _, section in pairs for m in section.methods}
    _require_known("method", baseline, methods)
    if method is not None:
        _require_known("method", method, methods - {baseline})
    if domain is not None:
        _require_known("domain", domain, {d.domain.name for _, s in pairs for d in s.domains})
    found = tuple(s for heading, section in pairs for s in _of(heading, section, method, domain))
    if not found:
        raise DataError(
            f"{source if isinstance(source, Path) else source.name} has no method with "
            f"{FEWEST_PAIRS} seeds in common with {baseline!r} whose differences vary: run more "
            "seeds, or give `std`"
        )
    return StudyScatter(found, report.warnings)


def _runs(source: Path | Elsewhere) -> tuple[Sequence[Run], Sequence[str]]:
    from ..reporting.reading.elsewhere import parse_elsewhere
    from ..reporting.reading.records import parse_folder

    return parse_folder(source) if isinstance(source, Path) else parse_elsewhere([source])


def _of(
    heading: str, section: SectionNumbers, method: str | None, domain: str | None
) -> Iterator[Scatter]:
    for comparison in section.comparisons:
        wanted = comparison.in_domain if domain is None else comparison.domain.name == domain
        if wanted and method in (None, comparison.method):
            scatter = _scatter(heading, section, comparison)
            if scatter is not None:
                yield scatter


def _scatter(heading: str, section: SectionNumbers, comparison: Comparison) -> Scatter | None:
    domain = next(d for d in section.domains if d.domain == comparison.domain)
    scores = {m.method: m for m in domain.methods}
    treatment, control = scores[comparison.method], scores[comparison.baseline]
    left, right = matched(treatment.scores, control.scores)
    interval = std_interval(left - right)
    if left.size < FEWEST_PAIRS or interval is None:
        return None
    return Scatter(
        heading=heading,
        domain=comparison.domain.name,
        metric=section.task.metric,
        method=comparison.method,
        baseline=comparison.baseline,
        pairs=left.size,
        subsets=len({key[1:] for key in treatment.scores if key in control.scores}),
        std=float(right.std(ddof=1)),
        std_differences=float((left - right).std(ddof=1)),
        interval=interval,
        correlation=_correlation(left, right),
        stand_ins=len(treatment.stand_ins) + len(control.stand_ins),
    )


def _correlation(left: FloatArray, right: FloatArray) -> float:
    if min(np.ptp(left), np.ptp(right)) == 0:
        return 0.0
    return float(np.clip(np.corrcoef(left, right)[0, 1], -0.99, 0.99))


def _require_known(what: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if name in names:
        return
    hint = near(name, names, 1, show=repr) or f"it has {', '.join(names) or 'none'}"
    raise DataError(f"the study has no {what} {name!r}: {hint}")
