"""What is found out about examples and model before anything is trained."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from steadytune import ConfigError, ModelError
from steadytune.fitting import FitOptions
from steadytune.fitting.carry_out import _announced, _show_data
from steadytune.fitting.folds import FoldTasks
from steadytune.fitting.plan import LADDER
from steadytune.fitting.setup import Setup
from steadytune.tasks import DataSource
from tests.finetune.toy_files import write_model, write_reviews
from tests.tiny_bert import write_tiny
from tests.tiny_seq2seq import write_pairs, write_tiny_t5


def setup_with(model: Path, folder: Path, **options: Any) -> Setup:
    source = DataSource(train=write_reviews(folder)["train"])
    return Setup.of(FitOptions(source=source, out=folder / "out", model=str(model), **options))


@pytest.mark.parametrize("name", ["max_length", "max_new_tokens"])
def test_a_length_of_0_is_not_the_usual_one(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}=0"):
        FitOptions(source=DataSource(train="x.csv"), out="out", **{name: 0})


def test_stabilisers_that_do_not_suit_the_model_are_known_with_the_reason(tmp_path: Path) -> None:
    sizes = {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32}
    xlnet = write_tiny(tmp_path / "xlnet", "XLNet", pad_token_id=0, **sizes)
    setup = setup_with(xlnet, tmp_path)
    unsuited = setup.unsuited
    assert list(unsuited) == ["lnsr:dose=0.1"] and "run time-major" in unsuited["lnsr:dose=0.1"]
    usual = setup_with(write_model(tmp_path), tmp_path)
    assert not usual.unsuited
    most = LADDER[0]
    assert "of 12 settings" in _announced(most, usual)
    assert "of 11 settings" in _announced(most, setup)


def test_validation_examples_are_said_not_to_be_used(tmp_path: Path) -> None:
    files = write_reviews(tmp_path)
    console = Console(file=io.StringIO(), width=200)
    model = write_model(tmp_path)
    for validation, said in ((None, False), (files["product"], True)):
        source = DataSource(train=files["train"], test=files["test"], validation=validation)
        options = FitOptions(source=source, out=tmp_path / "out", model=str(model))
        _show_data(Setup.of(options), console)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert ("warning: fit does not use the" in text) is said
        setup = Setup.of(options)
        loaded = FoldTasks(source, seed=0)(setup.task.name)
        assert setup.task.dev is None is loaded.dev and loaded is setup.task
        assert (source.load().dev is not None) is said


def test_a_model_that_writes_text(tmp_path: Path) -> None:
    pairs = str(write_pairs(tmp_path / "pairs.jsonl", 20))
    source = DataSource(train=pairs, test=pairs, kind="seq2seq")
    model = str(write_tiny_t5(tmp_path / "t5"))
    given: dict[str, Any] = {"source": source, "out": tmp_path / "out", "model": model}
    setup = Setup.of(FitOptions(**given))
    assert setup.rates == (3e-4, 6e-4, 1.5e-4)
    assert setup.unsuited == {"plain with the head first": "the head is pretrained"}
    assert setup.encoding.max_new_tokens == setup.encoding.max_length == 32  # its positions
    shorter = Setup.of(FitOptions(**given, max_new_tokens=6))
    assert shorter.encoding.max_new_tokens == 6 and shorter.identity != setup.identity
    with pytest.raises(ConfigError, match="max_new_tokens 33 is more than"):
        Setup.of(FitOptions(**given, max_new_tokens=33))
    with pytest.raises(ModelError, match="no encoder with a decoder"):
        Setup.of(FitOptions(**given | {"model": str(write_model(tmp_path))}))


def test_the_length_of_texts_is_for_models_that_write_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`max_new_tokens` is not possible for classification"):
        setup_with(write_model(tmp_path), tmp_path, max_new_tokens=6)
