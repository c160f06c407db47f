"""Models whose files have other names than their parameters: checkpoints lose nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, TrainerCallback
from transformers.utils import SAFE_WEIGHTS_NAME

from steadytune import ModelError, RegularizedTrainer
from steadytune.testing import tiny_batch, tiny_classifier

from ..every_family import tiny
from ..tiny_bert import with_old_names
from ..training import arguments, rows

KINDS = ("bert", "nomic_bert", "esm", "gte")
"""The first with the names of its first release, the others with those that they are saved by."""


def loaded(kind: str, folder: Path) -> Any:
    """A model that was loaded from a file whose names are not its parameters'."""
    model = tiny_classifier() if kind == "bert" else tiny(kind).float()
    model.save_pretrained(folder)
    if kind == "bert":
        with_old_names(folder)
    found = AutoModelForSequenceClassification.from_pretrained(folder)
    assert not set(load_file(folder / SAFE_WEIGHTS_NAME)) <= set(found.state_dict())
    return found


def trainer(model: Any, folder: Path, **options: Any) -> Any:
    return RegularizedTrainer(
        model=model,
        args=arguments(folder, save_strategy="steps", save_steps=1, **options),
        train_dataset=rows(tiny_batch(examples=12)),
        eval_dataset=rows(tiny_batch(examples=4)),
    )


class Keep(TrainerCallback):  # type: ignore[misc]
    """Keeps the weights after each step."""

    def __init__(self) -> None:
        self.weights: list[dict[str, torch.Tensor]] = []

    def on_step_end(self, *args: Any, model: Any, **kwargs: Any) -> None:
        self.weights.append({n: t.clone() for n, t in model.state_dict().items()})


def require_equal(model: Any, weights: dict[str, torch.Tensor]) -> None:
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_ends_as_one_that_was_not_stopped(kind: str, tmp_path: Path) -> None:
    whole = trainer(loaded(kind, tmp_path / "start"), tmp_path / "runs")
    whole.train()
    resumed = trainer(loaded(kind, tmp_path / "start"), tmp_path / "runs")
    resumed.train(resume_from_checkpoint=str(tmp_path / "runs" / "checkpoint-1"))
    require_equal(resumed.model, whole.model.state_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_model_is_that_of_one_step(kind: str, tmp_path: Path) -> None:
    options = {"eval_strategy": "steps", "eval_steps": 1, "load_best_model_at_end": True}
    run = trainer(loaded(kind, tmp_path / "start"), tmp_path, learning_rate=0.3, **options)
    run.add_callback(keep := Keep())
    run.train()
    best = int(run.state.best_model_checkpoint.rsplit("-", 1)[1])
    require_equal(run.model, keep.weights[best - 1])
    assert best < len(keep.weights), "the last step should not be the best one"


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_keeps_the_names_that_it_came_with(kind: str, tmp_path: Path) -> None:
    run = trainer(loaded(kind, tmp_path / "start"), tmp_path)
    run.train()
    run.save_model(str(tmp_path / "saved"))
    names = [set(load_file(tmp_path / f / SAFE_WEIGHTS_NAME)) for f in ("start", "saved")]
    assert names[0] == names[1]
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved")
    require_equal(again, run.model.state_dict())


def test_a_checkpoint_with_names_that_are_not_known_is_refused(tmp_path: Path) -> None:
    trainer(tiny_classifier(), tmp_path).train()
    path = tmp_path / "checkpoint-1" / SAFE_WEIGHTS_NAME
    weights = load_file(path)
    weights["classifier.other"] = weights.pop("classifier.weight")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"1 tensors of the checkpoint .* classifier\.other"):
        trainer(tiny_classifier(), tmp_path).train(resume_from_checkpoint=str(path.parent))
