"""What defines one run: everything that changes its result, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._exceptions import ConfigError
from .declaration import WRITTEN_OUT, choice, count, declarations, declare, word
from .recipe import AUTO, Recipe, at_neutral_values

SCORED = ("test", "dev")


@dataclass(frozen=True, kw_only=True)
@at_neutral_values
class RunSpec(Recipe):
    """One fine-tune with one seed: a recipe with nothing left open, and what it is applied to.

    Two runs with equal specs on one machine give equal results, bit for bit.

    Args:
        task: Name of the task, for example `vader-movies`.
        method: The method in its text form, for example `plain` or `lnsr:std=0.05`.
        method_options: Every option of the method, defaults included, and the version of its code,
            so that no record outlives a change of either.
        seed: The seed of the run; head, data order, dropout and method seeds derive from it.
        model: `minilm`, a folder, or a name on the Hugging Face hub.
        data_hash: Content hash of every row of the task that the run reads.
        model_hash: Content hash of the starting weights.
        unlabelled_hash: Content hash of the unlabelled texts, where there are any.
        subset_seed: The seed of the draw of training rows, the same for every method.
        scored: `test` scores every split at the end; `dev` leaves the test rows unread and scores
            those to choose by, and the training rows.
        head_seed: The seed of the head alone, where several runs share it; by default `seed`.
        chosen_by: The metric that chose the epoch or a threshold; empty where none did. Any other
            run can be scored by any metric.

    Raises:
        ConfigError: If a value is out of its range, or left open.
    """

    task: str = declare("Task", word)
    model: str = declare("Model", word, default="minilm")
    method: str = declare("Method", word)
    seed: int = declare("Seed", count(0))
    method_options: str = declare("Options of the method", word, default="")
    data_hash: str = declare("Hash of the rows", word, default="")
    subset_seed: int = declare("Subset seed", count(0), default=0)
    head_seed: int | None = declare("Seed of the head", count(0), default=None)
    scored: str = declare("Scored on", choice(*SCORED), default="test")
    model_hash: str = declare("Hash of the starting weights", word, default="")
    unlabelled_hash: str = declare("Hash of the unlabelled texts", word, default="", neutral="")
    chosen_by: str = declare("Epoch or threshold chosen by", word, default="", neutral="")

    # What a recipe may leave open, a run never does.
    epochs: float = 3.0
    learning_rate: float = 5e-5
    max_length: int = 128
    precision: str = "fp32"
    threads: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "learning_rate", "max_length", "threads"):
            if getattr(self, name) is None:
                raise ConfigError(f"{name} is left open; expected a value for a run")
        if self.precision == AUTO:
            raise ConfigError(f"precision={AUTO!r} is left open; expected that of a run")
        if self.dev_size is None and (self.patience is not None or self.scored == "dev"):
            needs = "scored=dev" if self.scored == "dev" else f"patience={self.patience}"
            raise ConfigError(f"{needs} needs validation rows; give a dev size too")

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready values; `RunSpec(**values)` is the same spec."""
        values = super().as_dict()
        what = [name for name in values if name not in Recipe.__dataclass_fields__]
        return {name: values[name] for name in (*what, *Recipe.__dataclass_fields__)}

    @property
    def hash(self) -> str:
        """Sixteen hexadecimal digits over the canonical JSON of the spec: what names its files."""
        return spec_hash_of(self.as_dict())

    @property
    def key(self) -> str:
        """What identifies the run. Its method's text is a label, which a new default may renew."""
        return key_of(self.as_dict())


KINDS_WITH_THRESHOLD = frozenset({"multilabel", "qa_no_answer"})
"""Kinds of tasks that choose a threshold on validation examples."""


def choosing_metric(recipe: Mapping[str, Any], kind: str, metric: str) -> str:
    """The metric, if it chose the epoch or a threshold of a run; empty if it only scores it."""
    chooses = recipe.get("patience") is not None or (
        recipe.get("dev_size") is not None and kind in KINDS_WITH_THRESHOLD
    )
    return metric if chooses else ""


WITHOUT_EFFECT = frozenset(
    (
        *("report_to", "run_name", "logging_dir", "logging_steps", "logging_strategy"),
        *("logging_first_step", "log_level", "save_total_limit", "skip_memory_metrics"),
        *("dataloader_num_workers", "dataloader_pin_memory"),
        *("dataloader_persistent_workers", "dataloader_prefetch_factor"),
    )
)
"""Further fields of the trainer that change no result: runs that differ in them are the same."""

_HASHED = {"model": "model_hash", "unlabelled": "unlabelled_hash"}
_IMPORT_PATH = re.compile(r"[\w.]+:\w+(?=$|[:(+)])")


def neutral_values() -> dict[str, Any]:
    """What the code did before a field existed, for each field that has come since."""
    fields = declarations(RunSpec)
    return {k: told.neutral for k, told in fields.items() if told.neutral is not WRITTEN_OUT}


def spec_hash_of(fields: Mapping[str, Any]) -> str:
    """The hash of the fields of a spec, as they stand in a record.

    A field at its neutral value is left out: the run is the one that it was before the field
    existed.
    """
    neutral = neutral_values()
    told = {k: v for k, v in fields.items() if k not in neutral or v != neutral[k]}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


def key_of(fields: Mapping[str, Any]) -> str:
    """What identifies the run of a spec, as it stands in a record.

    Where every option of the method is known, its text adds only the modules of classes that are
    not of this package: which options a text leaves out changes with their defaults. Names of
    files do not count where the hash of their content does: they may lie elsewhere now.
    """
    told = by_content(fields)
    if fields.get("method_options"):
        told["method"] = _IMPORT_PATH.findall(str(fields["method"]))
    return spec_hash_of(told)


def by_content(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec that change its result, with hashes in place of names of files."""
    told = {name: fields.get(_HASHED.get(name, "")) or value for name, value in fields.items()}
    if isinstance(settings := fields.get("settings"), Mapping):
        told["settings"] = {k: v for k, v in settings.items() if k not in WITHOUT_EFFECT}
    return told


def upgraded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec with those that it lacks, because they came after it was written."""
    return {**fields, **{k: v for k, v in neutral_values().items() if k not in fields}}
