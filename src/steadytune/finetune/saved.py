"""A fine-tuned model as it lies in a folder: one model, or the members of an ensemble."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from .._checks import check_count
from .._device import usable_device
from .._exceptions import ConfigError, ModelError
from .._untrusted import json_object
from .._whole_file import write_json
from ..metrics.seq2seq import scorers
from ..model_files import position_count
from ..pretrained import CAREFUL, Pretrained, Trust
from ..runs.evaluation import BATCH_SIZE, model_outputs
from ..tasks import PROBLEMS, Encoding, Outputs, Problem
from ..tasks.encoding import MAX_NEW_TOKENS
from ..tasks.files.columns import NO_COLUMNS, Columns
from .frozen_head import HEAD as FROZEN_HEAD
from .frozen_head import read_frozen
from .output_folder import RECORD

ENSEMBLE = "ensemble.json"
_VERSION = 1
_ROWS_AT_A_TIME = 16 * BATCH_SIZE
"""Rows that all members of an ensemble predict before the next."""


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A model that is ready to be used.

    Args:
        name: What it is called in messages.
        kind: One of `PROBLEMS`.
        label_names: The classes in the order of their numbers, or the grades; else none.
        models: The members; one where it is not an ensemble.
        tokenizer: The tokenizer of all members.
        columns: The text columns that it was trained on, where that is known.
        max_length: Most tokens an input that it was trained on, where that is known.
        stride: Tokens that two windows over a long context shared in training.
        base: The model that it was fine-tuned from, where that is known.
        read_from: What the columns were called that it was trained on, where that is known.
        positive: The class whose F1 was reported in training, of two; empty where that is unknown.
        weights: What each member counts for; None where all count alike.
    """

    name: str
    kind: str
    label_names: tuple[str, ...]
    models: tuple[Any, ...]
    tokenizer: Any
    columns: tuple[str, ...] = ()
    max_length: int | None = None
    stride: int = Encoding.stride
    base: str = ""
    read_from: Columns = NO_COLUMNS
    positive: str = ""
    weights: tuple[float, ...] | None = None

    @property
    def problem(self) -> Problem:
        """What its kind of task needs."""
        return PROBLEMS[self.kind]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen for it on validation examples, a line each; the mean of its members'."""
        return tuple(
            f"{name} {fmean(getattr(m.config, name, usual) for m in self.models):.4g}"
            for name, usual in self.problem.choices.items()
        )

    @property
    def max_new_tokens(self) -> int:
        """Most tokens a text that it generates."""
        found = getattr(self.models[0], "generation_config", None)
        return (found and found.max_new_tokens) or MAX_NEW_TOKENS

    @property
    def positions(self) -> int | None:
        """Most tokens an input that it takes; None where it has no limit or does not say it."""
        return position_count(self.models[0].config.to_dict())

    def outputs(self, features: Any, on_batch: Callable[[], None]) -> Outputs:
        """The outputs for encoded rows, averaged over the members."""
        if len(self.models) == 1:
            return self._outputs_of(self.models[0], features, on_batch)
        found: Outputs = {}
        # Each member's outputs for all rows at once would take gigabytes with many classes.
        for start in range(0, max(1, len(features)), _ROWS_AT_A_TIME):
            some = features.select(range(start, min(start + _ROWS_AT_A_TIME, len(features))))
            each = [self._outputs_of(model, some, on_batch) for model in self.models]
            for name, rows in self.problem.average(each, self.weights).items():
                found.setdefault(name, []).extend(rows)
        return found

    def _outputs_of(self, model: Any, features: Any, on_batch: Callable[[], None]) -> Outputs:
        return model_outputs(model, self.tokenizer, features, self.problem, on_batch)


def load_saved(
    name: str | Path, trust: Trust = CAREFUL, max_new_tokens: int | None = None
) -> SavedModel:
    """Load a fine-tuned model: a folder, ours or not, an ensemble's folder, or a hub name.

    Args:
        name: As for `Pretrained.find`, or a folder with `ensemble.json`.
        trust: What of the model's files may be read.
        max_new_tokens: Most tokens a text that it generates; None takes what it was trained with.

    Raises:
        ConfigError: If `max_new_tokens` is given, and it generates no text or takes fewer; or a
            package that it needs is missing.
        ModelError: If it cannot be loaded, or is not fine-tuned for a task of a known kind.
    """
    name, folder = str(name), Path(name)
    ensemble = _ensemble(folder) if os.path.isfile(folder / ENSEMBLE) else _Ensemble((name,), None)
    members = ensemble.members
    loaded = [_load_one(member, trust) for member in members]
    first = loaded[0]
    for other, member in zip(loaded[1:], members[1:], strict=True):
        if (other.kind, other.label_names) != (first.kind, first.label_names):
            raise ModelError(
                f"member {Path(member).name} of {name!r} predicts {_what(other)}, and "
                f"{Path(members[0]).name} {_what(first)}; expected members of one kind"
            )
    models = tuple(model for part in loaded for model in part.models)
    if max_new_tokens is not None:
        _require_generation(first, max_new_tokens)
    if first.problem.generates and len(models) > 1:
        scorers()  # Members' texts are compared by chrF: a missing package is said now.
    for model in models:
        first.problem.prepare(model, max_new_tokens)
    return replace(first, name=name, models=models, weights=ensemble.weights, **_trained_on(folder))


def _require_generation(saved: SavedModel, max_new_tokens: int) -> None:
    check_count("max_new_tokens", max_new_tokens, 1)
    if not saved.problem.generates:
        raise ConfigError(
            f"max_new_tokens is given for {saved.name}, a model for {saved.kind}, which generates "
            "no text; leave it out"
        )
    if saved.positions is not None and max_new_tokens > saved.positions:
        raise ConfigError(
            f"max_new_tokens {max_new_tokens} is more than {saved.name} takes; give a "
            f"`max_new_tokens` of {saved.positions} at most"
        )


def write_ensemble(
    folder: Path, members: Sequence[str], kind: str, weights: Sequence[float] | None = None
) -> None:
    """Write `ensemble.json`: which folders there are members, and what each counts for."""
    content = {"version": _VERSION, "kind": kind, "members": list(members)}
    own = {} if weights is None else {"weights": list(weights)}
    write_json(folder / ENSEMBLE, content | own)


def set_choices(model: Any, choices: Mapping[str, float]) -> None:
    """Set fields of a model's configuration that were decided on examples."""
    for name, value in choices.items():
        setattr(model.config, name, value)


def _load_one(name: str, trust: Trust) -> SavedModel:
    if os.path.isfile(Path(name) / FROZEN_HEAD):
        frozen = read_frozen(Path(name), trust)
        model = frozen.model.to(usable_device())
        tokenizer = frozen.model.tokenizer
        return SavedModel(name, frozen.kind, frozen.label_names, (model,), tokenizer)
    pretrained = Pretrained.find(name, trust)
    kind = _kind(pretrained)
    model, tokenizer = pretrained.whole(kind)
    model.to(usable_device())
    labels = PROBLEMS[kind].names_of(model.config)
    return SavedModel(name, kind, labels, (model,), tokenizer)


def _kind(model: Pretrained) -> str:
    if model.kind is None:
        raise ModelError(
            f"model {model.name!r} has the architecture {model.architecture or 'none'}; expected a "
            "model fine-tuned for sequence classification, question answering, tagging with B- and "
            "I- tags, or sequence to sequence"
        )
    return model.kind


@dataclass(frozen=True)
class _Ensemble:
    """Folders of members, and what each counts for; None where all count alike."""

    members: tuple[str, ...]
    weights: tuple[float, ...] | None


def _ensemble(folder: Path) -> _Ensemble:
    try:
        content = json_object(folder / ENSEMBLE)
        names = content["members"]
        known = content["version"] == _VERSION and isinstance(names, list) and bool(names)
    except (OSError, ValueError, KeyError, TypeError):
        known, names, content = False, [], {}
    if not known or not all(_is_plain_name(name) for name in names):
        raise ModelError(f"{ENSEMBLE} in {folder} names no members; train the ensemble again")
    if missing := [name for name in names if not os.path.isdir(folder / name)]:
        raise ModelError(f"{folder} lacks the member {missing[0]} that {ENSEMBLE} names")
    weights = content.get("weights")
    if weights is not None and not _are_weights(weights, len(names)):
        raise ModelError(
            f"{ENSEMBLE} in {folder} does not weigh its {len(names)} members; train the ensemble "
            "again"
        )
    members = tuple(str(folder / name) for name in names)
    return _Ensemble(members, weights and tuple(map(float, weights)))


def _are_weights(given: Any, members: int) -> bool:
    """A finite number above 0 for each member."""
    if not isinstance(given, list) or len(given) != members:
        return False
    return all(type(weight) in (int, float) and 0 < weight < float("inf") for weight in given)


def _is_plain_name(name: object) -> bool:
    """A folder right here: a file must not say which other folders are read."""
    return isinstance(name, str) and name == Path(name).name and name not in ("", ".", "..")


def _trained_on(folder: Path) -> dict[str, Any]:
    """What a record beside the model says of its inputs and of where it began."""
    try:
        record = json_object(folder / RECORD)
        given, base = record["input"], record["spec"]["model"]
        columns, length = given["columns"], given["max_length"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    known: dict[str, Any] = {}
    if isinstance(columns, list) and all(isinstance(name, str) for name in columns):
        known["columns"] = tuple(columns)
    if type(length) is int and length > 0:
        known["max_length"] = length
    if type(stride := given.get("stride")) is int and stride >= 0:
        known["stride"] = stride
    if isinstance(base, str):
        known["base"] = base
    names = given.get("label_names")
    if isinstance(names, list) and len(names) == 2:
        known["positive"] = str(names[1])
    return {**known, **_read_from(given.get("read_from"))}


def _read_from(given: Any) -> dict[str, Any]:
    """The columns of a record; records of earlier versions have none."""
    if not isinstance(given, dict) or not isinstance(given.get("texts"), list):
        return {}
    label = given.get("label")
    return {"read_from": Columns(tuple(map(str, given["texts"])), label and str(label))}


def _what(saved: SavedModel) -> str:
    return f"{saved.kind} ({', '.join(saved.label_names)})" if saved.label_names else saved.kind
