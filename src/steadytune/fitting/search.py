"""The search: rates and lengths of plain training, then stabilisers, then the best.

All candidates are trained for the same fold first, and only those that keep up for further ones.

Every decision is made between rounds, from records alone and in the order of the plan, so that it
is the same however many trainings go on at a time, and after a kill.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._exceptions import NoResultError
from ..stats.selection import CorrectedScore
from .candidates import DEFAULT, FROZEN, Candidate, plain_grid
from .folds import Cell
from .judge import Judge, OutOfFold
from .plan import LAST, RATES, RATES_AGAIN, SECOND_FOLDS, STEADY, Plan, survivors
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
        corrected: The score to expect of the best of the last candidates; None without a search.
        optimism: How much better the chosen one looks out of fold than it is, for having been
            chosen.
        plain_scores: What single models of plain training score out of fold, one a repetition.
        plain_choices: What their predictions decide.
        plain_on: The number of examples that they are scored on.
    """

    chosen: Candidate
    plain: Candidate
    reason: str
    tried: tuple[Tried, ...] = ()
    out_of_fold: OutOfFold | None = None
    corrected: CorrectedScore | None = None
    optimism: float = 0.0
    plain_scores: tuple[float, ...] = ()
    plain_choices: Mapping[str, float] = field(default_factory=dict)
    plain_on: int = 0


@dataclass(eq=False)
class Search:
    """Carries out a plan's search.

    Args:
        work: Where trainings happen.
        judge: Compares candidates.
        plan: How much is tried; what came of it where it was shortened on the way.
        shorten: Gives the plan to go on with before a round, by the clock.
    """

    work: Work
    judge: Judge
    plan: Plan
    shorten: Callable[[Plan, str], Plan] = lambda plan, before: plan
    _tried: dict[Candidate, Tried] = field(default_factory=dict)

    def carry_out(self) -> Found:
        """Search.

        Raises:
            NoResultError: If no plain training finishes.
        """
        if self.plan.frozen:
            return Found(FROZEN, FROZEN, "the budget leaves no room to train the model itself")
        self.plan = self.shorten(self.plan, RATES)
        rates = self.work.setup.rates[: self.plan.rates]
        grid = plain_grid(len(self.work.task.train), rates, self.plan.lengths)
        if not self.plan.folds:
            reason = "the budget leaves no room to try others"
            suits = self.work.setup.suited([DEFAULT])
            return Found(grid[0].with_stabiliser(DEFAULT) if suits else grid[0], grid[0], reason)
        plain = self._best_plain(grid)
        self.plan = self.shorten(self.plan, STEADY)
        early = self._stabilisers(plain)
        rivals = self.judge.ranked(early[1:])[:1]
        finalists = [found.candidate for found in (early[0], *rivals)]
        self.plan = self.shorten(self.plan, LAST)
        last = self._round(finalists, self._all_cells(), LAST)
        if all(found.failed for found in last):
            raise _no_training(last[0])
        default, *rivals = (found for found in last if not found.failed)
        chosen, reason = self._decide(default, rivals)
        above = "not better" if chosen is default else "behind"
        for found in last:
            lost = f"{above} by more than one standard error"
            self._note(found, "chosen" if found is chosen else lost)
        again = next((f for f in last if f.candidate == plain), None)
        as_plain = again or self._of(plain, self._cells(SECOND_FOLDS))
        return Found(
            chosen=chosen.candidate,
            plain=plain,
            reason=reason,
            tried=tuple(self._tried.values()),
            out_of_fold=chosen,
            corrected=self.judge.corrected([default, *rivals]),
            optimism=self._optimism(chosen, [default, *rivals], early),
            plain_scores=tuple(self.judge.single_scores(as_plain)),
            plain_choices=self.judge.choices(as_plain),
            plain_on=len(as_plain.places),
        )

    def _best_plain(self, grid: Sequence[Candidate]) -> Candidate:
        """All on one fold, the two best on two."""
        first = self._ranked_round(grid, self._cells(1), RATES)
        kept = [f.candidate for f in first[: survivors(len(grid))]]
        in_order = [candidate for candidate in grid if candidate in kept]
        for found in first:
            self._note(found, "behind after the first fold")
        second = self._ranked_round(in_order, self._cells(SECOND_FOLDS), RATES_AGAIN)
        for found in second:
            self._note(found, "best rate" if found is second[0] else "behind")
        if second[0].failed:
            raise _no_training(second[0])
        return second[0].candidate

    def _stabilisers(self, plain: Candidate) -> list[OutOfFold]:
        """The default one, and what is tried beside it; plain training is the last of it.

        Where the model does not take the default one, plain training stands in its place.
        """
        cells = self._cells(SECOND_FOLDS)
        suited = self.work.setup.suited(self.plan.stabilisers)
        settings = [plain.with_stabiliser(stabiliser) for stabiliser in suited]
        tried = self._round(settings, cells, STEADY)
        suits = DEFAULT in suited
        for found in tried[1:] if suits else tried:
            self._note(found, "behind")
        return [*tried, self._of(plain, cells)] if suits else [self._of(plain, cells), *tried]

    def _optimism(
        self, chosen: OutOfFold, last: Sequence[OutOfFold], early: Sequence[OutOfFold]
    ) -> float:
        """By the bootstrap; that of a rival also from having been chosen on the first folds."""
        total = self.judge.optimism(last)
        if chosen.candidate == early[0].candidate:
            return total
        rivals = [found for found in early[1:] if not found.failed]
        share = len(rivals[0].places) / len(chosen.places)
        return total + share * self.judge.optimism(rivals)

    def _decide(self, default: OutOfFold, rivals: Sequence[OutOfFold]) -> tuple[OutOfFold, str]:
        """The default one, unless a rival is better by more than one paired standard error."""
        if not rivals:
            return default, "it was the only one that finished"
        measure, judge, rival = self.judge.measure, self.judge, rivals[0]
        gain = judge.score(rival) - judge.score(default)
        error = judge.standard_error(rival, default)
        errors = f"{100 * error:.1f}" if measure.percent else f"{error:.3f}"
        shown = f"{measure.difference(gain)}, standard error {errors}"
        if gain > error:
            name = default.candidate.name
            return rival, f"it is above {name} by more than one standard error ({shown})"
        return default, (
            f"{rival.candidate.name} is not above it by more than one standard error ({shown})"
        )

    def _cells(self, most: int) -> list[Cell]:
        """The first so many folds, as far as the plan has any."""
        return self.work.cells(1)[: min(most, self.plan.folds)]

    def _all_cells(self) -> list[Cell]:
        again = range(2, self.plan.repetitions + 1)
        return self._cells(self.plan.folds) + [c for n in again for c in self.work.cells(n)]

    def _ranked_round(
        self, candidates: Sequence[Candidate], cells: Sequence[Cell], what: str
    ) -> list[OutOfFold]:
        return self.judge.ranked(self._round(candidates, cells, what))

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


def _no_training(found: OutOfFold) -> NoResultError:
    return NoResultError(f"no training finished ({found.failed}); give another `model`")
