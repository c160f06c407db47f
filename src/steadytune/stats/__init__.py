"""Statistics over seeds: plain functions of numbers; whatever is random takes a generator."""

from steadytune.stats.intervals import Interval, interval_coverage, mean_interval
from steadytune.stats.multiplicity import holm
from steadytune.stats.paired import PairedDifference, matched, paired_difference
from steadytune.stats.permutation import SignFlipTest, sign_flip_test, smallest_sign_flip_p
from steadytune.stats.spread import SpreadComparison, compare_spread
from steadytune.stats.summary import (
    Rate,
    Summary,
    degenerate_rate,
    interquartile_mean,
    is_degenerate,
    rate,
    summarize,
)

__all__ = [
    "Interval",
    "PairedDifference",
    "Rate",
    "SignFlipTest",
    "SpreadComparison",
    "Summary",
    "compare_spread",
    "degenerate_rate",
    "holm",
    "interquartile_mean",
    "interval_coverage",
    "is_degenerate",
    "matched",
    "mean_interval",
    "paired_difference",
    "rate",
    "sign_flip_test",
    "smallest_sign_flip_p",
    "summarize",
]
