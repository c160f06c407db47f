"""Tables of scores over seeds, of what they would be without failures, and of the training gap."""

from __future__ import annotations

from ...stats import Summary, TrainTestGap
from ..analysis.metric_display import NOT_AVAILABLE, MetricDisplay
from ..analysis.setting import DomainScores, MethodScores, Setting
from .table import Group, Row, Table, interval_text

_STATISTICS = ("Mean", "Std", "Median", "IQM", "Min", "Max")


def score_table(setting: Setting) -> Table:
    """Scores over seeds by domain and method."""
    return Table(
        title=f"Scores over seeds: {setting.metric.heading}",
        first="Method",
        columns=("Runs", *_STATISTICS, "Degenerate"),
        groups=tuple(_score_group(d, setting.metric) for d in setting.domains),
        notes=_score_notes(setting),
        dispensable=("Median", "IQM"),
    )


def _score_group(scores: DomainScores, metric: MetricDisplay) -> Group:
    constant = metric.in_words(scores.constant)
    return Group(
        heading=f"{scores.domain.name}, {scores.domain.place}",
        remark=f"constant predictor: {constant}",
        rows=tuple(_score_row(m, metric) for m in scores.methods),
    )


def _score_row(method: MethodScores, metric: MetricDisplay) -> Row:
    found = method.degenerate
    share = f"{found.count} of {found.total}" if found.total else NOT_AVAILABLE
    cells = (str(method.summary.count), *_statistics(method.summary, metric), share)
    return Row(method.method, cells, method.method)


def _statistics(summary: Summary, metric: MetricDisplay) -> tuple[str, ...]:
    return (
        metric.score(summary.mean),
        metric.spread(summary.std),
        metric.score(summary.median),
        metric.score(summary.interquartile_mean),
        metric.score(summary.minimum),
        metric.score(summary.maximum),
    )


def _score_notes(setting: Setting) -> tuple[str, ...]:
    notes = [
        "Std is the sample standard deviation (divisor n - 1); n/a where one run leaves it "
        "undefined. IQM, the interquartile mean, is the mean of the middle half of the runs.",
        "A run is degenerate when it ended, in domain, no better than the constant predictor, "
        "which gives every example the same answer. Where such answers leave the metric undefined, "
        "a run that gives them scores what the constant predictor scores.",
    ]
    if setting.subsets > 1:
        notes.append(
            f"The runs use {setting.subsets} training subsets, so the spread is that over seeds "
            "and subsets together."
        )
    if any(d.domain.exposed for d in setting.domains):
        notes.append(
            "What the model saw in pretraining is no test of transfer: scores there may be too "
            "high for every method."
        )
    if _stand_ins(setting):
        notes.append(
            "A run that diverged or crashed while training counts here with the score of the "
            "constant predictor, so that a method cannot gain by failing."
        )
    return tuple(notes)


def finished_table(setting: Setting) -> Table | None:
    """The same scores without the runs that the constant predictor stands for, if there are any."""
    if not _stand_ins(setting):
        return None
    return Table(
        title=f"Secondary: finished runs alone, {setting.metric.heading}",
        first="Method",
        columns=("Runs", *_STATISTICS),
        groups=tuple(
            Group(
                f"{d.domain.name}, {d.domain.place}",
                tuple(_finished_row(m, setting.metric) for m in d.methods),
            )
            for d in setting.domains
        ),
        notes=("This leaves out what failed and so flatters methods that fail often.",),
    )


def _finished_row(method: MethodScores, metric: MetricDisplay) -> Row:
    cells = (str(method.finished.count), *_statistics(method.finished, metric))
    return Row(method.method, cells, method.method)


def _stand_ins(setting: Setting) -> bool:
    return any(m.stand_ins for d in setting.domains for m in d.methods)


def gap_table(setting: Setting) -> Table | None:
    """Scores on the training examples beside those on test examples; None without the former."""
    found = {method: gap for method, gap in setting.gaps.items() if gap.gaps}
    if not found:
        return None
    return Table(
        title=f"Training examples against test examples: {setting.metric.heading}",
        first="Method",
        columns=("Runs", "Training", "Test", "Gap", "95 % interval", "Std of gap"),
        groups=(Group("", tuple(_gap_row(m, g, setting.metric) for m, g in found.items())),),
        notes=(
            "The gap is the score on the training examples minus the score in domain, run by run; "
            "a large one means that the run learned its examples by heart. Finished runs alone.",
        ),
    )


def _gap_row(method: str, gap: TrainTestGap, metric: MetricDisplay) -> Row:
    cells = (
        str(gap.gap.count),
        metric.score(gap.train.mean),
        metric.score(gap.test.mean),
        metric.difference(gap.gap.mean),
        interval_text(gap.interval, metric.difference),
        metric.spread(gap.gap.std),
    )
    return Row(method, cells, method)
