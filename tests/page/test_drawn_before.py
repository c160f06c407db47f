"""Drawings are taken from the cache where nothing has changed, and made where anything has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from steadytune._page import drawn_before as module
from steadytune._page.drawn_before import drawn_before


@dataclass(frozen=True)
class Data:
    numbers: tuple[float, ...]
    name: str = "a"


def show(data: Data, axes: object) -> None:
    """A drawing."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEADYTUNE_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "MOST_KEPT", 4)
    return tmp_path / "drawings"


def made(*what: object) -> bool:
    """Whether it was drawn, rather than taken from the cache."""
    calls = []
    text = drawn_before(what, lambda: calls.append(1) or "<svg>é</svg>")  # type: ignore[func-returns-value]
    assert text == "<svg>é</svg>"
    return bool(calls)


def test_what_is_unchanged_is_drawn_once() -> None:
    what = ("name", partial(show, Data((1.0, 2.0))))
    assert [made(*what), made(*what)] == [True, False]
    assert not made("name", partial(show, Data((1.0, 2.0))))


@pytest.mark.parametrize(
    "other",
    [
        ("nam", partial(show, Data((1.0, 2.0)))),
        ("name", partial(show, Data((1.0, 2.0000000000000004)))),
        ("name", partial(show, Data((1.0, 2.0), "b"))),
        ("name", partial(made, Data((1.0, 2.0)))),
    ],
)
def test_any_change_is_drawn(other: tuple[object, ...]) -> None:
    assert made("name", partial(show, Data((1.0, 2.0))))
    assert made(*other)


def test_another_version_of_the_code_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made("name")
    monkeypatch.setattr(module, "_code", lambda: "other")
    assert made("name")


def test_values_without_a_full_text_are_drawn_each_time() -> None:
    what = (np.zeros(10_000), lambda axes: None)
    assert made(*what) and made(*what)


def test_a_broken_file_is_drawn_again(folder: Path) -> None:
    assert made("name")
    (file,) = folder.iterdir()
    for broken in (b"", b"text", file.read_bytes()[:-9]):
        file.write_bytes(broken)
        assert made("name")
    assert not made("name")


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("a file where the folder would be")
    assert made("name") and made("name")


def test_a_full_cache_drops_its_older_half(folder: Path) -> None:
    assert all(made(f"name {i}") for i in range(9))
    assert len(list(folder.iterdir())) <= 4
