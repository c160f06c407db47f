"""What callers write, brought to one form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadytune._inputs import as_number, as_text, as_texts


def test_a_path_is_its_text() -> None:
    assert as_text(Path("a") / "b") == "a/b"
    assert as_text("a") == "a" and as_text(None) is None


@pytest.mark.parametrize("given", ["a b", Path("a b"), ["a b"], ("a b",), [Path("a b")]])
def test_a_text_alone_is_one(given: Any) -> None:
    assert as_texts(given) == ("a b",)


@pytest.mark.parametrize(
    ("given", "number"),
    [(np.int64(3), 3), (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (3, 3), (0.5, 0.5)],
)
def test_numbers_of_numpy_are_pythons(given: Any, number: float) -> None:
    assert as_number(given) == number and type(as_number(given)) is type(number)


@pytest.mark.parametrize("given", [True, "3", None, [3]])
def test_what_is_no_number_stays(given: Any) -> None:
    assert as_number(given) is given
