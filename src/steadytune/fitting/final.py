"""The final model: several seeds on all training examples, as one, and calibrated."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .._sealed import SEAL
from ..finetune.choosing import members_that_learned
from ..finetune.frozen_head import SavedFrozen, write_frozen
from ..finetune.members import Member
from ..finetune.saved import load_saved, set_choices, write_ensemble
from ..finetune.scoring import score_splits
from ..pretrained import Pretrained, save_model
from ..records.spec import RunSpec
from ..runs.encoded import encode_splits
from ..stats.calibration import fit_temperature, mixture_log_loss, residual_width
from ..tasks import Predictions, Scores
from .candidates import FROZEN, Candidate
from .floor import Floor
from .forms import FROZEN as ALONE
from .forms import SINGLE, Choice, Form, Parts, choose_form
from .judge import OutOfFold
from .student import train_student
from .work import Work

FEWEST_TO_CALIBRATE = 50
"""Out-of-fold examples without which no temperature is fitted."""

COVERAGE = 0.9
"""Share of new numbers that the interval around a prediction is to hold."""

_PARTS = 5
_FROZEN = "frozen"
_TEACHER = "teacher"


@dataclass(frozen=True)
class Calibration:
    """How predictions are made to say how sure they are.

    Args:
        temperature: Divides the logits; None where none was fitted.
        loss_before: Log loss of out-of-fold predictions as they are; None without a temperature.
        loss_after: The same with temperatures that were fitted on other examples.
        width: Of numbers, how far the truth lies from the prediction in 90 % of the cases.
        skipped: Why no temperature was fitted though there are examples for it; empty otherwise.
        choices: Fields of the model's configuration that out-of-fold predictions decided.
    """

    temperature: float | None = None
    loss_before: float | None = None
    loss_after: float | None = None
    width: float | None = None
    skipped: str = ""
    choices: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Kept:
    """The model in the folder of results.

    Args:
        members: The fine-tuned models that it is made of.
        all_members: All that finished.
        choice: Its form.
        calibration: How it was calibrated.
        results: Split -> metrics.
        predictions: Split -> column -> one entry an example.
        student: The training of the one model that learned what this form says; None where it
            is kept itself.
    """

    members: tuple[Member, ...]
    all_members: tuple[Member, ...]
    choice: Choice
    calibration: Calibration
    results: dict[str, Scores]
    predictions: dict[str, Predictions]
    student: RunSpec | None = None

    @property
    def distilled(self) -> bool:
        """Whether one model was trained on what the form says."""
        return self.student is not None


@dataclass(frozen=True, eq=False)
class Material:
    """What the final model is made of.

    Args:
        members: The trainings on all examples that finished.
        chosen: How they were trained.
        found: Out-of-fold predictions of the same candidate; None where there are none.
        floor: The linear model on frozen features; None where there is none.
    """

    members: Sequence[Member]
    chosen: Candidate
    found: OutOfFold | None
    floor: Floor | None


def keep_model(work: Work, material: Material, result: Path) -> Kept:
    """Write the model into the folder of results, and score it.

    Args:
        work: Where trainings happened.
        material: What it is made of.
        result: An empty folder.

    Raises:
        ModelError: If what comes of it has outputs that are not finite.
    """
    learned = tuple(members_that_learned(material.members))
    found, floor = material.found, material.floor
    parts = (
        None
        if found is None
        else Parts(work.setup.judge, found, None if floor is None else floor.outputs)
    )
    choice = (
        Choice(ALONE, "the budget leaves no room to train the model itself")
        if material.chosen == FROZEN
        else choose_form(parts, len(learned), floor is not None and work.setup.kind.blends)
    )
    taken = () if choice.form.frozen == 1 else learned if choice.form.seeds else learned[:1]
    calibration = calibrate(parts, choice.form, _can_cool(taken, work.task.kind))
    if floor is not None and not calibration.choices:
        calibration = replace(calibration, choices=floor.choices)
    made, student = _Made(work, choice.form, taken, floor, calibration), None
    if work.setup.options.one_model:
        made.write(teacher := result.parent / _TEACHER)
        saved = load_saved(teacher, work.setup.options.trust)
        known = (
            None if parts is None else parts.lessons(choice.form, calibration.temperature or 1.0)
        )
        student = train_student(work, material.chosen, saved, known, calibration.choices, result)
        shutil.rmtree(teacher)
    else:
        made.write(result)
    saved = load_saved(result, work.setup.options.trust)
    encoded = encode_splits(
        work.task, work.setup.model, work.setup.encoding, tuple(work.task.splits)
    )
    scored = score_splits(saved, encoded, work.task.splits)
    return Kept(taken, tuple(material.members), choice, calibration, *scored, student)


@dataclass(frozen=True, eq=False)
class _Made:
    """What is written."""

    work: Work
    form: Form
    taken: tuple[Member, ...]
    floor: Floor | None
    calibration: Calibration

    def write(self, folder: Path) -> None:
        """Write one model, or the members of an ensemble in folders of their own."""
        task, choices = self.work.task, self.calibration.choices
        temperature = self.calibration.temperature or 1.0
        names = {f"member-{member.seed}": member for member in self.taken}
        parts = len(names) + bool(self.form.frozen)
        for name, member in names.items():
            target = folder / name if parts > 1 else folder
            write_cooled(member.model, target, task.kind, temperature, choices)
        if self.form.frozen:
            assert self.floor is not None
            model = self.floor.model.cooled(temperature)
            set_choices(model, choices)
            saved = SavedFrozen(model, task.kind, task.label_names)
            write_frozen(saved, folder / _FROZEN if parts > 1 else folder)
        if parts > 1:
            members = [*names, *([_FROZEN] if self.form.frozen else [])]
            weights = self.form.weights(len(names)) if self.form.frozen else None
            write_ensemble(folder, members, task.kind, weights)


def calibrate(parts: Parts | None, form: Form, cools: bool = True) -> Calibration:
    """Fit on out-of-fold predictions of the form that is kept.

    Args:
        parts: What is known out of fold; None without a search.
        form: The form.
        cools: Whether the logits of the models can be divided.
    """
    if parts is None:
        return Calibration()
    judge, truth, members = parts.judge, parts.truth, parts.members(form)
    kind, outputs, weights, count = judge.kind, members.outputs, members.weights, len(truth)
    enough = count >= FEWEST_TO_CALIBRATE
    residuals = kind.residuals(parts.shown(form).averaged(), truth)
    if residuals is not None:
        return Calibration(width=residual_width(residuals, COVERAGE) if enough else None)
    if form is SINGLE:
        truth = np.concatenate([truth] * len(outputs))
        outputs = np.concatenate(outputs)[None]
    classes = kind.as_classes(outputs, truth) if enough else None
    if classes is None or not cools:
        why = "the model does not end in a linear layer" if classes is not None else ""
        choices = kind.choices(kind.average(outputs, weights), truth, judge.measure)
        return Calibration(skipped=why, choices=choices)
    logits, labels = classes.logits, classes.labels
    temperature = fit_temperature(logits, labels, weights)
    averaged = kind.average(kind.cooled(outputs, temperature), weights)
    return Calibration(
        temperature,
        mixture_log_loss(logits, labels, weights=weights),
        held_out_loss(logits, labels, judge.seed, classes.examples % count, weights),
        choices=kind.choices(averaged, truth, judge.measure),
    )


def held_out_loss(
    outputs: NDArray[Any],
    truth: NDArray[Any],
    seed: int,
    examples: NDArray[Any],
    weights: Sequence[float] | None = None,
) -> float:
    """The log loss with temperatures fitted on other examples than those that are scored.

    Args:
        outputs: Shape (members, entries, classes).
        truth: Shape (entries,).
        seed: Of the division into parts.
        examples: Shape (entries,): entries of one example share a part.
        weights: What each member counts for; None where all count alike.
    """
    part = (np.random.default_rng(seed).permutation(int(examples.max()) + 1) % _PARTS)[examples]
    losses = np.zeros(len(truth))
    for number in range(_PARTS):
        held = part == number
        temperature = fit_temperature(outputs[:, ~held], truth[~held], weights)
        losses[held] = mixture_log_loss(outputs[:, held], truth[held], temperature, weights)
    return float(losses.mean())


def write_cooled(
    source: Path, target: Path, kind: str, temperature: float, choices: Mapping[str, float]
) -> None:
    """Write a saved model whose logits are divided by a temperature.

    Args:
        source: Its folder.
        target: The folder to write.
        kind: The kind of the task.
        temperature: The temperature; 1 leaves the weights as they are.
        choices: Fields of its configuration to set.
    """
    if temperature == 1.0 and not choices:
        shutil.copytree(source, target, dirs_exist_ok=True)
        return
    weights = shutil.ignore_patterns("*.safetensors", "*.safetensors.index.json", SEAL)
    shutil.copytree(source, target, ignore=weights, dirs_exist_ok=True)
    model, _ = Pretrained.find(source).whole(kind)
    if temperature != 1.0:
        cool(model, temperature)
    set_choices(model, choices)
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


def _can_cool(members: Sequence[Member], kind: str) -> bool:
    return not members or last_linear(Pretrained.find(members[0].model).whole(kind)[0]) is not None
