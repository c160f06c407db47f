"""Out-of-fold predictions of the candidates, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stats.selection import (
    CorrectedScore,
    Score,
    bias_corrected_score,
    paired_standard_error,
)
from .candidates import Candidate
from .kinds import KINDS, Kind, known
from .measure import Measure

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What a candidate says of examples that it was not trained on.

    Args:
        candidate: The candidate.
        outputs: Shape (repetitions, examples, ...); NaN for examples that were not held out.
        failed: Why a training of it came to no end; empty where all did.
    """

    candidate: Candidate
    outputs: Array
    failed: str = ""

    @property
    def places(self) -> NDArray[np.int64]:
        """The examples that every repetition held out."""
        return known(np.moveaxis(self.outputs, 0, 1))


@dataclass(frozen=True, eq=False)
class Judge:
    """Compares candidates on the same examples.

    Args:
        measure: What chooses.
        truth: One entry a training example.
        seed: Of the resamples.
        kind: What outputs are.
    """

    measure: Measure
    truth: Array
    seed: int
    kind: Kind = KINDS["classification"]

    def score(self, found: OutOfFold) -> float:
        """The mean over repetitions of what single models score; minus infinity for failures."""
        if found.failed:
            return -float("inf")
        return self._scorer(found, found.places)(np.arange(len(found.places)))

    def single_scores(self, found: OutOfFold) -> list[float]:
        """What the single models of each repetition score."""
        places = found.places
        return [self.measure(o[places], self.truth[places]) for o in found.outputs]

    def choices(self, found: OutOfFold) -> dict[str, float]:
        """What the predictions of single models decide, all repetitions together."""
        places = found.places
        outputs = np.concatenate(found.outputs[:, places])
        truth = np.concatenate([self.truth[places]] * len(found.outputs))
        return self.kind.choices(outputs, truth, self.measure)

    def ranked(self, found: Sequence[OutOfFold]) -> list[OutOfFold]:
        """The best first; of equal ones the lower loss, then the order in which they came."""
        return sorted(found, key=lambda f: (-self.score(f), self.loss(f)))

    def loss(self, found: OutOfFold) -> float:
        """What tells equal scores apart."""
        if found.failed:
            return float("inf")
        places = found.places
        return float(
            np.mean([self.kind.loss(o[places], self.truth[places]) for o in found.outputs])
        )

    def standard_error(self, one: OutOfFold, other: OutOfFold) -> float:
        """Of the difference between two candidates, over examples."""
        places = np.intersect1d(one.places, other.places)
        return paired_standard_error(
            self._scorer(one, places),
            self._scorer(other, places),
            len(places),
            np.random.default_rng(self.seed),
        )

    def corrected(self, found: Sequence[OutOfFold]) -> CorrectedScore:
        """The score to expect of the best of these candidates."""
        places = found[0].places
        scores = [self._scorer(one, places) for one in found]
        return bias_corrected_score(scores, len(places), np.random.default_rng(self.seed))

    def decided(self, outputs: Array) -> Array:
        """Outputs, one entry an example, with what others decide."""
        return self.kind.decided(outputs, self.truth, self.measure, self.seed)

    def optimism(self, found: Sequence[OutOfFold]) -> float:
        """How much better the best of these candidates looks than it is."""
        corrected = self.corrected(found)
        return max(0.0, corrected.apparent - corrected.score)

    def _scorer(self, found: OutOfFold, places: Array) -> Score:
        """The mean over repetitions for some of these examples."""
        truth = self.truth[places]
        each = [self.measure.scorer(o[places], truth) for o in found.outputs]
        return lambda drawn: float(np.mean([score(drawn) for score in each]))


def suspects(
    outputs: Array, truth: Array, most: int = 20
) -> Iterator[tuple[int, int, float, float]]:
    """The examples whose label is most likely wrong, by out-of-fold confidence.

    Args:
        outputs: Shape (examples, classes), NaN for examples that were not held out.
        truth: Their labels.
        most: How many.

    Yields:
        Place, likelier class, its probability, and that of the label; the least likely label first.
    """
    from scipy.special import softmax

    places = known(outputs)
    shares = softmax(outputs[places], axis=1)
    given = shares[np.arange(len(places)), truth[places]]
    for row in np.argsort(given, kind="stable")[:most]:
        best = int(shares[row].argmax())
        if best == truth[places[row]]:
            return
        yield int(places[row]), best, float(shares[row, best]), float(given[row])
