"""How a metric is called, scaled and rounded where people read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from ...records.schema import clean_text
from ...stats import Interval

NOT_AVAILABLE = "n/a"


@dataclass(frozen=True)
class MetricDisplay:
    """A metric as people read it.

    Args:
        name: Its name in a sentence.
        unit: Unit of a score, for example `%`; empty for pure numbers.
        difference_unit: Unit of a difference of two scores.
        scale: What a score is multiplied with before it is shown.
        decimals: Digits after the point of a score.
        higher_is_better: False for losses.
    """

    name: str
    unit: str = ""
    difference_unit: str = ""
    scale: float = 1.0
    decimals: int = 3
    higher_is_better: bool = True

    @property
    def heading(self) -> str:
        """Name and unit, for axes and captions."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def difference_heading(self) -> str:
        """A difference of two scores with its unit, for axes."""
        unit = f" ({self.difference_unit})" if self.difference_unit else ""
        return f"difference in {self.name}{unit}"

    @property
    def in_papers(self) -> MetricDisplay:
        """The same metric as tables in papers print it: shares and correlations times 100."""
        bounded = self.scale == 1.0 and self in _CORRELATIONS
        return dataclasses.replace(self, scale=100.0, decimals=1) if bounded else self

    def score(self, value: float | None) -> str:
        """A score without its unit."""
        return number(self._scaled(value), self.decimals)

    def spread(self, value: float | None) -> str:
        """A standard deviation: one digit more than a score, so that small ones stay visible."""
        return number(self._scaled(value), self.decimals + 1)

    def difference(self, value: float | None) -> str:
        """A difference with its sign and without its unit."""
        return signed(self._scaled(value), self.decimals)

    def in_words(self, value: float | None) -> str:
        """A score with its unit."""
        return _with_unit(self.score(value), self.unit)

    def difference_in_words(self, value: float | None) -> str:
        """A difference with its sign and unit."""
        return _with_unit(self.difference(value), self.difference_unit)

    def _scaled(self, value: float | None) -> float | None:
        return None if value is None else value * self.scale


def metric_display(metric: str, kind: str = "") -> MetricDisplay:
    """How to show `metric`; an unknown one is shown as it is, higher being better.

    Args:
        metric: Its key in the results.
        kind: The kind of task; F1 counts words where questions are answered, else a class.
    """
    found = _OF_KIND.get((kind, metric)) or _KNOWN.get(metric)
    return found or MetricDisplay(clean_text(metric))


def _percentage(name: str) -> MetricDisplay:
    return MetricDisplay(name, "%", "points", scale=100.0, decimals=1)


def _points(name: str) -> MetricDisplay:
    """A share that papers print times 100 and without a unit."""
    return MetricDisplay(name, "", "points", scale=100.0, decimals=1)


_CORRELATIONS = tuple(
    MetricDisplay(f"{name} correlation") for name in ("Matthews", "Pearson", "Spearman")
)

_KNOWN = {
    "accuracy": _percentage("accuracy"),
    "precision": _percentage("precision"),
    "recall": _percentage("recall"),
    "f1": _percentage("F1"),
    "f1_macro": _percentage("macro F1"),
    "f1_micro": _percentage("micro F1"),
    "f1_weighted": _percentage("weighted F1"),
    "exact_match": _percentage("exact match"),
    "ece": dataclasses.replace(_percentage("expected calibration error"), higher_is_better=False),
    **dict(zip(("matthews", "pearson", "spearman"), _CORRELATIONS, strict=True)),
    "loss": MetricDisplay("loss", "nats", "nats", higher_is_better=False),
    "mse": MetricDisplay("mean squared error", higher_is_better=False),
    "mae": MetricDisplay("mean absolute error", higher_is_better=False),
    "qwk": MetricDisplay("quadratic weighted kappa"),
    "chrf": _points("chrF"),
    **{f"rouge{variant}": _points(f"ROUGE-{variant}") for variant in "12L"},
}

_OF_KIND = {
    **{(kind, "f1"): _percentage("F1 over words") for kind in ("qa", "qa_no_answer")},
    ("tagging", "f1"): _percentage("F1 over entities"),
}


def number(value: float | None, decimals: int) -> str:
    """A rounded number that never reads `-0.0`; None reads n/a."""
    if value is None:
        return NOT_AVAILABLE
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def signed(value: float | None, decimals: int) -> str:
    """A rounded number with its sign; zero has none."""
    text = number(value, decimals)
    return text if value is None or value < 0 or float(text) == 0 else f"+{text}"


def p_text(value: float | None) -> str:
    """A p-value with two significant digits, small ones as a bound."""
    if value is None:
        return NOT_AVAILABLE
    return "<0.001" if value < 0.001 else f"{value:.2g}"


def share_text(value: float | None) -> str:
    """A share from 0 to 1 with two digits."""
    return number(value, 2)


def ratio_text(value: float | None) -> str:
    """A ratio with two digits."""
    return number(value, 2)


def interval_text(interval: Interval | None, show: Callable[[float | None], str]) -> str:
    """`-0.4 to +1.9`, or n/a."""
    if interval is None:
        return NOT_AVAILABLE
    return f"{show(interval.low)} to {show(interval.high)}"


def duration(seconds: float | None) -> str:
    """A time that people can read: `0.42 s`, `38 s`, `4 min 05 s`, `2 h 10 min`."""
    if seconds is None:
        return NOT_AVAILABLE
    if seconds < 10:
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def quoted(name: str) -> str:
    """A name as a sentence holds it: in quotation marks where it has a comma of its own."""
    return f'"{name}"' if "," in name else name


def capitalized(text: str) -> str:
    """`text` with a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text != NOT_AVAILABLE else text
