"""The search: rates and lengths of plain training, then methods, then the best ones once more.

Every decision is made between rounds, from records alone and in the order of the plan, so that it
is the same however many trainings are carried out at a time, and after a kill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from .._exceptions import NoResultError
from ..stats.selection import CorrectedScore
from .candidates import DEFAULT, Candidate, plain_grid
from .folds import Cell
from .judge import Judge, OutOfFold
from .plan import FIRST_FOLDS, Plan, survivors
from .work import Work


@dataclass(frozen=True)
class Tried:
    """What came of a candidate.

    Args:
        candidate: The candidate.
        score: On the folds that it was trained for; None where a training came to no end.
        trainings: How many there were.
        end: What became of it.
    """

    candidate: Candidate
    score: float | None
    trainings: int
    end: str


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Args:
        chosen: The candidate that the model is made with.
        plain: Plain training at the rate and length that suit it best.
        reason: Why it was chosen, in a sentence.
        tried: Every candidate, in the order of the plan.
        out_of_fold: Of the chosen one, in all repetitions; None without a search.
        corrected: The score to expect of a single model; None without a search.
        plain_scores: What single models of plain training score out of fold, one a repetition.
    """

    chosen: Candidate
    plain: Candidate
    reason: str
    tried: tuple[Tried, ...] = ()
    out_of_fold: OutOfFold | None = None
    corrected: CorrectedScore | None = None
    plain_scores: tuple[float, ...] = ()


@dataclass(eq=False)
class Search:
    """Carries out a plan's search.

    Args:
        work: Where trainings happen.
        judge: Compares candidates.
        plan: How much is tried.
    """

    work: Work
    judge: Judge
    plan: Plan
    _tried: dict[Candidate, Tried] = field(default_factory=dict)

    def carry_out(self) -> Found:
        """Search.

        Raises:
            NoResultError: If no plain training comes to its end.
        """
        grid = plain_grid(
            len(self.work.task.train), self.work.setup.width, self.plan.rates, self.plan.lengths
        )
        if not self.plan.repetitions:
            return self._unsearched(grid[0])
        plain = self._best_plain(grid)
        methods = [replace(plain, method=name) for name in self.plan.methods]
        complete = self._best_methods(plain, methods)
        default = next((f for f in complete if f.candidate.method == DEFAULT), complete[0])
        rivals = [f for f in self.judge.ranked(complete) if f is not default][:1]
        last = self._round([f.candidate for f in (default, *rivals)], self._all_cells(), "repeat")
        chosen, reason = self._decide(last[0], last[1:])
        for found in last:
            end = "chosen" if found is chosen else "not better by more than one standard error"
            self._note(found, end)
        again = next((f for f in last if f.candidate == plain), None)
        return Found(
            chosen=chosen.candidate,
            plain=plain,
            reason=reason,
            tried=tuple(self._tried.values()),
            out_of_fold=chosen,
            corrected=self.judge.corrected([f for f in complete if not f.failed]),
            plain_scores=tuple(
                self.judge.single_scores(again or self._of(plain, self.work.cells(1)))
            ),
        )

    def _unsearched(self, plain: Candidate) -> Found:
        chosen = replace(plain, method=DEFAULT)
        reason = "the budget leaves no room to try others"
        return Found(chosen, plain, reason)

    def _best_plain(self, grid: Sequence[Candidate]) -> Candidate:
        cells = self.work.cells(1)
        first = self._round(grid, cells[:FIRST_FOLDS], "learning rates")
        ranked = self.judge.ranked(first)
        kept = [f.candidate for f in ranked[: survivors(len(grid))]]
        in_order = [candidate for candidate in grid if candidate in kept]
        for found in first:
            if found.candidate not in kept:
                self._note(found, "behind after the first folds")
        complete = self._round(in_order, cells, "learning rates, other folds")
        best = self.judge.ranked(complete)[0]
        for found in complete:
            self._note(found, "best rate" if found is best else "behind")
        if best.failed:
            raise NoResultError(
                f"no training came to its end ({best.failed}); give another `model`"
            )
        return best.candidate

    def _best_methods(self, plain: Candidate, methods: list[Candidate]) -> list[OutOfFold]:
        """The candidates that were trained on all folds: plain, and those that kept up."""
        cells = self.work.cells(1)
        first = self._round(methods, cells[:FIRST_FOLDS], "steadier methods")
        others = self.judge.ranked([f for f in first if f.candidate.method != DEFAULT])
        kept = [f.candidate for f in islice(others, 1) if not f.failed]
        for found in others:
            if found.candidate not in kept:
                self._note(found, "behind after the first folds")
        in_order = [c for c in methods if c.method == DEFAULT or c in kept]
        complete = self._round(in_order, cells, "steadier methods, other folds")
        for found in complete:
            self._note(found, found.failed or "behind")
        return [f for f in (*complete, self._of(plain, cells)) if not f.failed]

    def _decide(self, default: OutOfFold, rivals: Sequence[OutOfFold]) -> tuple[OutOfFold, str]:
        """The default one, unless a rival is better by more than one paired standard error."""
        measure, judge = self.judge.measure, self.judge
        name = default.candidate.method
        for rival in rivals:
            gain = judge.score(rival) - judge.score(default)
            error = judge.standard_error(rival, default)
            shown = f"{measure.difference(gain)}, standard error {100 * error:.1f}"
            if not measure.percent:
                shown = f"{measure.difference(gain)}, standard error {error:.3f}"
            if gain > error:
                return rival, f"it is above {name} by more than one standard error ({shown})"
            return default, (
                f"{rival.candidate.method} is not above it by more than one standard error "
                f"({shown})"
            )
        return default, "it came to its end alone"

    def _all_cells(self) -> list[Cell]:
        repetitions = range(1, self.plan.repetitions + 1)
        return [cell for repetition in repetitions for cell in self.work.cells(repetition)]

    def _round(
        self, candidates: Sequence[Candidate], cells: Sequence[Cell], what: str
    ) -> list[OutOfFold]:
        self.work.carry_out(
            [self.work.cell_spec(candidate, cell) for candidate in candidates for cell in cells],
            what,
        )
        return [self._of(candidate, cells) for candidate in candidates]

    def _of(self, candidate: Candidate, cells: Sequence[Cell]) -> OutOfFold:
        found = self.work.out_of_fold(candidate, cells)
        self._tried.setdefault(candidate, Tried(candidate, None, 0, ""))
        count = max(len(cells), self._tried[candidate].trainings)
        self._tried[candidate] = replace(self._tried[candidate], trainings=count)
        return found

    def _note(self, found: OutOfFold, end: str) -> None:
        known = self._tried[found.candidate]
        score = None if found.failed else self.judge.score(found)
        self._tried[found.candidate] = replace(known, score=score, end=found.failed or end)
