"""The search: who goes on to further folds, what is kept, and that choosing gives no optimism."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from steadytune._exceptions import SteadytuneError
from steadytune.fitting.candidates import DEFAULT, FROZEN, PLAIN, Candidate, learning_rates
from steadytune.fitting.folds import Cell
from steadytune.fitting.judge import Judge, OutOfFold
from steadytune.fitting.measure import Measure
from steadytune.fitting.plan import Plan
from steadytune.fitting.search import Search

ACCURACY = Measure("accuracy", lambda p, t: float((p == t).mean()), percent=True)
EXAMPLES = 100
PLAN = Plan(rates=3, lengths=1, others=2, folds=5, members=3)


@dataclass(eq=False)
class ToyWork:
    """Candidates whose share of right answers is known; nothing is trained.

    Args:
        share: Candidate -> its share of right answers; 0 for one that fails.
        draws: Which answers are right.
        unsuited: Methods that the model does not take.
    """

    share: Callable[[Candidate], float]
    draws: np.random.Generator
    trained: dict[tuple[Candidate, Cell], np.ndarray] = field(default_factory=dict)
    unsuited: frozenset[str] = frozenset()

    truth = np.arange(EXAMPLES) % 2

    @property
    def task(self) -> Any:
        return type("Task", (), {"train": range(EXAMPLES)})

    @property
    def setup(self) -> Any:
        return SimpleNamespace(
            rates=learning_rates(384),
            suited=lambda tried: [s for s in tried if s.name not in self.unsuited],
        )

    def cells(self, repetition: int) -> list[Cell]:
        return [Cell(repetition, fold) for fold in range(1, 6)]

    def cell_spec(self, candidate: Candidate, cell: Cell) -> tuple[Candidate, Cell]:
        return candidate, cell

    def carry_out(self, specs: Iterable[tuple[Candidate, Cell]], what: str) -> None:
        for candidate, cell in specs:
            right = self.draws.random(EXAMPLES // 5) < self.share(candidate)
            self.trained.setdefault((candidate, cell), right)

    def out_of_fold(self, candidate: Candidate, cells: Sequence[Cell]) -> OutOfFold:
        repetitions = sorted({cell.repetition for cell in cells})
        outputs = np.full((len(repetitions), EXAMPLES, 2), np.nan)
        for cell in cells:
            held = np.arange(cell.fold - 1, EXAMPLES, 5)
            said = np.where(self.trained[candidate, cell], self.truth[held], 1 - self.truth[held])
            outputs[repetitions.index(cell.repetition), held] = np.eye(2)[said]
        return OutOfFold(candidate, outputs, "" if self.share(candidate) else "diverged: nan")

    def folds_of(self, candidate: Candidate) -> int:
        return sum(one == candidate for one, _ in self.trained)


def search(
    share: Callable[[Candidate], float], plan: Plan = PLAN, seed: int = 0
) -> tuple[ToyWork, Search]:
    work = ToyWork(share, np.random.default_rng(seed))
    return work, Search(cast(Any, work), Judge(ACCURACY, work.truth, seed), plan)


def test_those_behind_get_no_further_folds() -> None:
    work, carried = search(lambda c: {2e-4: 1.0, 4e-4: 0.8, 1e-4: 0.4}[c.learning_rate])
    found = carried.carry_out()
    folds = {rate: work.folds_of(Candidate(PLAIN, rate, 22.0)) for rate in (2e-4, 4e-4, 1e-4)}
    assert folds[4e-4] == 2 and folds[1e-4] == 1
    assert found.plain.learning_rate == 2e-4
    assert work.folds_of(found.chosen) == 5
    ends = {tried.candidate.learning_rate: tried.end for tried in found.tried}
    assert ends[1e-4] == "behind after the first fold"


def test_the_default_is_kept_where_nothing_is_clearly_better() -> None:
    _, carried = search(lambda c: 0.8)
    found = carried.carry_out()
    assert found.chosen.method == DEFAULT.method
    assert "is not above it by more than one standard error" in found.reason


def test_what_is_clearly_better_is_taken() -> None:
    _, carried = search(lambda c: 0.95 if c.head_first else 0.6)
    found = carried.carry_out()
    assert found.chosen.head_first and found.chosen.method == PLAIN
    assert "by more than one standard error" in found.reason
    assert found.out_of_fold is not None and len(found.out_of_fold.places) == EXAMPLES


def test_a_failed_default_leaves_the_others() -> None:
    _, carried = search(lambda c: 0.0 if c.method == DEFAULT.method else 0.8)
    found = carried.carry_out()
    assert found.chosen.method != DEFAULT.method
    assert found.out_of_fold is not None
    assert found.optimism > carried.judge.optimism([found.out_of_fold]) + 0.001
    with pytest.raises(SteadytuneError, match="diverged: nan"):
        search(lambda c: 0.0)[1].carry_out()


def test_without_folds_nothing_is_tried() -> None:
    work, carried = search(lambda c: 0.8, Plan(1, 1, 0, 0, 3))
    found = carried.carry_out()
    assert found.chosen.method == DEFAULT.method and not work.trained
    frozen = Plan(0, 0, 0, 0, 1, frozen=True)
    assert search(lambda c: 0.8, frozen)[1].carry_out().chosen == FROZEN


def test_what_does_not_suit_the_model_is_left_out() -> None:
    work, carried = search(lambda c: 0.0 if c.method == DEFAULT.method else 0.8)
    work.unsuited = frozenset({DEFAULT.method, "ema"})
    found = carried.carry_out()
    assert found.chosen == found.plain  # it takes the place of the default one
    assert {c.method for c, _ in work.trained} == {PLAIN}
    assert all(tried.end for tried in found.tried)
    work, carried = search(lambda c: 0.8, replace(PLAN, others=0))
    work.unsuited = frozenset({DEFAULT.method})
    assert carried.carry_out().chosen.method == PLAIN
    work, carried = search(lambda c: 0.8, Plan(1, 1, 0, 0, 3))
    work.unsuited = frozenset({DEFAULT.method})
    assert carried.carry_out().chosen.method == PLAIN


@pytest.mark.exhaustive
def test_equal_candidates_give_no_optimism() -> None:
    """All candidates are right in 80 % of the cases: what is announced is too, on average."""
    announced = []
    for seed in range(200):
        _, carried = search(lambda c: 0.8, seed=seed)
        found = carried.carry_out()
        assert found.out_of_fold is not None
        announced.append(carried.judge.score(found.out_of_fold) - found.optimism)
    assert abs(np.mean(announced) - 0.8) < 0.005
