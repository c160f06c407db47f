"""The trainer of a run: it stops at what is not finite, and goes on from whole checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import TrainerCallback

from .._random import isolated_rng
from .._sealed import seal
from ..head_first import fit_head
from ..trainer import RegularizedTrainer
from .batching import LengthGroupedSampler
from .checkpoints import find_resumption, prune
from .forwards import ForwardCount
from .stopping import AlreadyEnded, DevRows

_LOGGED, _LOSS, _COUNTS = "logged.safetensors", "loss", "counts"


class Diverged(Exception):
    """The loss or the logits are not finite any more."""


class RunTrainer(RegularizedTrainer):
    """A trainer that stops at the first loss that is not finite, and may group rows by length."""

    def __init__(
        self,
        *args: Any,
        group_by_length: bool,
        forwards: ForwardCount,
        dev: DevRows | None,
        **kwargs: Any,
    ) -> None:
        self._group_by_length = group_by_length
        self._forwards = forwards
        self._dev = dev
        super().__init__(*args, **kwargs)

    def carry_out(self, checkpoints: Path | None) -> str | None:
        """Train, from the last checkpoint on if there is one; the reason if it diverged."""
        last = find_resumption(checkpoints).checkpoint if checkpoints else None
        try:
            if last is None:
                self.train()
            else:
                begun = _Resumed(lambda: self.go_on(last))
                self.callback_handler.callbacks.insert(0, begun)  # before it may end at once
                self.train(resume_from_checkpoint=str(last))
        except Diverged as error:
            return str(error)
        return None

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if self.args.save_only_model:
            return
        folder = Path(self.args.output_dir)
        checkpoint = folder / f"checkpoint-{self.state.global_step}"
        save_file(self._logged_so_far(), checkpoint / _LOGGED)
        seal(checkpoint)
        prune(folder, self.state.best_model_checkpoint)  # not before the new one is whole

    def _logged_so_far(self) -> dict[str, Tensor]:
        """What the next line of the log is a mean of, and what is counted."""
        objective = self._objective
        assert objective is not None
        counts = (self._globalstep_last_logged, *self._forwards.counted)
        own = {_LOSS: self._tr_loss, _COUNTS: torch.tensor(counts)}
        return {name: value.contiguous() for name, value in (own | objective.log_state()).items()}

    def go_on(self, checkpoint: Path) -> None:
        """Go on with what was summed and counted before the checkpoint, wherever that lies now."""
        if best := self.state.best_model_checkpoint:
            self.state.best_model_checkpoint = str(checkpoint.with_name(Path(best).name))
        assert self._objective is not None
        state = load_file(checkpoint / _LOGGED)
        self._tr_loss: Tensor = state.pop(_LOSS).to(self.args.device)
        self._globalstep_last_logged, *counted = state.pop(_COUNTS).tolist()
        self._forwards.count_on(*counted)
        self._objective.load_log_state(state)

    def fit_head(self) -> float:
        """Fit the new head on the frozen model; the mean loss afterwards."""
        with isolated_rng(self.args.device):  # a loader draws from the global stream
            batches = list(self.get_eval_dataloader(self.train_dataset))
        return fit_head(self.model, batches).after

    def _train_attached(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._train_attached(*args, **kwargs)
        except AlreadyEnded:  # in here, so that the methods end as after any training
            if self.state.best_model_checkpoint:
                self._load_best_model()
            return None

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows = self.train_dataset if train_dataset is None else train_dataset
        if not self._group_by_length:
            return super()._get_train_sampler(rows)
        lengths = [len(ids) for ids in rows["input_ids"]]
        return LengthGroupedSampler(lengths, self.args.train_batch_size, self.args.data_seed)

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any) -> Tensor:
        with self._forwards.training_step(len(inputs["input_ids"])):
            loss = super().training_step(model, inputs, *args)
        if not isfinite(value := loss.item()):
            raise Diverged(f"the loss was {value} at step {self.state.global_step + 1}")
        return loss

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Score the validation rows; an undefined metric counts as 0."""
        assert self._dev is not None
        with isolated_rng(self.args.device):
            scores = self._dev.scores(self.model)
        if scores is None:
            raise Diverged(
                f"the outputs on the validation rows were not finite at step "
                f"{self.state.global_step}"
            )
        metrics = {f"eval_{name}": value for name, value in scores.items() if value is not None}
        metrics.setdefault(f"eval_{self._dev.metric}", 0.0)
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics


class _Resumed(TrainerCallback):  # type: ignore[misc]
    """Calls once the trainer has set up what it counts in, which it does anew in each training."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        self._then()
