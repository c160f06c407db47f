"""What the numbers say in words, and how sure that is.

A difference is called shown only when its interval excludes zero and the sign-flip test, which
does not lean on a normal distribution, reaches 5 % after correction. Everything else is called a
hint, or not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from ..._counted import counted
from ...stats import PairedDifference
from ..analysis.metric_display import MetricDisplay, capitalized, interval_text, p_text, quoted
from ..analysis.section_numbers import Comparison, SectionNumbers
from .qualifications import LEVEL, Qualifications, qualifications


@dataclass(frozen=True)
class Finding:
    """A claim in one short sentence, and the evidence for it."""

    claim: str
    evidence: str = ""


@dataclass(frozen=True)
class Verdict:
    """One finding per method that was compared, and what qualifies them all."""

    findings: tuple[Finding, ...]
    qualifications: Qualifications

    @property
    def details(self) -> tuple[str, ...]:
        """All sentences that qualify the findings."""
        return (*self.qualifications.special, *self.qualifications.general)


def verdict(section: SectionNumbers) -> Verdict:
    """The verdict on one section."""
    return Verdict(
        findings=tuple(_finding(c, section) for c in section.primary)
        or (Finding(nothing_to_compare(section)),),
        qualifications=qualifications(section),
    )


class Judged(Protocol):
    """A comparison in one section or over several tasks."""

    @property
    def method(self) -> str:
        """What is compared."""

    @property
    def difference(self) -> PairedDifference:
        """The differences that interval and test rest on."""

    @property
    def subsets(self) -> int:
        """How many training subsets they count; 0 if they count runs."""

    @property
    def adjusted_p(self) -> float | None:
        """The p-value after correction; None where there is none."""


Outcome = Literal["higher", "lower", "hint of higher", "hint of lower", "not shown", "unknown"]


def outcome(comparison: Judged) -> Outcome:
    """What a primary comparison allows to say."""
    found = comparison.difference
    if found.mean is None or found.count == 1:
        return "unknown"
    if found.interval is None or not found.interval.excludes(0):
        return "not shown"
    if comparison.adjusted_p is None or comparison.adjusted_p > LEVEL:
        return "hint of higher" if found.mean > 0 else "hint of lower"
    return "higher" if found.mean > 0 else "lower"


def nothing_to_compare(section: SectionNumbers) -> str:
    """Why no method is compared."""
    if len(section.methods) == 1:
        return f"Only {quoted(section.methods[0])} was run: there is nothing to compare it with."
    return "The baseline was not run here: there is nothing to compare the methods with."


def _finding(comparison: Comparison, section: SectionNumbers) -> Finding:
    found = comparison.difference
    method, baseline = quoted(comparison.method), quoted(comparison.baseline)
    if found.mean is None:
        return Finding(f"{method} and {baseline} share no seed: their difference is unknown.")
    evidence = _evidence(comparison, section.metric)
    if found.count == 1:
        claim = f"One seed cannot tell whether {method} differs from {baseline}."
        return Finding(claim, f"{evidence}. The next seed may well say the opposite.")
    shown = outcome(comparison)
    if shown == "not shown":
        claim = f"No difference between {method} and {baseline} is shown."
        # What a missing proof means is said once for all methods where they are many.
        alone = len(section.primary) == 1 or found.interval is None
        return Finding(claim, f"{evidence}. {why_not(comparison)}" if alone else f"{evidence}.")
    side = "higher" if found.mean > 0 else "lower"
    if shown.startswith("hint"):
        claim = f"There is a hint that {method} scores {side} than {baseline}."
    else:
        claim = f"{method} scored {side} than {baseline}."
    return Finding(claim, f"{evidence}. {how_sure(comparison, section.metric)}")


def _evidence(comparison: Comparison, metric: MetricDisplay) -> str:
    found = comparison.difference
    subject = f"{capitalized(metric.name)} on {comparison.domain.remark}"
    mean = metric.difference_in_words(found.mean)
    if found.count == 1:
        return f"{subject}: {mean} with the one seed that was run"
    text = f"{subject}: {mean} on average over {amount(comparison)}"
    if found.interval is None:
        return text
    return f"{text}, 95 % interval {interval_text(found.interval, metric.difference)}"


def amount(comparison: Judged) -> str:
    """How many independent differences there are."""
    if comparison.subsets:
        return counted(comparison.subsets, "training subset")
    return counted(comparison.difference.count, "seed")


def why_not(comparison: Judged) -> str:
    """What it means that no difference is shown."""
    if comparison.difference.interval is None:
        unit = "on every training subset" if comparison.subsets else "with every seed"
        return f"The difference is the same {unit}, which leaves no spread to judge it by."
    return "The true difference may have either sign. That does not show that there is none."


def how_sure(comparison: Judged, metric: MetricDisplay) -> str:
    """What supports a difference whose interval excludes zero."""
    found = comparison.difference
    p_value, smallest = comparison.adjusted_p, found.smallest_p
    if p_value is not None and p_value <= LEVEL:
        return f"Chance in the seed alone hardly explains this (sign-flip test, {_p(p_value)})."
    if smallest is not None and smallest > LEVEL:
        return (
            f"The interval excludes zero{_barely(comparison, metric)}, but assumes normal "
            f"differences; the sign-flip test, which does not, cannot go below {_p(smallest)} "
            f"with {amount(comparison)}."
        )
    return (
        f"The interval excludes zero{_barely(comparison, metric)}; the sign-flip test does not "
        f"confirm it ({_p(p_value)})."
    )


def _barely(comparison: Judged, metric: MetricDisplay) -> str:
    """Where an end of the interval reads zero once it is rounded."""
    interval = comparison.difference.interval
    ends = (interval.low, interval.high) if interval else ()
    zero = metric.difference(0.0)
    return " by less than the last digit" if any(metric.difference(e) == zero for e in ends) else ""


def _p(value: float | None) -> str:
    text = p_text(value)
    return f"p below {text[1:]}" if text.startswith("<") else f"p = {text}"
