"""The file of predictions: text and numbers come back, and a broken file is a ValueError."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from steadytune.records.prediction_file import by_run, read_predictions, write_predictions


def written(predictions: dict[str, dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    write_predictions(file, predictions)
    return file.getvalue()


WHOLE = written({"movie": {"logits": np.ones((3, 2)), "text": np.array(["a", "bc", ""])}})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("predictions") / "run.npz"


# A text of fixed width cannot tell the zeros that it ends with from its padding.
TEXTS = st.lists(st.text(max_size=6).filter(lambda text: not text.endswith("\0")), max_size=4)
COLUMNS = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
    arrays.array_shapes(max_dims=2, max_side=4, min_side=0),
) | TEXTS.map(lambda texts: np.array(texts, dtype=np.str_))
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@given(st.dictionaries(NAMES, st.dictionaries(st.just("idx") | st.just("text"), COLUMNS)))
def test_what_is_written_is_read(path: Path, predictions: dict[str, dict[str, Any]]) -> None:
    path.write_bytes(written(predictions))
    kept = {split: columns for split, columns in predictions.items() if columns}
    np.testing.assert_equal(read_predictions(path), kept)


def test_lists_and_objects_of_text_need_no_pickle(path: Path) -> None:
    path.write_bytes(written({"qa": {"text": np.array(["a", "bc"], dtype=object), "idx": [0, 1]}}))
    found = read_predictions(path)["qa"]
    assert found["text"].tolist() == ["a", "bc"]
    assert found["text"].dtype.kind == "U"
    assert found["idx"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "values", [[None], [{}], [1, "a", None], np.array(["2026-01-01"], "M8[D]")]
)
def test_other_values_are_refused(values: Any) -> None:
    values = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    with pytest.raises(TypeError, match=r"movie/x: expected numbers or text"):
        written({"movie": {"x": values}})


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(path: Path, place: int, value: int) -> None:
    path.write_bytes(WHOLE[:place] + bytes([value]) + WHOLE[place + 1 :])
    _read_or_refuse(path)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_that_ends_early_is_refused(path: Path, length: int) -> None:
    path.write_bytes(WHOLE[:length])
    with pytest.raises(ValueError, match=r"run\.npz has no predictions") as raised:
        read_predictions(path)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.npz has no predictions"):
        read_predictions(path)


def test_pickles_and_arrays_without_a_split_are_refused(path: Path) -> None:
    objects = io.BytesIO()
    np.savez(objects, **{"movie/x": np.array([_Explosive()], dtype=object)})
    flat = io.BytesIO()
    np.savez(flat, x=np.ones(2))
    one_array = io.BytesIO()
    np.save(one_array, np.ones(2))
    broken = (objects.getvalue(), flat.getvalue(), one_array.getvalue(), pickle.dumps(_Explosive()))
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"run\.npz has no predictions"):
            read_predictions(path)


def test_a_missing_file_is_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        read_predictions(tmp_path / "none.npz")


class _Explosive:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> object:
        return (exit, ("unpickled",))


def _read_or_refuse(path: Path) -> None:
    try:
        read_predictions(path)
    except ValueError as error:
        assert "has no predictions" in str(error)


@pytest.mark.parametrize(
    "array", [np.array(1.0), np.array([1j]), np.array([b"a"]), np.array(["2026-01-01"], "M8[D]")]
)
def test_arrays_that_are_no_columns_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    path = tmp_path / "p.npz"
    np.savez(path, **{"movie/value": array})
    with pytest.raises(ValueError, match="expected arrays of numbers or text"):
        read_predictions(path)


def test_files_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("movie/label", b"no array")
    with pytest.raises(ValueError, match="expected arrays of numbers or text"):
        read_predictions(path)


def test_of_many_runs_those_are_read_that_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    with path.open("wb") as file:
        columns = {"value": np.zeros(1000)}
        write_predictions(file, {"one/movie": columns, "two/movie": columns, "two/tweet": columns})
    assert sorted(read_predictions(path, {"two"})) == ["two/movie", "two/tweet"]
    assert sorted(by_run(read_predictions(path))["two"]) == ["movie", "tweet"]
    assert list(read_predictions(path, {"one"}, largest=10_000)) == ["one/movie"]
    with pytest.raises(ValueError, match="larger than 0 MB"):
        read_predictions(path, {"two"}, largest=10_000)
