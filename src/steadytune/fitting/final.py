"""The final model: several seeds on all training examples, as one, and calibrated."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..finetune.choosing import members_that_learned
from ..finetune.members import Member
from ..finetune.saved import load_saved, write_ensemble
from ..finetune.scoring import score_splits
from ..pretrained import Pretrained, save_model
from ..runs.encoded import encode_splits
from ..stats.calibration import fit_temperature, mixture_log_loss, residual_width
from ..tasks import Encoding, Predictions, Scores
from .judge import Judge, OutOfFold
from .work import Work

FEWEST_TO_CALIBRATE = 50
"""Out-of-fold examples without which no temperature is fitted."""

COVERAGE = 0.9
"""Share of new numbers that the interval around a prediction is to hold."""

_PARTS = 5


@dataclass(frozen=True)
class Calibration:
    """How predictions are made to say how sure they are.

    Args:
        temperature: Divides the logits; None where none was fitted.
        loss_before: Log loss of out-of-fold predictions as they are; None without a temperature.
        loss_after: The same with temperatures that were fitted on other examples.
        width: Of numbers, how far the truth lies from the prediction in 90 % of the cases.
        skipped: Why no temperature was fitted though there are examples for it; empty otherwise.
    """

    temperature: float | None = None
    loss_before: float | None = None
    loss_after: float | None = None
    width: float | None = None
    skipped: str = ""


@dataclass(frozen=True, eq=False)
class Kept:
    """The model in the folder of results.

    Args:
        members: The trainings that it is made of.
        all_members: All that finished.
        ensemble: Whether it is an ensemble.
        why: Why, in a few words.
        calibration: How it was calibrated.
        results: Split -> metrics.
        predictions: Split -> column -> one entry an example.
    """

    members: tuple[Member, ...]
    all_members: tuple[Member, ...]
    ensemble: bool
    why: str
    calibration: Calibration
    results: dict[str, Scores]
    predictions: dict[str, Predictions]


def keep_model(
    work: Work, judge: Judge, members: Sequence[Member], found: OutOfFold | None, result: Path
) -> Kept:
    """Write the model into the folder of results, and score it.

    Args:
        work: Where trainings happened.
        judge: Compares out-of-fold predictions.
        members: The trainings on all examples that finished.
        found: Out-of-fold predictions of the same setting; None where there are none.
        result: An empty folder.

    Raises:
        ModelError: If what comes of it has outputs that are not finite.
    """
    learned = tuple(members_that_learned(members))
    ensemble, why = ensemble_pays(judge, found, len(learned))
    taken = learned if ensemble else learned[:1]
    calibration = calibrate(judge, found, ensemble=ensemble)
    if calibration.temperature is not None and not _can_cool(taken[0].model, work.task.kind):
        calibration = Calibration(skipped="the model does not end in a linear layer")
    temperature = calibration.temperature or 1.0
    if ensemble:
        names = [f"member-{member.seed}" for member in taken]
        for member, name in zip(taken, names, strict=True):
            write_cooled(member.model, result / name, work.task.kind, temperature)
        write_ensemble(result, names, work.task.kind)
    else:
        write_cooled(taken[0].model, result, work.task.kind, temperature)
    saved = load_saved(result, work.setup.options.trust)
    encoded = encode_splits(
        work.task, work.setup.model, Encoding(work.setup.max_length), tuple(work.task.splits)
    )
    scored = score_splits(saved, encoded, work.task.splits)
    return Kept(taken, tuple(members), ensemble, why, calibration, *scored)


def ensemble_pays(judge: Judge, found: OutOfFold | None, members: int) -> tuple[bool, str]:
    """Whether to keep all members, and why.

    Args:
        judge: Compares out-of-fold predictions.
        found: Those of the chosen setting, in all repetitions.
        members: How many learned something.
    """
    if members < 2:
        return False, "a single seed is left"
    if found is None or len(found.outputs) < 2:
        return True, "members are averaged where nothing speaks against it"
    single, together = judge.score(found), judge.together(found)
    gain = judge.measure.difference(together - single)
    averaged = f"the average of {len(found.outputs)} is {gain} out of fold against single seeds"
    return together > single, averaged


def calibrate(judge: Judge, found: OutOfFold | None, *, ensemble: bool) -> Calibration:
    """Fit on out-of-fold predictions of the form that is kept: averaged, or single ones."""
    if found is None or len(found.places) < FEWEST_TO_CALIBRATE:
        return Calibration()
    outputs, truth = found.outputs[:, found.places], judge.truth[found.places]
    if outputs.shape[-1] == 1:
        predicted = outputs.mean(axis=0) if ensemble else outputs[0]
        return Calibration(width=residual_width(predicted[:, 0] - truth, COVERAGE))
    copies = 1 if ensemble else len(outputs)
    if not ensemble:
        outputs, truth = outputs.reshape(1, -1, outputs.shape[-1]), np.tile(truth, copies)
    return Calibration(
        fit_temperature(outputs, truth),
        mixture_log_loss(outputs, truth),
        held_out_loss(outputs, truth, judge.seed, copies),
    )


def held_out_loss(outputs: NDArray[Any], truth: NDArray[Any], seed: int, copies: int = 1) -> float:
    """The log loss with temperatures fitted on other examples than those that are scored.

    Args:
        outputs: Shape (members, examples, classes).
        truth: Shape (examples,).
        seed: Of the division into parts.
        copies: How often the examples follow one another: those of one example share a part.
    """
    parts = np.random.default_rng(seed).permutation(len(truth) // copies) % _PARTS
    part = np.tile(parts, copies)
    losses = np.zeros(len(truth))
    for number in range(_PARTS):
        held = part == number
        temperature = fit_temperature(outputs[:, ~held], truth[~held])
        losses[held] = mixture_log_loss(outputs[:, held], truth[held], temperature)
    return float(losses.mean())


def write_cooled(source: Path, target: Path, kind: str, temperature: float) -> None:
    """Write a saved model whose logits are divided by a temperature.

    Args:
        source: Its folder.
        target: The folder to write.
        kind: The kind of the task.
        temperature: The temperature; 1 leaves the model as it is.
    """
    if temperature == 1.0:
        shutil.copytree(source, target, dirs_exist_ok=True)
        return
    weights = shutil.ignore_patterns("*.safetensors", "*.safetensors.index.json")
    shutil.copytree(source, target, ignore=weights, dirs_exist_ok=True)
    model, _ = Pretrained.find(source).whole(kind)
    cool(model, temperature)
    save_model(model, target)


def cool(model: Any, temperature: float) -> None:
    """Divide the last linear layer by a temperature: its logits are divided too.

    Args:
        model: One for which `last_linear` finds a layer.
        temperature: The temperature.
    """
    layer = last_linear(model)
    assert layer is not None
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.div_(temperature)


def last_linear(model: Any) -> nn.Linear | None:
    """The linear layer that gives a model's logits; None where they come from something else."""
    modules = [module for module in model.modules() if not list(module.children())]
    weighted = [module for module in modules if list(module.parameters(recurse=False))]
    last = weighted[-1] if weighted else None
    fits = isinstance(last, nn.Linear) and last.out_features == model.config.num_labels
    return last if fits else None


def _can_cool(folder: Path, kind: str) -> bool:
    return last_linear(Pretrained.find(folder).whole(kind)[0]) is not None
