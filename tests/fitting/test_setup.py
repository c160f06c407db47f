"""What is found out about examples and model before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from steadytune import ConfigError
from steadytune.fitting import FitOptions
from steadytune.fitting.setup import Setup
from steadytune.tasks import DataSource
from tests.finetune.toy_files import write_model, write_reviews
from tests.tiny_bert import write_tiny


def setup_with(model: Path, folder: Path) -> Setup:
    source = DataSource(train=write_reviews(folder)["train"])
    return Setup.of(FitOptions(source=source, out=folder / "out", model=str(model)))


def test_a_length_of_0_is_not_the_usual_one() -> None:
    with pytest.raises(ConfigError, match="max_length=0"):
        FitOptions(source=DataSource(train="x.csv"), out="out", max_length=0)


def test_stabilisers_that_do_not_suit_the_model_are_known_with_the_reason(tmp_path: Path) -> None:
    sizes = {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32}
    xlnet = write_tiny(tmp_path / "xlnet", "XLNet", pad_token_id=0, **sizes)
    unsuited = setup_with(xlnet, tmp_path).unsuited
    assert list(unsuited) == ["lnsr:dose=0.1"] and "run time-major" in unsuited["lnsr:dose=0.1"]
    assert not setup_with(write_model(tmp_path), tmp_path).unsuited
