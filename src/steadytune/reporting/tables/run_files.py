"""How every number of a report can be made again: from which runs, by which rule."""

from __future__ import annotations

from collections.abc import Sequence

from ..._page.table import Column, Group, Table, row
from ...records.schema import clean_text
from ..analysis.section_numbers import SectionNumbers
from ..reading.run import Run

MOST_FILES = 2


RULES: tuple[tuple[str, str], ...] = (
    (
        "One row a run",
        "steadytune report DIR --csv runs.csv; the columns counted.<domain> are the scores that "
        "all tables count, where the majority-class baseline stands in for runs that failed.",
    ),
    (
        "Mean, std, median, IQM, min, max",
        "steadytune.stats.summarize of counted.<domain> over the rows of a method.",
    ),
    (
        "Did not learn",
        "steadytune.stats.rate: rows whose counted score in domain is not above constant.<domain>, "
        "with the exact binomial interval.",
    ),
    (
        "Differences, intervals, sign-flip p",
        "steadytune.stats.paired_difference over rows that agree in seed, subset_seed and "
        "data_hash (where the methods differ in how many examples they draw, in the first two); "
        "from three training subsets on, over the means of each subset. "
        "steadytune.stats.holm corrects the p-values in domain.",
    ),
    (
        "Wilcoxon p, improvement",
        "steadytune.stats.signed_rank_test and paired_improvement of the same differences.",
    ),
    (
        "Ratio of spreads",
        "steadytune.stats.compare_spread and bootstrap_spread of the same pairs.",
    ),
    (
        "Over tasks",
        "steadytune.stats.paired_difference of the means over tasks of counted.<in domain> times "
        "100, by seed and subset_seed; pooled_spread of each task's pairs; out of domain likewise "
        "with the mean over a task's domains that are not in seen_in_pretraining.",
    ),
    ("Gap", "steadytune.stats.train_test_gap of results.train and the in-domain results."),
    ("Best of n seeds", "steadytune.stats.expected_best of counted.<in domain>."),
    (
        "Disagreement",
        "steadytune.stats.class_disagreement, label_disagreement or value_disagreement of the "
        "arrays <domain>/... of predictions/*.npz.",
    ),
    (
        "Stability against performance",
        "steadytune.stats.correlation and correlation_within (groups: section and arm) of "
        "noise_moved.after and counted.<in domain>; runs with status ok.",
    ),
)
"""Numbers, and how they come from the columns of the table of runs."""


def runs_table(section: SectionNumbers) -> Table:
    """Which runs stand behind the numbers of a section, and in which files they are."""
    rows = (row(method, _COLUMNS, section.runs_of(method), method) for method in section.methods)
    return Table(
        title="The runs behind these numbers",
        first="Method",
        columns=_COLUMNS,
        groups=(Group("", tuple(rows)),),
        numeric=False,
    )


def _files(runs: Sequence[Run]) -> str:
    names = [run.stem or run.spec_hash for run in runs]
    more = len(names) - MOST_FILES
    text = ", ".join(clean_text(name) for name in names[:MOST_FILES])
    return f"{text} and {more} more" if more > 0 else text


def ranges(numbers: Sequence[int]) -> str:
    """`0-3, 7`: whole numbers in order, neighbours joined."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return clean_text(", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts))


_COLUMNS: tuple[Column[Sequence[Run]], ...] = (
    Column("Runs", lambda runs: str(len(runs))),
    Column("Seeds", lambda runs: ranges([run.spec.seed for run in runs])),
    Column("Training subsets", lambda runs: ranges([run.spec.subset_seed for run in runs])),
    Column("Records", _files),
)
