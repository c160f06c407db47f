"""Statistics over seeds: plain functions of numbers; whatever is random takes a generator."""

from .intervals import Interval, interval_coverage, mean_interval
from .multiplicity import holm
from .paired import PairedDifference, matched, paired_difference
from .permutation import SignFlipTest, sign_flip_test, smallest_sign_flip_p
from .spread import SpreadComparison, compare_spread
from .summary import (
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
