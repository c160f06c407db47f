"""Methods as options give them."""

from __future__ import annotations

import pytest

from steadytune import ConfigError
from steadytune.compare.methods import read_methods


def test_methods_are_named_as_records_name_them() -> None:
    assert read_methods("plain,LNSR:strength=10,std=5e-1") == ("plain", "lnsr:std=0.5")


def test_methods_may_be_given_one_by_one() -> None:
    assert read_methods(None, ["plain", "lnsr:std=0.5,layer=1"]) == (
        "plain",
        "lnsr:std=0.5,layer=1",
    )
    assert read_methods(None) == ("plain", "lnsr")
    with pytest.raises(ConfigError, match="both given"):
        read_methods("plain", ["lnsr"])


def test_methods_are_given_in_one_way_only() -> None:
    with pytest.raises(ConfigError, match="both given"):
        read_methods("plain", ["lnsr"])
