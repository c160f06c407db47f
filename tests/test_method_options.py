"""Options of methods: which there are, what they take, and how their values are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from steadytune import LNSR, ConfigError, Every, Penalty, Scheduled
from steadytune.method_options import (
    default_of,
    expected,
    format_value,
    is_wrapper,
    options_of,
    read_option,
)


@dataclass(frozen=True)
class Chooser(Penalty):
    """A method with an option that has the name of what a wrapper wraps."""

    method: Literal["power", "exact"] = "power"
    strength: float = 1.0
    many: tuple[int, ...] = field(default_factory=lambda: (1, 2))

    def measure(self, host: Any) -> Any: ...


def test_what_a_wrapper_wraps_is_no_option() -> None:
    assert is_wrapper(Every) and list(options_of(Every)) == ["n", "rescale"]
    assert is_wrapper(Scheduled) and "method" not in options_of(Scheduled)


def test_an_option_may_be_called_method() -> None:
    assert not is_wrapper(Chooser)
    assert list(options_of(Chooser)) == ["method", "strength", "many"]


def test_defaults_may_be_made() -> None:
    assert default_of(options_of(Chooser)["many"]) == (1, 2)
    assert default_of(options_of(Chooser)["method"]) == "power"


def test_values_print_without_spaces() -> None:
    assert format_value((1, 2)) == "(1,2)"
    assert format_value((0.5,)) == "(0.5,)"
    assert format_value(None) == "none"
    assert format_value("a b") == "'a b'"


@pytest.mark.parametrize("value", ["none", "True", "two words", "a-b", 0.5, True, None, (1, 2)])
def test_a_value_is_read_as_it_was_written(value: object) -> None:
    assert read_option(Chooser, "any", format_value(value), Any) == value


def test_a_value_of_another_type_is_refused_with_near_matches() -> None:
    assert read_option(LNSR, "layer", "2", int) == 2
    with pytest.raises(ConfigError) as caught:
        read_option(Chooser, "method", "exat", Literal["power", "exact"])
    assert "Chooser option 'method' expects one of power, exact, got 'exat'" in str(caught.value)
    assert "did you mean exact?" in str(caught.value)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int | None, "a whole number or none"),
        (Literal["all"] | tuple[int, ...], "all or values in brackets such as (1,2)"),
        (dict, "dict"),
    ],
)
def test_types_in_words(hint: object, words: str) -> None:
    assert expected(hint) == words
