"""Methods as options give them."""

from __future__ import annotations

import pytest

from steadytune import ConfigError
from steadytune.study.methods import read_methods


def test_methods_are_named_as_records_name_them() -> None:
    assert read_methods(["plain,LNSR:strength=1,std=5e-1"]) == ("plain", "lnsr:std=0.5")


def test_no_method_is_the_default() -> None:
    assert read_methods([]) == ("plain", "lnsr")


@pytest.mark.parametrize(
    "texts",
    [
        ["plain", "lnsr:std=0.5,layer=1", "l2sp"],
        ["plain,lnsr:std=0.5,layer=1,l2sp"],
        ["plain", "lnsr:std=0.5, layer=1, l2sp"],
    ],
)
def test_methods_stand_together_or_one_by_one(texts: list[str]) -> None:
    assert read_methods(texts) == ("plain", "lnsr:std=0.5,layer=1", "l2sp")


@pytest.mark.parametrize(
    "text",
    [
        "lnsr:layer=1,std=0.5",
        "lnsr:targets=(1,2),layer=0",
        "lnsr:std=0.5,layer=1+l2sp:strength=1,form=decoupled",
        "scheduled(lnsr:std=0.5,layer=1):start=0.2,warmup=0.3",
    ],
)
def test_the_commas_of_one_method_cut_nothing(text: str) -> None:
    assert len(read_methods([text])) == 1


def test_a_comma_that_begins_no_option_begins_a_method() -> None:
    with pytest.raises(ConfigError, match="unknown method '2'"):
        read_methods(["lnsr:std=1,2"])
