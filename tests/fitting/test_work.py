"""The trainings of a fit: what runs again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from rich.console import Console

from steadytune import ModelError
from steadytune._sealed import seal
from steadytune.fitting.clock import Clock
from steadytune.fitting.work import Work, _Trial
from steadytune.records.ledger import Ledger, run_name
from steadytune.records.outcome import Outcome
from steadytune.records.spec import RunSpec
from tests.run_records import make_spec, make_test_record

ANSWERS = {"dev": {"logits": np.zeros((2, 2))}}


@dataclass
class Pretend:
    """An executor that trains nothing."""

    asked: list[RunSpec] = field(default_factory=list)

    def carry_out(self, specs: Sequence[RunSpec], run: Any, keep: Any, *_: Any) -> None:
        for spec in specs:
            self.asked.append(spec)
            keep(Outcome(make_test_record(spec), ANSWERS))


def work_in(folder: Path) -> tuple[Work, Pretend, io.StringIO]:
    executor, printed = Pretend(), io.StringIO()
    setup = SimpleNamespace(options=SimpleNamespace(source=None, seed=1), model=None)
    ledger, console = Ledger(folder / "search"), Console(file=printed, width=200)
    made = Work(
        cast(Any, setup), ledger, cast(Any, executor), console, Clock(folder / "clock.json")
    )
    return made, executor, printed


@pytest.mark.parametrize("damage", ["missing", "cut", "model"])
def test_what_is_damaged_runs_again_and_is_named(tmp_path: Path, damage: str) -> None:
    work, executor, printed = work_in(tmp_path)
    specs = [make_spec(1), make_spec(2)]
    for spec in specs:
        work.ledger.add(Outcome(make_test_record(spec), ANSWERS))
        model = work.models / run_name(spec)
        model.mkdir(parents=True)
        (model / "weights").write_bytes(b"1")
        seal(model)
    said = work.ledger.predictions_of(work.record(specs[1]))
    if damage == "missing":
        said.unlink()
    elif damage == "cut":
        said.write_bytes(said.read_bytes()[:40])
    else:
        (model / "weights").write_bytes(b"2")
    work.carry_out(specs, "rates", models=True)
    assert executor.asked == [specs[1]]
    (line,) = [line for line in printed.getvalue().splitlines() if "runs again" in line]
    assert (said.name if damage != "model" else "weights has changed") in line
    executor.asked.clear()
    work.carry_out(specs, "rates")
    assert not executor.asked


def test_a_method_that_does_not_suit_the_model_fails_alone() -> None:
    def refuse(spec: RunSpec, progress: Any) -> Outcome:
        raise ModelError("the model skips layers")

    trial = _Trial(cast(Any, refuse))
    record = trial(make_spec(method="lnsr"), lambda *_: None).record
    assert record.status == "failed" and "the model skips layers" in str(record.reason)
    assert trial(make_spec(head_first=True), lambda *_: None).record.status == "failed"
    with pytest.raises(ModelError, match="skips layers"):
        trial(make_spec(), lambda *_: None)


def test_a_training_recorded_with_other_fields_of_no_effect_is_not_repeated(
    tmp_path: Path,
) -> None:
    """Its model has the name of the record, not that of the training as it is planned now."""
    work, executor, _ = work_in(tmp_path)
    then = make_spec(1)
    now = make_spec(1, settings={"logging_steps": 5})
    assert run_name(then) != run_name(now) and then.key == now.key
    work.ledger.add(Outcome(make_test_record(then), ANSWERS))
    model = work.models / run_name(then)
    model.mkdir(parents=True)
    (model / "weights").write_bytes(b"1")
    seal(model)
    work.carry_out([now], "members", models=True)
    assert not executor.asked
