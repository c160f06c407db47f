"""Statistics over seeds: plain functions of numbers; random ones take a generator."""

from .best_of import ExpectedBest, expected_best
from .bootstrap import (
    BootstrapInterval,
    BootstrapMethod,
    bootstrap_interval,
    bootstrap_mean_interval,
)
from .correlation import Correlation, correlation, correlation_within
from .disagreement import (
    LabelDisagreement,
    ValueDisagreement,
    class_disagreement,
    label_disagreement,
    value_disagreement,
)
from .ensembles import MOST_GROUPS, EnsembleScores, ensemble_scores
from .gap import TrainTestGap, train_test_gap
from .improvement import Improvement, paired_improvement, unpaired_improvement
from .intervals import Interval, interval_coverage, mean_interval, std_interval
from .multiplicity import holm
from .paired import PairedDifference, matched, paired_difference
from .permutation import SignFlipTest, sign_flip_test, smallest_sign_flip_p
from .pooled_spread import PooledSpread, pooled_spread
from .power import (
    detectable_effect,
    detectable_ratio,
    mean_power,
    needed_pairs,
    spread_power,
    std_of_differences,
)
from .sign_flip_interval import sign_flip_interval
from .spread import SpreadComparison, compare_spread
from .spread_bootstrap import bootstrap_spread
from .summary import (
    Rate,
    Summary,
    degenerate_rate,
    interquartile_mean,
    is_degenerate,
    rate,
    summarize,
)
from .wilcoxon import SignedRankTest, signed_rank_test

__all__ = [
    "MOST_GROUPS",
    "BootstrapInterval",
    "BootstrapMethod",
    "Correlation",
    "EnsembleScores",
    "ExpectedBest",
    "Improvement",
    "Interval",
    "LabelDisagreement",
    "PairedDifference",
    "PooledSpread",
    "Rate",
    "SignFlipTest",
    "SignedRankTest",
    "SpreadComparison",
    "Summary",
    "TrainTestGap",
    "ValueDisagreement",
    "bootstrap_interval",
    "bootstrap_mean_interval",
    "bootstrap_spread",
    "class_disagreement",
    "compare_spread",
    "correlation",
    "correlation_within",
    "degenerate_rate",
    "detectable_effect",
    "detectable_ratio",
    "ensemble_scores",
    "expected_best",
    "holm",
    "interquartile_mean",
    "interval_coverage",
    "is_degenerate",
    "label_disagreement",
    "matched",
    "mean_interval",
    "mean_power",
    "needed_pairs",
    "paired_difference",
    "paired_improvement",
    "pooled_spread",
    "rate",
    "sign_flip_interval",
    "sign_flip_test",
    "signed_rank_test",
    "smallest_sign_flip_p",
    "spread_power",
    "std_interval",
    "std_of_differences",
    "summarize",
    "train_test_gap",
    "unpaired_improvement",
    "value_disagreement",
]
