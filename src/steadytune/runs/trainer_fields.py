"""Further fields of `transformers.TrainingArguments`, given as `FIELD=VALUE` and checked."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from .._checks import near
from .._exceptions import ConfigError
from .._untrusted_yaml import parse_yaml

_LATER = "is not supported; leave it out"

OWNED: dict[str, str] = {
    "output_dir": "is set by `out`",
    "seed": "is set by `seed`",
    "data_seed": "is set by `seed`",
    "num_train_epochs": "is set by `epochs`",
    "learning_rate": "is set by `learning_rate`",
    "warmup_steps": "is set by `warmup`, a share of all steps",
    "weight_decay": "is set by `weight_decay`",
    "per_device_train_batch_size": "is set by `batch_size`",
    "per_device_eval_batch_size": "is set by the run",
    "train_sampling_strategy": "is set by the run, where rows of like length share a batch",
    "length_column_name": "is set by the run, where rows of like length share a batch",
    "bf16": "is set by `precision=bf16`",
    "fp16": "is set by `precision=fp16`",
    "load_best_model_at_end": "is set by `patience`",
    "metric_for_best_model": "is set by `metric`",
    "greater_is_better": "is set by `metric`",
    "eval_strategy": "is set by `patience`, which looks at the validation rows after each epoch",
    "eval_steps": "is set by `patience`, which looks at the validation rows after each epoch",
    "eval_delay": "is set by `patience`, which looks at the validation rows after each epoch",
    "eval_on_start": "is set by `patience`, which looks at the validation rows after each epoch",
    "resume_from_checkpoint": "is not needed: the same command continues",
    "restore_callback_states_from_checkpoint": "is set by the run",
    "disable_tqdm": "is set by the run, which has a progress bar of its own",
    "logging_nan_inf_filter": "is set by the run, which ends at the first loss that is not finite",
    "remove_unused_columns": "is set by the run",
    "label_names": "is set by the run",
    "auto_find_batch_size": "would make the result depend on free memory; choose `batch_size`",
    "save_only_model": "is set by the run",
    **dict.fromkeys(
        (
            *("push_to_hub", "hub_model_id", "hub_token", "hub_private_repo"),
            *("hub_strategy", "hub_always_push", "hub_revision"),
        ),
        "is not supported; push the finished folder with `hf upload`",
    ),
    "deepspeed": _LATER,
    "fsdp": _LATER,
    "fsdp_config": _LATER,
    "parallelism_config": _LATER,
    "do_train": _LATER,
    "do_eval": _LATER,
    "do_predict": _LATER,
    "local_rank": _LATER,
}
"""Fields that a run sets itself -> which option is meant instead, or why there is none."""

_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_AT_LEAST_1 = ("gradient_accumulation_steps", "logging_steps", "save_steps")
_BELOW_1 = ("label_smoothing_factor",)


def read_trainer_fields(pairs: Iterable[str]) -> dict[str, Any]:
    """Read fields such as `lr_scheduler_type=cosine` or `adam_beta2=0.98`.

    Values are YAML, made into what the field holds: `2e-5` is a number, `true` a boolean and
    `{num_cycles: 2}` a mapping.

    Args:
        pairs: A field with its value each.

    Raises:
        ConfigError: If one is not such a pair, its field unknown or the run's own, or its value
            of another type; or if a field is given twice.
    """
    read: dict[str, Any] = {}
    for pair in pairs:
        field, sign, value = pair.partition("=")
        field = field.strip()
        if not sign or not field:
            raise ConfigError(f"trainer field {pair!r} is not possible; expected FIELD=VALUE")
        if field in read:
            raise ConfigError(f"trainer field {field} is given twice; give it once")
        require_field(field)
        read[field] = _coerced(field, value)
    return read


def checked_trainer_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Values that were not read from text, made into what the fields hold, 1 into 1.0 or `1`.

    Raises:
        ConfigError: As `read_trainer_fields`.
    """
    checked = {}
    for field, value in fields.items():
        require_field(field)
        checked[field] = _validated(field, value, value)
        _require_range(field, checked[field])
    return checked


def require_field(field: str) -> None:
    """Refuse a field that a user cannot set.

    Raises:
        ConfigError: It is unknown, or the run sets it.
    """
    if field in OWNED:
        raise ConfigError(f"trainer field {field} {OWNED[field]}")
    known = [name for name in _fields() if name not in OWNED]
    if field not in known:
        guess = near(field, known) or "see its documentation"
        raise ConfigError(f"trainer field {field!r} is not one of TrainingArguments: {guess}")


def instead_of_option(name: str) -> str:
    """How to give a field that someone wrote as an option of its own; empty if it is not one.

    Args:
        name: The field, with underscores.
    """
    if name in OWNED:
        return f", which {OWNED[name]}"
    return f"; give `settings={name}=VALUE`" if name in _fields() else ""


@cache
def _fields() -> dict[str, Any]:
    from transformers import TrainingArguments

    hints = get_type_hints(TrainingArguments)
    return {field.name: hints[field.name] for field in dataclasses.fields(TrainingArguments)}


def _coerced(field: str, text: str) -> Any:
    try:
        value = parse_yaml(text)
    except ValueError:
        value = text
    validated = _validated(field, numbers(value), text)
    _require_range(field, validated)
    return validated


def numbers(value: Any) -> Any:
    """What YAML holds, with numbers such as 2e-5, which YAML 1.1 takes for text, as numbers."""
    if isinstance(value, dict):
        return {name: numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [numbers(part) for part in value]
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    return value


def _validated(field: str, value: Any, otherwise: Any) -> Any:
    """The value as the field's type has it; text that YAML made something else of is text again."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    declared = _fields()[field]
    adapter = TypeAdapter(declared, config=ConfigDict(arbitrary_types_allowed=True))
    for candidate in (value, otherwise):
        try:
            return _plain(adapter.validate_python(candidate))
        except ValidationError:
            continue
    raise ConfigError(
        f"trainer field {field}={otherwise!r} is not possible; expected {_words(declared)}"
    )


def _require_range(field: str, value: Any) -> None:
    if field in _AT_LEAST_1 and not value >= 1:
        raise ConfigError(f"trainer field {field}={value} is not possible; expected 1 or more")
    if field in _BELOW_1 and not 0 <= value < 1:
        raise ConfigError(f"trainer field {field}={value} is not possible; expected 0 to below 1")


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    return value.value if isinstance(value, Enum) else value


def _words(declared: Any) -> str:
    """A type in words: `float or none`."""
    if get_origin(declared) in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(part) for part in get_args(declared)))
    if declared is types.NoneType:
        return "none"
    if isinstance(declared, type) and issubclass(declared, Enum):
        return "one of " + ", ".join(str(member.value) for member in declared)
    return str(getattr(declared, "__name__", declared))
