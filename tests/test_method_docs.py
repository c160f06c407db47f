"""Listings of methods: every method says what it does and costs, our evidence, its source."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from steadytune import LNSR, ConfigError
from steadytune.method_docs import (
    Entry,
    card,
    list_methods,
    list_options,
    print_card,
    print_methods,
    summary,
)
from steadytune.method_names import find_method, known_methods
from steadytune.method_text import parse_method

EVIDENCE = Path(__file__).parents[1] / "docs" / "evidence"
NUMBER = r"[+-]\d+(?:\.\d+)?"


def printed(call: object, *arguments: object) -> str:
    console = Console(file=io.StringIO(), width=100)
    call(*arguments, console)  # type: ignore[operator]
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.name)
def test_every_method_has_a_line_that_ends(entry: object) -> None:
    assert entry.summary.endswith(".")  # type: ignore[attr-defined]
    assert "\n" not in entry.summary + entry.cost + entry.reference  # type: ignore[attr-defined]


def test_lnsr_tells_its_cost_and_its_papers() -> None:
    (entry,) = (entry for entry in list_methods() if entry.name == "lnsr")
    assert "(L - b) / L" in entry.cost
    assert "NAACL 2021" in entry.reference


@pytest.mark.parametrize(
    "entry", [entry for entry in list_methods() if entry.evidence], ids=lambda entry: entry.name
)
def test_what_a_method_says_of_evidence_stands_in_its_pages(entry: Entry) -> None:
    told = re.findall(rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)", entry.evidence)
    assert told
    pages = [EVIDENCE.with_suffix(".md"), *EVIDENCE.rglob("*.md")]
    lines = [line for page in pages for line in page.read_text().splitlines()]
    numbers = [[round(float(n), 1) for n in re.findall(NUMBER, line)] for line in lines]
    triples = {tuple(line[at : at + 3]) for line in numbers for at in range(len(line))}
    assert {tuple(map(float, each)) for each in told} <= triples


def test_a_summary_says_what_in_manifold_stands_for() -> None:
    assert "interpolation" not in summary(LNSR())
    assert "in-manifold noise is interpolation, our reading" in summary(LNSR(noise="in-manifold"))


def test_options_have_types_in_words_and_defaults() -> None:
    options = {option.name: option for option in list_options(LNSR)}
    assert (options["std"].expected, options["std"].default) == ("a number", "0.05")
    assert options["std"].meaning == "Standard deviation of the noise per coordinate."
    assert options["rank"].expected == "a whole number"
    layers = "a whole number or values in brackets such as (1,2) or random"
    assert options["layer"].expected == layers
    assert options["weights"].default == "none"
    assert "gaussian" in options["noise"].expected


@pytest.mark.parametrize("name", known_methods())
def test_every_option_is_explained(name: str) -> None:
    assert all(option.meaning.endswith(".") for option in list_options(find_method(name)))


def test_a_card_joins_lines_of_text_and_keeps_those_of_formulas() -> None:
    text = card(LNSR)
    assert "loss = task + strength * sum_r w_r / (sum_r w_r) * R_r,        b < r <= L\n" in text
    assert "Args:" not in text
    assert max(map(len, text.splitlines())) > 100


def test_the_list_names_plain_and_every_method() -> None:
    text = printed(print_methods)
    assert all(f"\n{name}\n" in f"\n{text}" for name in ("plain", *known_methods()))


@pytest.mark.parametrize("name", known_methods())
def test_every_card_can_be_printed(name: str) -> None:
    text = printed(print_card, name)
    assert all(option.name in text for option in list_options(find_method(name)))
    (example,) = re.findall(r"^On command lines: --method (.*)$", text, flags=re.MULTILINE)
    assert [type(method) for method in parse_method(example)] == [find_method(name)]


def test_an_unknown_name_lists_near_ones() -> None:
    with pytest.raises(ConfigError, match="did you mean lnsr"):
        print_card("lnrs", Console(file=io.StringIO()))
