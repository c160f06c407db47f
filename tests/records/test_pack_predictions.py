"""Predictions that are packed with records: those in domain, of every run that has any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from steadytune._exceptions import DataError
from steadytune.records.ledger import Ledger, file_name
from steadytune.records.outcome import Outcome
from steadytune.records.pack import pack_studies
from steadytune.records.prediction_file import PACKED_PREDICTIONS, read_predictions
from steadytune.records.record import Record
from tests.records.test_pack import made

TASK = {"name": "toy", "metric": "accuracy", "in_domain": "movie"}


def add(folder: Path, record: Record, value: float) -> None:
    splits = (record.task.in_domain, "elsewhere", "train")
    Ledger(folder).add(Outcome(record, {s: {"value": np.array([value])} for s in splits}))


def packed(folder: Path) -> dict[str, float]:
    found = read_predictions(folder / PACKED_PREDICTIONS)
    return {name: float(columns["value"][0]) for name, columns in found.items()}


def name(record: Record) -> str:
    return f"{Path(file_name(record)).stem}/{record.task and record.task.in_domain}"


def test_those_in_domain_come_along_and_stay_when_more_is_packed(tmp_path: Path) -> None:
    first, second, third = made(1, 2, 3, task=TASK)
    add(tmp_path / "a", first, 1.0)
    add(tmp_path / "b", second, 2.0)
    Ledger(tmp_path / "b").add(Outcome(third))
    result = pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    assert result.predictions is not None
    assert (result.predictions.records, result.left_there) == (1, (tmp_path / "a",))
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


def test_predictions_are_those_of_the_record_that_counts(tmp_path: Path) -> None:
    old = made(1, task=TASK)[0].changed(finished="2026-01-01T00:00:00+00:00")
    new = old.changed(finished="2026-01-02T00:00:00+00:00")
    add(tmp_path / "old", old, 1.0)
    add(tmp_path / "new", new, 2.0)
    for place, sources in (("a", ("old", "new")), ("b", ("new", "old"))):
        folders = [tmp_path / source for source in sources]
        pack_studies(folders, tmp_path / place, predictions=True)
        assert packed(tmp_path / place) == {name(new): 2.0}
    pack_studies([tmp_path / "old"], tmp_path / "c", predictions=True)
    pack_studies([tmp_path / "new"], tmp_path / "c")  # what it has is kept up to date
    assert packed(tmp_path / "c") == {name(new): 2.0}
    pack_studies([tmp_path / "old"], tmp_path / "d", predictions=True)
    for file in (tmp_path / "new" / "predictions").glob("*.npz"):
        file.unlink()
    pack_studies([tmp_path / "new"], tmp_path / "d")
    assert packed(tmp_path / "d") == {}


def test_the_same_record_elsewhere_brings_its_predictions(tmp_path: Path) -> None:
    (record,) = made(1, task=TASK)
    add(tmp_path / "a", record, 1.0)
    pack_studies([tmp_path / "a"], tmp_path / "bare")
    for sources in (("a", "bare"), ("bare", "a")):
        target = tmp_path / "-".join(sources)
        pack_studies([tmp_path / source for source in sources], target, predictions=True)
        assert packed(target) == {name(record): 1.0}


def test_a_damaged_file_of_the_target_stops_it(tmp_path: Path) -> None:
    first, second = made(1, 2, task=TASK)
    add(tmp_path / "a", first, 1.0)
    add(tmp_path / "b", second, 2.0)
    pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    file = tmp_path / "out" / PACKED_PREDICTIONS
    file.write_bytes(file.read_bytes()[:-30])
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(DataError, match="mend it or move it away"):
        pack_studies([tmp_path / "b"], tmp_path / "out", predictions=True)
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_what_are_no_predictions_is_named(tmp_path: Path) -> None:
    (record,) = made(1, task=TASK)
    add(tmp_path / "a", record, 1.0)
    (file,) = (tmp_path / "a" / "predictions").glob("*.npz")
    np.savez(file, **{"movie/value": np.array([1j])})
    result = pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    assert result.predictions is None
    assert "expected arrays of numbers or text" in result.left_out[0]


def test_a_run_that_failed_has_none_and_a_broken_file_is_named(tmp_path: Path) -> None:
    (failed,) = made(1, status="failed")
    Ledger(tmp_path / "a").add(Outcome(failed))
    (fine,) = made(2, task=TASK)
    add(tmp_path / "a", fine, 1.0)
    (broken,) = (tmp_path / "a" / "predictions").glob("*.npz")
    broken.write_bytes(b"garbage")
    result = pack_studies([tmp_path / "a"], tmp_path / "out", predictions=True)
    assert result.predictions is None
    assert [line for line in result.left_out if str(broken) in line]
    assert not (tmp_path / "out" / PACKED_PREDICTIONS).exists()
