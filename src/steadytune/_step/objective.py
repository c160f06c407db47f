"""The objective: the task's loss as the attached methods change it, called once a micro-batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from .._exceptions import ConfigError
from .._model.trace import require_plain_checkpointing
from .journal import Watcher
from .optimizer import (
    SplitGroup,
    innermost,
    merge_groups,
    require_parameters_of,
    split_by_learning_rate,
)
from .passes import Session
from .regularizer import Host
from .step import Step
from .unlabelled import require_use_of_unlabelled

_POSITION = "position"


class Objective:
    """What the model is trained to minimise: the task's loss, changed by the attached methods.

    Call it with a `Step`; it returns a scalar to run `backward` on.
    """

    def __init__(
        self, session: Session, hosts: Sequence[Host], measure_every: int | None = None
    ) -> None:
        self._session = session
        self._hosts = hosts
        self._measure_every = measure_every
        self._measures = False
        self._optimizer: Optimizer | None = None
        self._handles: list[RemovableHandle] = []
        self._splits: list[SplitGroup] = []
        self._loss: Callable[[Step], Tensor] = _task_loss
        self._checked = False
        self._in_closure = False

    def __call__(self, step: Step) -> Tensor:
        """The objective on one micro-batch.

        Raises:
            ConfigError: If a method acts around the optimizer step and none was connected, or acts
                before it and the objective is called inside.
        """
        if self._in_closure and any(host.before_optimizer_step for host in self._hosts):
            raise ConfigError(
                "the objective is called inside optimizer.step(), too late for a method that acts "
                "on the gradients before it; call objective(...).backward() first, and then "
                "optimizer.step() (in Lightning: manual optimization)"
            )
        if self.needs_optimizer and self._optimizer is None:
            raise ConfigError(
                "a method acts on the optimizer; "
                "call objective.connect(optimizer) before the first step"
            )
        session = self._session
        if not self._checked:
            self._require_fit()
            self._checked = True
        if step.unlabelled is not None:
            require_use_of_unlabelled(session.takes_unlabelled)
        session.outputs, session.ran = None, False
        number, micro_step = self._number(step)
        placed = replace(
            _divided(step),
            step=number,
            micro_step=micro_step,
            _weighs=self._weighs_at(number, step.total_steps),
            _session=session,
        )
        loss = self._loss(placed)
        session.journal.see_objective(loss)
        if step.accumulation > 1:
            loss = loss / step.accumulation
        # A tensor of its own: what methods hook on it runs before hooks that the loss brought.
        loss = loss.view_as(loss)
        for host in self._hosts:
            for hook in host.after_objective:
                hook(loss)
        self._end_step(placed, step.micro_steps or step.accumulation)
        return loss

    def _weighs_at(self, number: int, total: int | None) -> bool:
        """Whether the log gets the gradients of penalties at this step."""
        every = self._measure_every
        if every is None:  # a few times an epoch, and never often enough to cost much
            every = max(16, total // 32) if total else 0
        self._measures = bool(every)
        return self._measures and number % every == 0

    def _end_step(self, step: Step, micro_steps: int) -> None:
        end = self._session.journal.end_call(step, micro_steps)
        if end is not None:
            for watcher in self._watchers:
                watcher.end_step(end)

    @property
    def _watchers(self) -> list[Watcher]:
        return [watcher for host in self._hosts for watcher in host.watchers]

    def _number(self, step: Step) -> tuple[int, int]:
        """Numbers of the optimizer step and of the micro-batch within it."""
        session = self._session
        if step.step is not None:
            _require_micro_steps(step)
            return step.step, step.micro_step
        session.counts = True
        number, micro_step = session.position
        ends = self._optimizer is None and micro_step + 1 >= step.accumulation
        session.position = (number + 1, 0) if ends else (number, micro_step + 1)
        return number, micro_step

    @property
    def needs_optimizer(self) -> bool:
        """Whether `connect` must be called before the first step."""
        return any(host.needs_optimizer for host in self._hosts)

    @property
    def splits_groups(self) -> bool:
        """Whether `connect` splits the optimizer's parameter groups."""
        return bool(self._factors())

    def connect(self, optimizer: Optimizer) -> None:
        """Let the methods act around every step of `optimizer` until they are detached.

        Call it before a learning rate scheduler is made: a method may split the optimizer's
        parameter groups. They are merged again when the methods are detached.

        Raises:
            ConfigError: If the optimizer holds none of the model's parameters.
        """
        self._disconnect()
        optimizer = innermost(optimizer)
        require_parameters_of(self._session.model, optimizer)
        self._handles = [
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(lambda opt, *_: self._each(opt, before=False)),
        ]
        self._optimizer = optimizer
        self._splits = split_by_learning_rate(self._session.model, optimizer, self._factors())

    @property
    def outputs(self) -> object:
        """The model's outputs of the last pass that the last call ran."""
        return self._session.outputs

    def release_outputs(self) -> None:
        """Free the last pass's outputs, and their graph."""
        self._session.outputs = None

    def pop_logs(self) -> dict[str, float]:
        """The values for the log: means over the calls since the last time.

        They are the scalars that the methods logged and each penalty's share of the objective.
        """
        return self._session.journal.pop()

    def log_state(self) -> dict[str, Tensor]:
        """The values that the next `pop_logs` averages."""
        return self._session.journal.state_dict()

    def load_log_state(self, state: Mapping[str, Tensor]) -> None:
        """Continue with what `log_state` returned."""
        device = next(self._session.model.parameters()).device
        self._session.journal.load_state_dict(state, device)

    def findings(self) -> dict[str, float | None]:
        """What the methods found in this training, such as the strength that a dose gave.

        None where nothing was found, as for the start of a method that never started.
        """
        return {name: value for w in self._watchers for name, value in w.findings().items()}

    def state_dict(self) -> dict[str, Tensor]:
        """The methods' state from step to step, by their number and name.

        If the objective counts the steps itself, the count is part of it.
        """
        session = self._session
        counted = {_POSITION: torch.tensor(session.position)} if session.counts else {}
        spare: set[str] = set() if self._measures else self._dispensable
        return {**counted, **{n: v for n, v in self._carried().items() if n not in spare}}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Load the methods' state, in place.

        Raises:
            ConfigError: If the state belongs to other methods.
        """
        own = self._carried()
        odd = sorted((own.keys() ^ (state.keys() - {_POSITION})) - self._dispensable)
        if odd:
            raise ConfigError(
                f"the saved state does not fit the attached methods ({odd[0]} is on one side); "
                "resume with the methods the checkpoint was made with"
            )
        for name in own.keys() & state.keys():
            own[name].copy_(state[name])
        if _POSITION in state:
            number, micro_step = state[_POSITION].tolist()
            self._session.position = number, micro_step
            self._session.counts = True

    @property
    def has_state(self) -> bool:
        """Whether the methods have a state that lasts from step to step."""
        return bool(self._carried())

    @property
    def needs_state(self) -> bool:
        """Whether a training can only continue with its `state_dict`."""
        return bool(self._carried().keys() - self._dispensable)

    @property
    def _dispensable(self) -> set[str]:
        return {f"{i}.{name}" for i, host in enumerate(self._hosts) for name in host.dispensable}

    def _carried(self) -> dict[str, Tensor]:
        return {
            f"{index}.{name}": value
            for index, host in enumerate(self._hosts)
            for name, value in host.state.items()
        }

    def _factors(self) -> dict[str, float]:
        """Parameter name -> the product of the methods' learning rate factors."""
        factors: dict[str, float] = {}
        for host in self._hosts:
            for name, factor in host.learning_rate_factors.items():
                factors[name] = factors.get(name, 1.0) * factor
        return factors

    def _require_fit(self) -> None:
        """What depends on how the model is run, which is settled when the first step comes."""
        if self._hosts:
            require_plain_checkpointing(self._session.model)
            _require_training_mode(self._session.model)
        for host in self._hosts:
            for check in host.before_first_step:
                check()

    def _before_step(
        self, optimizer: Optimizer, args: Any, kwargs: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """What the step is then called with: a closure that says that it runs."""
        self._each(optimizer, before=True)
        return tuple(map(self._told, args)), {n: self._told(v) for n, v in kwargs.items()}

    def _told(self, given: Any) -> Any:
        if not callable(given):
            return given

        def closure() -> Any:
            self._in_closure = True
            try:
                return given()
            finally:
                self._in_closure = False

        return closure

    def _each(self, optimizer: Optimizer, *, before: bool) -> None:
        overflow = getattr(optimizer, "found_inf", None)
        if overflow is not None and bool(overflow.item()):
            return  # a fused optimizer skips such a step by itself, under a gradient scaler
        if not before:
            self._session.position = self._session.position[0] + 1, 0
        hosts = self._hosts if before else reversed(self._hosts)
        for host in hosts:
            for hook in host.before_optimizer_step if before else host.after_optimizer_step:
                hook(optimizer)

    def _disconnect(self) -> None:
        if self._optimizer is not None:
            for handle in self._handles:
                handle.remove()
            merge_groups(self._optimizer, self._splits)
            self._optimizer = None


def _divided(step: Step) -> Step:
    """The step whose parts are sent back divided, as the whole objective is."""
    if step.accumulation == 1:
        return step
    share = 1 / step.accumulation
    return replace(step.scaled(share), accumulation=1)


def _require_micro_steps(step: Step) -> None:
    """Refuse a place in a step that is not said to have so many micro-batches."""
    if step.micro_steps is None and step.micro_step >= step.accumulation:
        raise ConfigError(
            f"micro_step={step.micro_step} was given, and accumulation={step.accumulation} says "
            "how many micro-batches a step has; give micro_steps, how many your loop accumulates"
        )


def _require_training_mode(model: nn.Module) -> None:
    """Refuse a model as `from_pretrained` returns it: without dropout some methods do nothing."""
    if not any(module.training for module in model.modules()):
        raise ConfigError(
            f"{type(model).__name__} is in evaluation mode; call model.train() before the first "
            "step (for training without dropout, set the rates in the model's config to 0)"
        )


def _task_loss(step: Step) -> Tensor:
    return step.clean.loss
