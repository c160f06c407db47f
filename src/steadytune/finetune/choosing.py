"""One model of several runs: the best, all that learned something, or the average of weights.

The best one and the average are chosen by the validation rows alone; which runs learned something
is seen on the rows that they were trained on. The test rows are read to report, never to choose.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._sealed import SEAL
from ..pretrained import save_model
from ..records.ledger import Ledger
from ..records.prediction_file import read_predictions
from ..runs.encoded import encode_splits, encoding_of_run
from ..tasks import DEV, TRAIN, Encoded, Predictions, Scores
from .members import Member
from .plan import TrainPlan
from .saved import SavedModel, load_saved, write_ensemble
from .scoring import choose_on, score_splits
from .soup import Weights, average_weights, greedy_soup
from .summary import no_better_than_constant

_NOT_WEIGHTS = ("*.safetensors", "*.safetensors.index.json", SEAL)


@dataclass(frozen=True, eq=False)
class Kept:
    """What is kept of the runs.

    Args:
        seeds: The seeds of the runs that it is made of.
        results: Split -> metrics.
        predictions: Split -> column -> one entry per row.
    """

    seeds: tuple[int, ...]
    results: dict[str, Scores]
    predictions: dict[str, Predictions]


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a choice is made with.

    Args:
        plan: The plan.
        members: The runs that finished.
        ledger: Their predictions.
        result: Folder that what is kept is written to.
    """

    plan: TrainPlan
    members: Sequence[Member]
    ledger: Ledger
    result: Path

    def encoded(self, *splits: str) -> dict[str, Encoded]:
        """The features of some splits."""
        encoding = encoding_of_run(self.plan.specs[0], self.plan.task)
        every = tuple(self.plan.task.splits)
        found = encode_splits(self.plan.task, self.plan.model, encoding, every)
        return {split: found[split] for split in splits or every}

    def score(self, saved: SavedModel) -> tuple[dict[str, Scores], dict[str, Predictions]]:
        """Score what is kept on all splits."""
        return score_splits(saved, self.encoded(), self.plan.task.splits)


def dev_score(member: Member, metric: str) -> float:
    """A run's primary metric on the validation rows; an undefined one counts as 0."""
    return float(member.record.results[DEV][metric] or 0.0)


def best_member(members: Sequence[Member], metric: str) -> Member:
    """The run that the validation rows prefer; of equal ones that of the lowest loss there.

    The first one where there are no such rows, as for an ensemble, which needs none.
    """
    if len(members) == 1 or DEV not in members[0].record.results:
        return members[0]

    def preference(member: Member) -> tuple[float, float]:
        loss = member.record.results[DEV].get("loss")
        return dev_score(member, metric), -float("inf") if loss is None else -loss

    return max(members, key=preference)


def members_that_learned(members: Sequence[Member]) -> Sequence[Member]:
    """The runs that beat the majority-class baseline on their training rows; all if none did.

    A classifier that learned nothing answers every row with about the shares of the classes, and
    pulls an average towards the most frequent one. Of regressions hardly any is left out: any
    correlation above 0 counts.
    """
    return [m for m in members if not no_better_than_constant(m.record, TRAIN)] or members


def keep(candidates: Candidates) -> Kept:
    """Write the model that was asked for into the folder of results.

    Raises:
        ModelError: If what comes of it has outputs that are not finite.
    """
    if len(candidates.plan.specs) == 1 or candidates.plan.options.keep == "best":
        return _keep_best(candidates)
    if candidates.plan.options.keep == "ensemble":
        return _keep_ensemble(candidates)
    return _keep_soup(candidates)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder into another one, as further links to the same files where that is possible.

    Its seal stays behind.
    """

    def link(one: str, other: str) -> object:
        with suppress(OSError):
            os.link(one, other)
            return other
        return shutil.copy2(one, other)

    seals = shutil.ignore_patterns(SEAL)
    shutil.copytree(source, target, ignore=seals, copy_function=link, dirs_exist_ok=True)


def _keep_best(candidates: Candidates) -> Kept:
    best = best_member(candidates.members, candidates.plan.task.metric)
    copy_folder(best.model, candidates.result)
    predictions = read_predictions(candidates.ledger.predictions_of(best.record))
    return Kept((best.seed,), best.record.results, predictions)


def _keep_ensemble(candidates: Candidates) -> Kept:
    members = members_that_learned(candidates.members)
    names = [f"member-{member.seed}" for member in members]
    for member, name in zip(members, names, strict=True):
        copy_folder(member.model, candidates.result / name)
    write_ensemble(candidates.result, names, candidates.plan.task.kind)
    seeds = tuple(member.seed for member in members)
    saved = load_saved(candidates.result, candidates.plan.model.trust)
    return Kept(seeds, *candidates.score(saved))


def _keep_soup(candidates: Candidates) -> Kept:
    metric = candidates.plan.task.metric
    by_seed = {member.seed: member for member in candidates.members}
    best = best_member(candidates.members, metric)
    saved = load_saved(best.model, candidates.plan.model.trust)
    features, rows = candidates.encoded(DEV), {DEV: candidates.plan.task.splits[DEV]}

    def weights(seed: int) -> Weights:
        (member,) = load_saved(by_seed[seed].model, candidates.plan.model.trust).models
        return dict(member.state_dict())  # a file may have other names

    def average(seeds: Sequence[int]) -> None:
        saved.models[0].load_state_dict(average_weights([weights(seed) for seed in seeds]))

    def score(seeds: Sequence[int]) -> float:
        average(seeds)
        choose_on(saved, features[DEV], rows[DEV], metric)
        results, _ = score_splits(saved, features, rows)
        return float(results[DEV][metric] or 0.0)

    first = [best.seed, *(seed for seed in by_seed if seed != best.seed)]
    dev = {seed: dev_score(member, metric) for seed, member in by_seed.items()}
    taken = greedy_soup(first, dev, score)
    average(taken)
    choose_on(saved, features[DEV], rows[DEV], metric)
    _save(saved.models[0], best.model, candidates.result)
    return Kept(taken, *candidates.score(replace(saved, name="the average")))


def _save(model: Any, like: Path, folder: Path) -> None:
    """Weights of the model beside the other files of a member."""
    shutil.copytree(like, folder, ignore=shutil.ignore_patterns(*_NOT_WEIGHTS), dirs_exist_ok=True)
    save_model(model, folder)
