"""What is said of a trained model: its scores by domain, and the spread over its runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from rich.console import Console
from rich.table import Table

from ..metrics.seq2seq import COPIED, EMPTY, SAME
from ..model_files import is_minilm
from ..records.record import Record
from ..stats import is_degenerate
from ..tasks import DEV, PROBLEMS, TRAIN
from .model_record import ModelRecord

_SEEN = "seen by minilm in its own training"
_LAST = ("loss", "ece", "mse")
_SAID_BELOW = (SAME, EMPTY, COPIED)
_OTHER_AVERAGES = ("f1_macro", "f1_weighted")


@dataclass(frozen=True)
class ScoreRow:
    """The scores on one set of rows.

    Args:
        split: Its name.
        use: What its rows are for, with a word on what the model has seen before.
        rows: Their number.
        constant: What the majority-class baseline scores on the primary metric.
        scores: Metric -> value, None where it is undefined.
    """

    split: str
    use: str
    rows: int
    constant: float
    scores: Mapping[str, float | None]


@dataclass(frozen=True)
class SeedRow:
    """The primary metric of one run, on the validation rows and on each domain."""

    seed: int
    taken: bool
    scores: Mapping[str, float | None]


def score_rows(record: ModelRecord) -> list[ScoreRow]:
    """One entry a split, in the order in which they are shown."""
    task, model = record.task, record.spec.fields["model"]
    return [
        ScoreRow(
            split,
            use_of(split, task.in_domain, task.exposed, model),
            task.sizes[split] or 0,
            task.constant[split] or 0.0,
            scores,
        )
        for split, scores in record.results.items()
    ]


def use_of(split: str, in_domain: str, exposed: Collection[str], model: str) -> str:
    """What the rows of a split are for, in words."""
    if split == TRAIN:
        return "trained on"
    if split == DEV:
        return "for validation"
    side = "in domain" if split == in_domain else "out of domain"
    seen = is_minilm(model) and split in exposed
    return f"{side}, {_SEEN}" if seen else side


def metric_names(record: ModelRecord) -> list[str]:
    """The metrics that are shown: defined somewhere, the primary one first and losses last.

    F1 stands there once, in the form that is the primary metric or that is usual.
    """
    every = ((n, v) for scores in record.results.values() for n, v in scores.items())
    found = {name for name, value in every if value is not None and name not in _SAID_BELOW}
    primary = record.task.metric
    averages = _OTHER_AVERAGES if "f1" in found else ()
    middle = sorted(found - {primary, *_LAST, *averages})
    return [primary, *middle, *(name for name in _LAST if name in found)]


def metric_title(metric: str, record: ModelRecord) -> str:
    """A metric as tables have it: F1 with the class of two that it is of, or with its average.

    Args:
        metric: Its name.
        record: The model's record.
    """
    names = record.input.label_names
    if metric != "f1" or not PROBLEMS[record.task.kind].exclusive:
        return metric.replace("Ans_", "Ans ")  # of two words, so that a narrow table breaks it
    return f"f1 ({names[1] if len(names) == 2 else 'macro'})"


def seed_rows(record: ModelRecord) -> list[SeedRow]:
    """One entry per run, where the model is made of several."""
    selection = record.selection
    if not selection:
        return []
    return [
        SeedRow(member.seed, member.seed in selection.taken, member.scores)
        for member in selection.members
    ]


def lost_seeds(record: ModelRecord) -> str:
    """A sentence on the runs that gave no model; empty where there are none."""
    lost = record.selection.lost if record.selection else []
    if not lost:
        return ""
    seeds = ", ".join(map(str, lost))
    return f"Not counted here, since they diverged or failed: seed{'s' * (len(lost) > 1)} {seeds}."


def left_out(record: ModelRecord) -> str:
    """A sentence on the runs that learned nothing and are in no ensemble; empty where all are."""
    if not record.is_ensemble:
        return ""
    seeds = [str(row.seed) for row in seed_rows(record) if not row.taken]
    if not seeds:
        return ""
    word, whose = ("seeds", "their") if len(seeds) > 1 else ("seed", "its")
    return (
        f"Left out of the ensemble: {word} {', '.join(seeds)}, which learned nothing from "
        f"{whose} training rows."
    )


def no_better_than_constant(record: Record, split: str) -> bool:
    """Whether the primary metric on a split is no better than the baseline's.

    An undefined one counts as 0.
    """
    task = record.task
    assert task is not None
    return is_degenerate(record.results[split][task.metric] or 0.0, task.constant[split] or 0.0)


def not_learned(record: ModelRecord) -> str:
    """What to try where the model is no better than the majority-class baseline; else empty."""
    domain, method = record.task.in_domain, record.spec.method
    if not no_better_than_constant(record, domain):
        return ""
    rate, epochs = record.spec.fields["learning_rate"], record.spec.fields["epochs"]
    change = f"try `learning_rate={2 * rate:g}` (it was {rate:g}) or more `epochs` than {epochs:g}"
    weaker = "" if method == "plain" else f", or use {method} weaker, later or not at all"
    return (
        f"Not learned: on {domain} the model is no better than the majority-class baseline; "
        f"{change}{weaker}."
    )


def spread(rows: Sequence[SeedRow], split: str) -> tuple[float, float] | None:
    """Mean and standard deviation over the runs; None for fewer than two defined scores."""
    values = [v for row in rows if (v := row.scores.get(split)) is not None]
    return (mean(values), stdev(values)) if len(values) > 1 else None


def shown(value: float | None) -> str:
    """A score as tables have it."""
    return "-" if value is None else f"{value:.4f}"


def print_scores(record: ModelRecord, console: Console) -> None:
    """Print the table of scores, and that of the runs if there are several."""
    metrics = metric_names(record)
    table, uses = Table(box=None, pad_edge=False, header_style="bold"), dict[str, list[str]]()
    titles = [metric_title(metric, record) for metric in metrics]
    for heading in ("rows", "number", "constant", *titles):
        is_name = heading == "rows"
        table.add_column(heading, justify="left" if is_name else "right", no_wrap=is_name)
    for row in score_rows(record):
        numbers = [shown(row.constant), *(shown(row.scores.get(name)) for name in metrics)]
        table.add_row(row.split, str(row.rows), *numbers)
        uses.setdefault(row.use, []).append(row.split)
    console.print(table)
    print_uses(uses, console)
    if seeds := seed_rows(record):
        console.print()
        console.print(_seed_table(seeds, record))
    chosen = [
        f"{name} {record.findings[name]:.4g}"
        for name in PROBLEMS[record.task.kind].choices
        if name in record.findings and len(seed_rows(record)) < 2
    ]
    doubts = [
        f"warning: {split}: {doubt}"
        for split, scores in record.results.items()
        for doubt in PROBLEMS[record.task.kind].doubts(dict(scores))
    ]
    notices = (*chosen, *doubts, left_out(record), lost_seeds(record), not_learned(record))
    for notice in notices:
        if notice:
            console.print(notice, markup=False, highlight=False, soft_wrap=True)


def print_uses(uses: Mapping[str, Sequence[str]], console: Console) -> None:
    """Print which rows are for what, below a table that has no room for it."""
    for use, splits in uses.items():
        console.print(f"{use}: {', '.join(splits)}", markup=False, highlight=False, soft_wrap=True)


def _seed_table(rows: Sequence[SeedRow], record: ModelRecord) -> Table:
    splits = [split for split in record.results if split != TRAIN]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"seed ({record.task.metric})")
    for split in splits:
        table.add_column(split, justify="right")
    for row in rows:
        name = f"{row.seed}, taken" if row.taken else str(row.seed)
        table.add_row(name, *(shown(row.scores.get(split)) for split in splits))
    spreads = [spread(rows, split) for split in splits]
    table.add_row("mean", *(shown(s and s[0]) for s in spreads))
    table.add_row("standard deviation", *(shown(s and s[1]) for s in spreads))
    return table
