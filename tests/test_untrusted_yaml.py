"""YAML of others: bounded in depth, without references, tags, double keys, octal numbers."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from steadytune._untrusted_yaml import parse_yaml


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [x, 2.5, null, true]\nc: {d: 0, e: 'y: z'}\n",
        "[]",
        "",
        "2e-5",
        "{1: 2, 01.5: 3}",
        str(2**64 - 1),
    ],
)
def test_it_reads_what_the_safe_loader_reads(text: str) -> None:
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", "'a' is given twice"),
        ("x: [{a: 1, a: 1}]", "'a' is given twice"),
        ("seeds: 010", "010 begins with 0"),
        ("a: &b [1]\nc: *b", "anchors and aliases are not taken"),
        ("[" * 20_000, "nested more than 50 deep"),
        ("{a: " * 60 + "1" + "}" * 60, "nested more than 50 deep"),
        (
            "!!python/object/apply:os.system ['true']",
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not taken",
        ),
        ("tasks: [rte", "expected"),
        (f"seeds: {2**64}", r"18446744073709551616\.\.\. is too large; expected a whole number"),
        (f"seeds: -0x{'f' * 5000}", r"-0xfffffffffffffffff\.\.\. is too large"),
        (f"seeds: {'9' * 5000}", "is too large"),
        (f"seeds: 1{':59' * 200_000}", "1:59:59:59:59:59:59: is a number in base 60; put it"),
        (f"seeds: 1{':59' * 200_000}.5", "is a number in base 60"),
    ],
    ids=[
        "twice",
        "twice within",
        "octal",
        "anchor",
        "brackets",
        "mappings",
        "object",
        "broken",
        "65 bits",
        "hexadecimal",
        "digits",
        "base 60",
        "float in base 60",
    ],
)
def test_what_is_refused_is_told_in_one_line(text: str, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match=reason) as caught:
        parse_yaml(text)
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - began < 10


@settings(max_examples=100, deadline=10_000)
@given(text=st.text("ab:-[]{}&*!?|>'\"#%@,01 \n", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text)
    except ValueError as error:
        assert "\n" not in str(error)


TAGS = ["!", "!mine", "!<x>"] + [
    f"!!{name}"
    for name in (
        *("null", "bool", "int", "float", "binary", "timestamp", "omap", "pairs", "set", "str"),
        *("seq", "map", "merge", "value", "yaml", "python/tuple"),
    )
]
VALUES = ["", "x", "''", "1:2", "[1]", "{a: 1}", "~", "2020-01-01", ".", "=", "<<"]


@pytest.mark.parametrize("tag", TAGS)
def test_no_tag_is_taken(tag: str) -> None:
    for value in VALUES:
        for text in (f"{tag} {value}", f"a: [{tag} {value}]", f"{{{tag} {value}: 1}}"):
            with pytest.raises(ValueError, match=r"is not taken; leave it out|expected") as caught:
                parse_yaml(text)
            assert "\n" not in str(caught.value)


@settings(max_examples=200, deadline=10_000)
@given(data=st.data())
def test_any_value_of_any_look_is_read_or_refused(data: st.DataObject) -> None:
    parts = st.sampled_from([*TAGS, *VALUES, "0b_", "0x_", "._", "2020-13-45", "-", "? ", ": "])
    try:
        parse_yaml(" ".join(data.draw(st.lists(parts, max_size=6))))
    except ValueError as error:
        assert "\n" not in str(error)
