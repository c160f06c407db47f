"""The text form of adapters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune import ConfigError
from steadytune.records.lora import Lora
from steadytune.records.recipe import Recipe


@given(
    r=st.integers(1, 512),
    alpha=st.integers(1, 64),
    dropout=st.sampled_from([0.0, 0.1, 0.5]),
    targets=st.sampled_from([("all-linear",), ("query",), ("query", "value")]),
    save=st.sampled_from(["merged", "adapter"]),
)
def test_what_is_written_is_read(
    r: int, alpha: float, dropout: float, targets: tuple[str, ...], save: str
) -> None:
    lora = Lora(r, alpha, dropout, targets, save)
    assert Lora.parse(str(lora)) == lora


def test_however_it_is_written_it_is_one_recipe() -> None:
    assert Recipe(lora="r=8") == Recipe(lora=" alpha=16 , r=8") == Recipe(lora=Lora())  # type: ignore[arg-type]
    assert Recipe().lora is None


def test_names_of_peft_are_the_same_recipe() -> None:
    theirs = "r=4,lora_alpha=8,lora_dropout=0.1,target_modules=query+value"
    assert Recipe(lora=theirs) == Recipe(lora="r=4,alpha=8,dropout=0.1,targets=query+value")


def test_merged_adapters_are_written_as_before_there_was_a_choice() -> None:
    assert str(Lora()) == "r=8,alpha=16,dropout=0,targets=all-linear"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected r=8"),
        ("8", "expected r=8"),
        ("rank=8", "expected r=8"),
        ("r=8,r=4", "expected r=8"),
        ("alpha=8,lora_alpha=8", "expected r=8"),
        ("r=8,modules_to_save=classifier", "modules_to_save is not needed, as the new head"),
        ("r=x", "expected r=8"),
        ("r=1.5", "expected r=8"),
        ("r=0", "expected a rank from 1 on"),
        ("alpha=-1", "expected more than 0"),
        ("alpha=nan", "expected more than 0"),
        ("dropout=1", "expected 0 or more, below 1"),
        ("targets=a++b", "expected names of modules"),
        ("save=both", "expected merged or adapter"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Recipe(lora=text)
