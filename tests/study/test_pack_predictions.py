"""Predictions that are packed with records: those in domain, of every run that has any."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from steadytune._records.prediction_file import PACKED_PREDICTIONS, read_predictions
from steadytune.study.ledger import Ledger, file_name
from steadytune.study.outcome import Outcome
from steadytune.study.pack import pack_studies
from steadytune.study.record import Record
from tests.study.test_pack import made

TASK = {"in_domain": "movie"}


def add(folder: Path, record: Record, value: float) -> None:
    splits = (record["task"]["in_domain"], "elsewhere", "train")
    Ledger(folder).add(Outcome(record, {s: {"value": np.array([value])} for s in splits}))


def packed(folder: Path) -> dict[str, float]:
    found = read_predictions(folder / PACKED_PREDICTIONS)
    return {name: float(columns["value"][0]) for name, columns in found.items()}


def name(record: Record) -> str:
    return f"{Path(file_name(record)).stem}/{record['task']['in_domain']}"


def test_those_in_domain_come_along_and_stay_when_more_is_packed(tmp_path: Path) -> None:
    first, second, third = made(1, 2, 3, task=TASK)
    add(tmp_path / "a", first, 1.0)
    add(tmp_path / "b", second, 2.0)
    Ledger(tmp_path / "b").add(Outcome(third))
    result = pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    assert result.predictions is not None
    assert (result.predictions.records, result.kept) == (1, ())
    assert result.predictions.size == (tmp_path / "out" / PACKED_PREDICTIONS).stat().st_size
    again = pack_studies([tmp_path / "b"], tmp_path / "out", predictions=True)
    assert again.predictions is not None and again.predictions.records == 2
    assert packed(tmp_path / "out") == {name(first): 1.0, name(second): 2.0}
    pack_studies([tmp_path / "out"], tmp_path / "copy", predictions=True)
    assert packed(tmp_path / "copy") == packed(tmp_path / "out")


def test_the_same_predictions_give_the_same_bytes(tmp_path: Path) -> None:
    add(tmp_path / "a", made(1, task=TASK)[0], 1.0)
    pack_studies([tmp_path / "a"], tmp_path / "one", predictions=True)
    pack_studies([tmp_path / "a"], tmp_path / "two", predictions=True)
    one, two = ((tmp_path / place / PACKED_PREDICTIONS).read_bytes() for place in ("one", "two"))
    assert one == two


def test_a_run_that_failed_has_none_and_a_broken_file_is_named(tmp_path: Path) -> None:
    (failed,) = made(1, status="failed")
    Ledger(tmp_path / "a").add(Outcome(failed))
    (fine,) = made(2, task=TASK)
    add(tmp_path / "a", fine, 1.0)
    (broken,) = (tmp_path / "a" / "predictions").glob("*.npz")
    broken.write_bytes(b"garbage")
    result = pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    assert result.predictions is not None and result.predictions.records == 0
    assert [line for line in result.left_out if str(broken) in line]
    assert packed(tmp_path / "out") == {}
