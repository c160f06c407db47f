"""One task's scores as an average over tasks counts them: in domain, and out of domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .scoring import Pair
from .section_numbers import DomainScores, SectionNumbers

Scores = Mapping[Pair, float]
_POINTS = 100.0


@dataclass(frozen=True)
class TaskScores:
    """A task on one side of its training domain.

    Args:
        name: What it is called.
        domains: The domains that the scores are means of.
        methods: Method -> scores in points by pair; where a run failed, those of the
            majority-class baseline.
    """

    name: str
    domains: tuple[str, ...]
    methods: Mapping[str, Scores]


def why_excluded(section: SectionNumbers) -> str:
    """Why the section cannot be averaged with others; empty if it can."""
    if section.baseline is None:
        return "the baseline was not run"
    if len(section.methods) < 2:
        return "there is nothing to compare"
    metric = section.metric.in_papers
    if metric.scale != _POINTS or not metric.higher_is_better:
        return f"{metric.name} is not in points where more is better"
    return ""


def inside(name: str, section: SectionNumbers) -> TaskScores:
    """The scores on the domain trained on."""
    return _averaged(name, section, section.domains[:1])


def outside(name: str, section: SectionNumbers) -> TaskScores | None:
    """Means over the domains out of domain that the model did not see in pretraining.

    A run counts where it has a score on all of them. None where there is no such domain.
    """
    unseen = [d for d in section.domains if not (d.domain.in_domain or d.domain.exposed)]
    scored = [d for d in unseen if any(m.scores for m in d.methods)]
    return _averaged(name, section, scored) if scored else None


def _averaged(name: str, section: SectionNumbers, domains: Sequence[DomainScores]) -> TaskScores:
    scale = section.metric.in_papers.scale
    columns = {
        method: [m.scores for d in domains for m in d.methods if m.method == method]
        for method in section.methods
    }
    return TaskScores(
        name=name,
        domains=tuple(d.domain.name for d in domains),
        methods={method: mean_scores(found, scale) for method, found in columns.items()},
    )


def mean_scores(columns: Sequence[Scores], scale: float = 1.0) -> dict[Pair, float]:
    """The mean by pair over columns, times `scale`; pairs that a column lacks are left out."""
    if not columns:
        return {}
    shared = [pair for pair in columns[0] if all(pair in column for column in columns)]
    return {pair: scale * float(np.mean([c[pair] for c in columns])) for pair in shared}
