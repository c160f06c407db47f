"""The training of one run: `RunTrainer` with what a spec says, watched at every step."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, TrainerCallback

from .._exceptions import ConfigError
from .._random import Seeds
from .._scratch import scratch_folder
from .._step.regularizer import Regularizer
from ..pretrained import quiet
from ..records.spec import RunSpec
from ..tasks.encoding import Padding
from .arguments import step_count, training_arguments
from .checkpoints import Workspace
from .class_weights import balanced_weights, weighted_loss
from .forwards import ForwardCount
from .run_trainer import RunTrainer
from .stopping import AlreadyEnded, DevRows, EarlyStop

_TENSORBOARD_FOLDER = "TENSORBOARD_LOGGING_DIR"


@dataclass(frozen=True)
class Training:
    """What a training leaves behind beside the trained model.

    Args:
        history: What was logged, in the order of the steps.
        step_seconds: Duration of each step of this process.
        steps: Optimizer steps in all, those before a checkpoint that was resumed included.
        diverged: Why it was stopped, or None if it finished.
        forwards_per_step: Forward passes per step; None for a model whose blocks cannot be found.
        findings: What the methods found out, such as the strength that a dose gave.
    """

    history: list[dict[str, float | None]]
    step_seconds: list[float]
    steps: int = 0
    diverged: str | None = None
    forwards_per_step: float | None = None
    findings: Mapping[str, float | None] = field(default_factory=dict)


def train(
    spec: RunSpec,
    model: Any,
    tokenizer: Any,
    rows: Any,
    methods: Sequence[Regularizer],
    on_steps: Callable[[int], None],
    dev: DevRows | None = None,
    workspace: Workspace | None = None,
    unlabelled: Any = None,
    compute_loss: Callable[..., Any] | None = None,
) -> Training:
    """Train `model` in place: AdamW, linear schedule with warmup, dynamic padding.

    Args:
        spec: What the run is.
        model: The model with its new head.
        tokenizer: Its tokenizer, for padding.
        rows: The encoded training rows.
        methods: The methods; none gives plain training.
        on_steps: Called with how many optimizer steps are done since it was called last.
        dev: Validation rows, if the spec stops early.
        workspace: Folder of the checkpoints; the training continues from the last one. None for
            a training without checkpoints.
        unlabelled: Encoded texts without labels, for methods that measure on them too.
        compute_loss: The loss, of outputs and labels; by default the model's own.

    Raises:
        ConfigError: If a value of the spec does not suit the trainer.
    """
    watch, forwards = _Watch(on_steps), ForwardCount(model)
    checkpoints = workspace.checkpoints if workspace else None
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(checkpoints))
        stack.enter_context(forwards.installed())
        stack.enter_context(_class_weights(spec, model, rows))
        stack.enter_context(_curves_kept(workspace.curves if workspace else None))
        stack.callback(_end_wandb_run, is_ours=_wandb_run() is None)
        trainer = RunTrainer(
            model=model,
            args=training_arguments(
                spec,
                folder,
                step_count(spec, len(rows)),
                dev.metric if dev else "",
                resumable=checkpoints is not None,
            ),
            train_dataset=rows,
            eval_dataset=dev.encoded.dataset if dev else None,
            data_collator=Padding(tokenizer),
            regularizers=methods,
            seeds=Seeds.from_run(spec.seed),
            callbacks=[watch, *([EarlyStop(spec.patience)] if spec.patience else [])],
            group_by_length=spec.group_by_length,
            forwards=forwards,
            dev=dev,
            unlabelled_dataset=unlabelled,
            layers=spec.layers,
            compute_loss_func=compute_loss,
        )
        trainer.remove_callback(PrinterCallback)
        if spec.head_first and not isfinite(loss := trainer.fit_head()):
            return Training([], [], diverged=f"the loss of the frozen model was {loss}")
        with quiet():  # each checkpoint would have a progress bar of its own
            reason = trainer.carry_out(checkpoints)
    history = _history(trainer.state.log_history)
    return Training(
        history,
        watch.seconds,
        trainer.state.global_step,
        reason,
        forwards.per_step,
        trainer.findings,
    )


class _Watch(TrainerCallback):  # type: ignore[misc]
    """Takes the time of every step and tells that it is done."""

    def __init__(self, on_steps: Callable[[int], None]) -> None:
        self.seconds: list[float] = []
        self._on_steps = on_steps
        self._started = 0.0

    def on_train_begin(self, args: Any, state: Any, *others: Any, **kwargs: Any) -> None:
        if state.global_step:
            self._on_steps(state.global_step)
        if state.global_step >= state.max_steps:
            raise AlreadyEnded

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self._started = time.perf_counter()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.seconds.append(time.perf_counter() - self._started)
        self._on_steps(1)


@contextmanager
def _folder(checkpoints: Path | None) -> Iterator[Path]:
    """The folder of checkpoints, a passing one if none is named."""
    if checkpoints is not None:
        checkpoints.mkdir(parents=True, exist_ok=True)
        yield checkpoints
        return
    with scratch_folder() as folder:
        yield folder


def _class_weights(spec: RunSpec, model: Any, rows: Any) -> Any:
    if spec.class_weights == "none":
        return nullcontext()
    if model.config.problem_type != "single_label_classification":
        raise ConfigError(
            "balanced class weights need classes: this task has none; leave `class_weights` out"
        )
    return weighted_loss(model, balanced_weights(rows["labels"][:], model.config.num_labels))


@contextmanager
def _curves_kept(folder: Path | None) -> Iterator[None]:
    """TensorBoard's curves outlast the checkpoints, unless the user has said where they go."""
    if folder is None or _TENSORBOARD_FOLDER in os.environ:
        yield
        return
    os.environ[_TENSORBOARD_FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[_TENSORBOARD_FOLDER]


def _wandb_run() -> Any:
    """The open run of W&B, if its package is in use."""
    return getattr(sys.modules.get("wandb"), "run", None)


def _end_wandb_run(*, is_ours: bool) -> None:
    """Its callback would go on with an open run, so that all runs of a process would be one."""
    if is_ours and _wandb_run() is not None:
        sys.modules["wandb"].finish()


def _history(logged: Sequence[dict[str, float]]) -> list[dict[str, float | None]]:
    """The log as JSON can hold it, without the summary that the trainer adds at the end."""
    return [
        {key: value if isfinite(value) else None for key, value in entry.items()}
        for entry in logged
        if "loss" in entry or any(key.startswith("eval_") for key in entry)
    ]
