"""The verdict in at most three sentences, what matters most first, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean

from ..._counted import counted
from ...records.recipe import named_as_ours, option_name, recipe_fields
from ...stats import EnsembleScores, Interval
from ..analysis.metric_display import MetricDisplay, interval_text, quoted, ratio_text
from ..analysis.over_tasks import OverTasks, PooledComparison
from ..analysis.section_numbers import Comparison, Ensembles, MethodScores, SectionNumbers
from ..tables.over_tasks import POINTS
from .qualifications import learned_text
from .verdict import Judged, nothing_to_compare, outcome

MOST_CLAIMS = 3
MOST_NAMED = 4
TOGETHER = 3
"""The size of the ensembles that are spoken of."""


Lost = Mapping[str, tuple[int, int]]
"""Method -> how many of its runs did not learn, of how many."""


@dataclass(frozen=True)
class Headline:
    """What a reader takes away.

    Args:
        claims: At most three sentences.
        advice: What to do; empty where nothing follows.
        command: The command line that does it; empty where it is not known.
    """

    claims: tuple[str, ...]
    advice: str = ""
    command: str = ""


def headline(section: SectionNumbers, command: str = "") -> Headline:
    """The headline of one section.

    Args:
        section: Its numbers.
        command: The command line that made the runs.
    """
    claims = (_not_learned(section), _scores(section), _ensembles(section), _steadiness(section))
    shown = tuple(claim for claim in claims if claim)[:MOST_CLAIMS]
    if _mostly_failed(section.in_domain.methods):
        return Headline(shown, "Before comparing methods, find a recipe with which plain learns.")
    best = _best(section.primary, section.metric.higher_is_better)
    method = best or section.baseline or section.methods[0]
    together = any(found.method == method for found, _ in _helpful(section))
    train = _train_command(command, section, method, together)
    return Headline(shown, _advice(method, together, bool(train)), train)


def over_tasks_headline(data: OverTasks, sections: Sequence[SectionNumbers]) -> Headline:
    """The headline over several tasks.

    Args:
        data: The averages over tasks.
        sections: The sections of the report, for their ensembles.
    """
    compared = data.inside.comparisons
    over = f"on average over {counted(len(data.inside.tasks), data.unit)}"
    gains = _mean_gains(sections)
    best = _best(compared) or data.baseline
    claims = (
        _listed(compared, data.baseline, over, POINTS, data.degenerate),
        _gain_over_tasks(best, gains.get(best), over),
        _steadier(
            [(c, c.spread.pooled.interval, c.spread.pooled.estimate) for c in compared],
            data.baseline,
            data.degenerate,
        ),
    )
    advice = _advice(best, gains.get(best, 0.0) > 0, False)
    return Headline(tuple(claim for claim in claims if claim), advice)


def _lost(section: SectionNumbers) -> Lost:
    rates = {m.method: m.degenerate for m in section.in_domain.methods}
    return {method: (rate.count, rate.total) for method, rate in rates.items() if rate.total}


def _mostly_failed(methods: Iterable[MethodScores]) -> bool:
    """Whether half of all runs or more did not learn."""
    found = [method.degenerate for method in methods]
    total = sum(rate.total for rate in found)
    return total > 0 and 2 * sum(rate.count for rate in found) >= total


def _not_learned(section: SectionNumbers) -> str:
    """Said first: nothing else means much where runs did not learn."""
    methods = section.in_domain.methods
    if not _mostly_failed(methods):
        return ""
    counts = ", ".join(
        f"{m.degenerate.count} of {m.degenerate.total} of {quoted(m.method)}" for m in methods
    )
    baseline = section.metric.in_words(section.in_domain.constant)
    rate, epochs = section.spec.get("learning_rate"), section.spec.get("epochs")
    than = f" than {rate:g}" if isinstance(rate, float) else ""
    more = f" than {epochs:g}" if isinstance(epochs, float) else ""
    return (
        f"Half of the runs or more did not learn ({counts} ended no better than the majority-class "
        f"baseline, {baseline}): try a higher learning rate{than} or more epochs{more}."
    )


def _scores(section: SectionNumbers) -> str:
    if not section.primary:
        return nothing_to_compare(section)
    lost = _lost(section)
    where = f"on {section.in_domain.domain.remark}"
    return _listed(section.primary, section.baseline or "", where, section.metric, lost)


def _listed(
    comparisons: Sequence[Comparison] | Sequence[PooledComparison],
    baseline: str,
    where: str,
    metric: MetricDisplay,
    lost: Lost,
) -> str:
    """The differences that are shown, the largest first; without one the hints, or the range."""
    known = [c for c in comparisons if c.difference.mean is not None]
    known.sort(key=lambda c: -abs(c.difference.mean or 0.0))

    def told(side: str, first: bool = True) -> str:
        chosen = [c for c in known if outcome(c) == side]
        shown = enumerate(chosen[:MOST_NAMED])
        return _with_rest([_difference(c, metric, lost, first and not i) for i, c in shown], chosen)

    against = f"than {quoted(baseline)} {where}"
    for prefix, say in (("", "Shown to score {}"), ("hint of ", "Only a hint of {} scores")):
        higher, lower = told(f"{prefix}higher"), told(f"{prefix}lower")
        if higher:
            lower = told(f"{prefix}lower", first=False)
            return (
                f"{say.format('higher')} {against}: {higher}{f'; lower: {lower}' if lower else ''}."
            )
        if lower:
            return f"{say.format('lower')} {against}: {lower}."
    return _nothing_shown(known, baseline, where, metric)


def _with_rest(named: Sequence[str], chosen: Sequence[object]) -> str:
    more = len(chosen) - len(named)
    return "; ".join([*named, f"and {more} more"] if more else named)


def _difference(comparison: Judged, metric: MetricDisplay, lost: Lost, first: bool) -> str:
    found, method = comparison.difference, comparison.method
    kind = "95 % interval " if first else ""
    notes = [f"{kind}{interval_text(found.interval, metric.difference)}"]
    if lost.get(method, (0, 0))[0]:
        notes.append(learned_text(*lost[method]))
    return f"{quoted(method)} {metric.difference_in_words(found.mean)} ({', '.join(notes)})"


def _nothing_shown(
    known: Sequence[Judged], baseline: str, where: str, metric: MetricDisplay
) -> str:
    if not known:
        return f"No method shares a seed with {quoted(baseline)} {where}: nothing can be said."
    if len(known) == 1:
        found, (only,) = known[0].difference, known
        interval = found.interval and interval_text(found.interval, metric.difference)
        bounds = f", 95 % interval {interval}" if interval else ""
        return (
            f"No difference between {quoted(only.method)} and {quoted(baseline)} is shown {where}: "
            f"{metric.difference_in_words(found.mean)}{bounds}."
        )
    means = [c.difference.mean or 0.0 for c in known]
    low, high = metric.difference(min(means)), metric.difference(max(means))
    most = metric.difference_in_words(max(means))
    range_text = f"all differences are {most}"
    if low != high:
        range_text = f"the differences lie between {low} and {most}"
    return (
        f"None of {len(known)} methods is shown to score higher or lower than {quoted(baseline)} "
        f"{where}: {range_text}."
    )


def _best(
    comparisons: Sequence[Comparison] | Sequence[PooledComparison], higher_is_better: bool = True
) -> str | None:
    """The method with the largest difference to the better that is shown."""
    shown = [c for c in comparisons if outcome(c) == ("higher" if higher_is_better else "lower")]
    return max(shown, key=lambda c: abs(c.difference.mean or 0.0)).method if shown else None


def _helpful(section: SectionNumbers) -> list[tuple[Ensembles, EnsembleScores]]:
    """Ensembles of three that score higher than single runs, those with the highest score first."""
    sizes = ((found, found.of(TOGETHER)) for found in section.ensembles)
    good = [
        (found, scores)
        for found, scores in sizes
        if scores is not None
        and scores.gain > 0
        and (scores.interval is None or scores.interval.low > 0)
    ]
    return sorted(good, key=lambda pair: -pair[1].mean)


def _ensembles(section: SectionNumbers) -> str:
    found = _helpful(section)
    if not found:
        return ""
    ensembles, scores = found[0]
    show, one = section.metric.in_papers, ensembles.of(1)
    single = show.score(one.mean if one else None)
    interval = (
        f"95 % interval {interval_text(scores.interval, show.difference)}"
        if scores.interval
        else f"from {counted(scores.groups, 'ensemble')}, no interval"
    )
    return (
        f"An ensemble of {TOGETHER} runs of {quoted(ensembles.method)} scores "
        f"{show.score(scores.mean)} in domain, a single run {single}: "
        f"{show.difference_in_words(scores.gain)} ({interval})."
    )


def _mean_gains(sections: Sequence[SectionNumbers]) -> dict[str, float]:
    """Method -> mean gain of its ensembles in points, of those with ensembles in every section."""
    gains: dict[str, list[float]] = {}
    for section in sections:
        for found in section.ensembles:
            if (scores := found.of(TOGETHER)) is not None:
                scale = section.metric.in_papers.scale
                gains.setdefault(found.method, []).append(scale * scores.gain)
    return {m: fmean(found) for m, found in gains.items() if len(found) == len(sections)}


def _gain_over_tasks(method: str, gain: float | None, over: str) -> str:
    if gain is None or gain <= 0:
        return ""
    return (
        f"An ensemble of {TOGETHER} runs of {quoted(method)} scores "
        f"{POINTS.score(gain)} points more than a single run {over} (no interval)."
    )


def _steadiness(section: SectionNumbers) -> str:
    lost = _lost(section)
    found = [(c, c.spread_bootstrap.interval, c.spread.ratio) for c in section.primary]
    return _steadier(found, section.baseline or "", lost)


def _steadier(
    found: Sequence[tuple[Judged, Interval | None, float | None]],
    baseline: str,
    lost: Lost,
) -> str:
    """Never without the runs that did not learn: a method may be steady because it fails."""

    def told(side: Callable[[Interval], bool]) -> str:
        chosen = [(c, r) for c, i, r in found if i is not None and i.excludes(1) and side(i)]
        chosen.sort(key=lambda pair: -abs(log(pair[1] or 1.0)))
        named = [_spread(c.method, ratio, lost, not i) for i, (c, ratio) in enumerate(chosen)]
        return _with_rest(named[:MOST_NAMED], chosen)

    steadier, less = told(lambda i: i.high < 1), told(lambda i: i.low > 1)
    if not steadier and not less:
        return ""
    theirs = f", where {learned_text(*lost[baseline])}" if baseline in lost else ""
    text = f"{'Steadier' if steadier else 'Less steady'} over seeds than {quoted(baseline)}{theirs}"
    also = f"; less steady: {less}" if steadier and less else ""
    return f"{text}: {steadier or less}{also}; exploratory."


def _spread(method: str, ratio: float | None, lost: Lost, first: bool) -> str:
    notes = [f"{ratio_text(ratio)} times the std" if first else ratio_text(ratio)]
    if method in lost:
        notes.append(learned_text(*lost[method]) if first else "{} of {}".format(*lost[method]))
    return f"{quoted(method)} ({', '.join(notes)})"


def _advice(method: str, together: bool, known: bool) -> str:
    options = "" if known or not together else f" (--seeds {TOGETHER} --keep ensemble)"
    runs = f", as an ensemble of {TOGETHER} runs{options}" if together else ""
    return f"Recommended: {quoted(method)}{runs}{':' if known else '.'}"


OPTIONS_OF_TRAIN = frozenset(
    (
        *("task", "train", "test", "validation", "dev", "ood", "text", "label", "kind", "metric"),
        *("positive", "encoding", "delimiter", "skip-bad", "data-root", "model"),
        *("allow-pickled-weights", "trust-remote-code"),
    )
).union(
    option_name(name).removeprefix("--") for name, field in recipe_fields().items() if field.help
)
"""Options that say what `compare` and `train` start from, without their dashes."""


def _train_command(command: str, section: SectionNumbers, method: str, together: bool) -> str:
    """The line that trains what is advised; known where the study was one of options alone."""
    words = _words(command)
    of_a_file = any(word.endswith((".yaml", ".yml")) for word in words)
    if not words or of_a_file or section.varied or "--longer-plain" in words:
        return ""
    kept, keeps = ["steadytune", "train"], False
    for word in words[2:]:
        if word.startswith("--"):
            name = named_as_ours(word.partition("=")[0].removeprefix("--"))
            keeps = name in OPTIONS_OF_TRAIN
        kept += [word] if keeps else []
    kept += ["--method", method] if method != "plain" else []
    kept += ["--seeds", str(TOGETHER), "--keep", "ensemble"] if together else []
    return shlex.join([*kept, "--out", "model"])


def _words(command: str) -> list[str]:
    """The words of one whole command line of options; none where it is anything else."""
    one = command.startswith("steadytune compare -") and "; steadytune " not in command
    try:
        return shlex.split(command) if one and not command.endswith("…") else []
    except ValueError:  # it was written by hand, and a quote has no end
        return []
