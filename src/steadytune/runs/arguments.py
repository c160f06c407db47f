"""The arguments of the Hugging Face trainer for one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainingArguments, get_scheduler

from .._device import usable_device
from .._exceptions import ConfigError
from .._random import Seeds
from ..records.ledger import run_name
from ..records.spec import RunSpec
from .trainer_fields import checked_trainer_fields

_LOG_POINTS = 20
_MOST_CHECKPOINTS = 10


def step_count(spec: RunSpec, rows: int) -> int:
    """How many optimizer steps a run takes on so many training rows, if it is not stopped early."""
    fields: dict[str, Any] = dict(spec.settings)
    most: int = fields.get("max_steps", -1)
    if most > 0:
        return most
    whole, rest = divmod(rows, spec.batch_size)
    batches = whole + (rest > 0 and not fields.get("dataloader_drop_last", False))
    accumulated: int = fields.get("gradient_accumulation_steps", 1)
    return ceil(spec.epochs * max(1, ceil(batches / accumulated)))


def epoch_count(spec: RunSpec, rows: int) -> int:
    """How often a run comes to the end of an epoch, or of training within one."""
    if dict(spec.settings).get("max_steps", -1) <= 0:
        return ceil(spec.epochs)
    per_epoch = step_count(_one_epoch(spec), rows)
    return ceil(step_count(spec, rows) / per_epoch)


def training_arguments(
    spec: RunSpec, folder: Path, steps: int, metric: str, *, resumable: bool
) -> TrainingArguments:
    """Arguments of the trainer.

    Args:
        spec: The run.
        folder: For checkpoints, and for what is logged to files.
        steps: Number of optimizer steps.
        metric: The primary metric.
        resumable: Whether checkpoints hold what it takes to go on from them.

    Raises:
        ConfigError: If a further field of the trainer does not suit it.
    """
    further = checked_trainer_fields(dict(spec.settings))
    _require_composition(spec, further)
    known = _known(spec, steps) | _saving(spec, steps, metric, resumable=resumable)
    try:
        arguments = OneDevice(output_dir=str(folder), **(known | further))
    except Exception as error:  # each field is checked in its own way there
        reason = " ".join(str(error).split())
        given = ", ".join(f"{field}={value}" for field, value in further.items()) or "none"
        raise ConfigError(f"trainer fields are not possible ({given}): {reason}") from error
    _require_dashboards(arguments.report_to)
    _require_optimizer(arguments, steps)
    return arguments


def _known(spec: RunSpec, steps: int) -> dict[str, Any]:
    seeds = Seeds.from_run(spec.seed)
    return {
        "num_train_epochs": spec.epochs,
        "learning_rate": spec.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": round(spec.warmup * steps),
        "weight_decay": spec.weight_decay,
        "per_device_train_batch_size": spec.batch_size,
        "max_grad_norm": 1.0,
        "optim": "adamw_torch_fused" if _has_fused_adamw() else "adamw_torch",
        "seed": seeds.dropout,
        "data_seed": seeds.order,
        "logging_strategy": "steps",
        "logging_steps": max(1, steps // _LOG_POINTS),
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "run_name": run_name(spec),
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "bf16": spec.precision == "bf16",
        "fp16": spec.precision == "fp16",
        "use_cpu": not torch.accelerator.is_available(),  # bf16 is refused on a CPU without it
    }


def _saving(spec: RunSpec, steps: int, metric: str, *, resumable: bool) -> dict[str, Any]:
    """Checkpoints, where they are needed; the latest and the best are kept.

    There is one after each epoch. Where nothing looks at them but a training that goes on, many
    short epochs have a few between them: they are larger than the model.
    """
    stops = spec.patience is not None
    apart = resumable and not stops and spec.epochs > _MOST_CHECKPOINTS
    return {
        "eval_strategy": "epoch" if stops else "no",
        "save_strategy": "steps" if apart else "epoch" if stops or resumable else "no",
        **({"save_steps": ceil(steps / _MOST_CHECKPOINTS)} if apart else {}),
        "save_total_limit": None if resumable else 1,  # `prune` keeps what a resumption needs
        "save_only_model": not resumable,
        "load_best_model_at_end": stops,
        "metric_for_best_model": metric if stops else None,
        "greater_is_better": True if stops else None,
        "restore_callback_states_from_checkpoint": stops,
    }


def _require_composition(spec: RunSpec, fields: dict[str, Any]) -> None:
    if spec.precision == "fp16" and not torch.accelerator.is_available():
        raise ConfigError("precision fp16 needs a GPU, and there is none; give fp32 or bf16")
    if spec.patience is not None and "save_strategy" in fields:
        raise ConfigError(
            "trainer field save_strategy cannot be combined with patience; leave one out"
        )
    if fields.get("save_strategy") == "best":
        raise ConfigError(
            "trainer field save_strategy=best needs a metric; give `patience` instead"
        )
    if spec.class_weights == "balanced" and fields.get("label_smoothing_factor"):
        raise ConfigError(
            "trainer field label_smoothing_factor cannot be combined with balanced class weights; "
            "leave one out"
        )


def _require_dashboards(names: Sequence[str]) -> None:
    """What a run reports to has to be known and installed before it begins."""
    from transformers.integrations import get_available_reporting_integrations
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            known = ", ".join(sorted(INTEGRATION_TO_CALLBACK))
            raise ConfigError(f"trainer field report_to={name} is unknown; expected one of {known}")
        if name not in get_available_reporting_integrations():
            raise ConfigError(
                f"trainer field report_to={name} needs that package; install it first"
            )


def _require_optimizer(arguments: TrainingArguments, steps: int) -> None:
    """The optimizer's package has to be there, and the schedule to have all that it needs."""
    unused = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    further, warmup = arguments.lr_scheduler_kwargs, arguments.get_warmup_steps(steps)
    try:
        Trainer.get_optimizer_cls_and_kwargs(arguments)
    except ImportError as error:
        raise ConfigError(
            f"trainer field optim={arguments.optim.value} is not possible: {error}"
        ) from error
    try:
        get_scheduler(arguments.lr_scheduler_type, unused, warmup, steps, further)
    except (TypeError, ValueError) as error:
        name = arguments.lr_scheduler_type.value
        raise ConfigError(
            f"trainer field lr_scheduler_type={name} cannot be combined with lr_scheduler_kwargs="
            f"{further}: {' '.join(str(error).split())}"
        ) from error


class OneDevice(TrainingArguments):  # type: ignore[misc]
    """Arguments of a run on one device, also where the machine has several GPUs."""

    @property
    def n_gpu(self) -> int:
        found: int = super().n_gpu
        return min(1, found)


def _one_epoch(spec: RunSpec) -> RunSpec:
    kept = {name: value for name, value in dict(spec.settings).items() if name != "max_steps"}
    return replace(spec, epochs=1, settings=kept)


def _has_fused_adamw() -> bool:
    """Whether this build of PyTorch has the fused AdamW for the device that it trains on."""
    weight = torch.nn.Parameter(torch.zeros(1, device=usable_device()))
    try:
        torch.optim.AdamW([weight], fused=True)
    except (RuntimeError, ValueError):
        return False
    return True
