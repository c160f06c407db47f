"""Carrying out: what is lost is known by its plan, and a stop tells what is kept."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import pytest
from rich.console import Console

from steadytune._exceptions import DataError
from steadytune.pretrained import Pretrained
from steadytune.records.ledger import Ledger
from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from steadytune.runs.executors import Executor, Run
from steadytune.study.carry_out import RunContext, carry_out
from steadytune.study.study import Arm
from steadytune.study.task_loader import FromSources
from tests.run_records import make_test_record
from tests.study.conftest import MakeStudy
from tests.study.outcomes import outcome_of, planned


@final
@dataclass(frozen=True)
class Losing(Executor):
    """Loses its runs.

    Args:
        until: How many it loses before it is stopped; None for all, and no stop.
    """

    until: int | None = None

    def carry_out(
        self,
        specs: Sequence[RunSpec],
        run: Run,
        on_outcome: Callable[[Outcome], None],
        *others: Any,
    ) -> None:
        for spec in specs[: self.until]:
            on_outcome(Outcome(make_test_record(spec, "failed", results={})))
        if self.until is not None:
            raise KeyboardInterrupt

    def describe(self, specs: Sequence[RunSpec]) -> str:
        return "nowhere"


def context(folder: Path, executor: Executor) -> RunContext:
    console, model = Console(file=io.StringIO()), Pretrained("unused", folder)
    return RunContext(Ledger(folder), executor, FromSources({}), console, model)


def test_a_run_that_is_lost_has_the_task_and_the_arm_of_its_plan(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    runs = planned(make_study(arms=(Arm("base", "plain"),)))
    carry_out(runs, context(tmp_path, Losing()), runs)
    records = {record.spec_hash: record for record in Ledger(tmp_path).read().records}
    assert len(records) == len(runs) == 2
    for run in runs:
        assert run.task["name"] == "toy"
        assert records[run.spec.hash].content()["task"] == run.task
        assert records[run.spec.hash].content()["arm"]["name"] == "base"


def test_a_stop_counts_the_finished_runs_of_the_stage_alone(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    other, runs = planned(make_study(seeds=(7, 8))), planned(make_study())
    for run in (*other, runs[0]):
        Ledger(tmp_path).add(outcome_of(run))
    with pytest.raises(KeyboardInterrupt, match="stopped with 1 of 4 runs"):
        carry_out(runs[1:], context(tmp_path, Losing(until=1)), runs)
    assert len(Ledger(tmp_path).read().records) == 6


def test_records_that_others_remove_are_missed_at_the_end(
    make_study: MakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Ledger.add

    def add_and_lose(ledger: Ledger, outcome: Outcome) -> None:
        shutil.rmtree(ledger.runs, ignore_errors=True)
        add(ledger, outcome)

    runs = planned(make_study())
    monkeypatch.setattr(Ledger, "add", add_and_lose)
    with pytest.raises(DataError, match=r"3 records of 4 runs vanished from .*runs while"):
        carry_out(runs, context(tmp_path, Losing()), runs)
