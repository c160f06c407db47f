"""Methods in the Hugging Face `Trainer`."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import Trainer
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from ._checks import check_count
from ._exceptions import ConfigError
from ._model.fingerprint import are_alike, fingerprint
from ._model.tensor_names import require_known_names, saved_by_own_names
from ._model.unwrapped import unwrap, without_adapters
from ._random import Seeds, derive_seed, isolated_rng
from ._step.attach import attach
from ._step.objective import Objective
from ._step.regularizer import Regularizer, checked_methods
from ._step.step import Step
from ._step.unlabelled import UnlabelledBatches, require_use_of_unlabelled

_STATE_FILE = "steadytune.safetensors"
_START = "start"

# The mixin goes in front of a Trainer: that is what its `super()` calls reach.
if TYPE_CHECKING:
    _Trainer = Any
else:
    _Trainer = object


class RegularizerMixin(_Trainer):  # type: ignore[misc]
    """Adds methods to a `Trainer` subclass: `class Mine(RegularizerMixin, SFTTrainer): ...`.

    Without methods it is the plain baseline: like the stock `Trainer`, but with gradients that do
    not depend on how a batch is cut into equal micro-batches or spread over processes, with dropout
    masks that depend on the seed and the place in training alone, and with evaluation that leaves
    training as it was. Micro-batches count alike, also a smaller last one; where a model's loss is
    a mean over labelled tokens, as in token classification, so do those with fewer of them.

    Args:
        methods: The methods, applied inside-out.
        regularizers: The same under its former name; give one of the two.
        seeds: The seeds of dropout and of the methods; by default derived from `args.seed`.
        layers: Dotted path to the model's list of blocks, where it cannot be found; `encoder`,
            `decoder` or `both` in a model with an encoder and a decoder.
        embeddings: Whose word embeddings are perturbed in such a model: `encoder` or `decoder`.
        measure_every: Compare the gradients of penalties with the task's, for the log, every so
            many steps; by default a few times an epoch. 0 for never.
        unlabelled_dataset: Encoded examples without labels: a batch of them goes with every
            micro-batch, and penalties that need no labels are then means over both. Labels that are
            there are left out.
        unlabelled_batch_size: Their number per micro-batch; by default that of the labelled ones.
    """

    # The heads of classifiers return the mean over a micro-batch and ignore `num_items_in_batch`,
    # which the stock Trainer takes for a loss that is already divided by the accumulation steps.
    loss_is_scaled_for_ga: bool | None = False

    def __init__(
        self,
        *args: Any,
        methods: Sequence[Regularizer] = (),
        regularizers: Sequence[Regularizer] = (),
        seeds: Seeds | None = None,
        layers: str | None = None,
        embeddings: str = "encoder",
        measure_every: int | None = None,
        unlabelled_dataset: Any = None,
        unlabelled_batch_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        if methods and regularizers:
            raise ConfigError("methods and regularizers were both given; give methods alone")
        if unlabelled_batch_size is not None:
            check_count("unlabelled_batch_size", unlabelled_batch_size, 1)
            if unlabelled_dataset is None:
                raise ConfigError(
                    f"unlabelled_batch_size={unlabelled_batch_size} was given without "
                    "unlabelled_dataset; give both, or neither"
                )
        self.regularizers = checked_methods(methods or regularizers)
        self.layers = layers
        self.embeddings = embeddings
        self.measure_every = measure_every
        self.unlabelled_dataset = unlabelled_dataset
        self._unlabelled_batch_size = unlabelled_batch_size
        self._unlabelled: UnlabelledBatches | None = None
        self.findings: dict[str, float | None] = {}
        self._given_seeds = seeds
        self._stack: ExitStack | None = None
        self._objective: Objective | None = None
        self._start: dict[str, Tensor] = {}
        self._last_step = (-1, 0)
        self._tapping = False
        self._tapped: Any = None
        self._trained = False
        super().__init__(*args, **kwargs)
        self._require_support()

    @property
    def seeds(self) -> Seeds:
        """The seeds in use: those given, or those derived from `args.seed` as it is now."""
        return self._given_seeds or Seeds.from_run(self.args.seed)

    # --- the life of the methods is that of one call of train() -------------------------------

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Train with the methods attached; they are detached when it ends, however it ends.

        Raises:
            ConfigError: If a method that measures from the starting weights is to resume on a
                model that this trainer has trained already.
        """
        self._require_start(kwargs.get("resume_from_checkpoint", args[0] if args else None))
        self._last_step = (-1, 0)
        with ExitStack() as self._stack:
            self._stack.callback(self._forget)
            if self.model_init is None:
                self._attach(self.model)
            return self._train_attached(*args, **kwargs)

    def _train_attached(self, *args: Any, **kwargs: Any) -> Any:
        """The training itself, while the methods are attached."""
        return super().train(*args, **kwargs)

    def call_model_init(self, trial: Any = None) -> Any:
        """Make the model; inside `train()` the methods are attached to it at once."""
        model = super().call_model_init(trial)
        if self._stack is not None:
            self._attach(model)
        return model

    def _attach(self, model: nn.Module) -> None:
        assert self._stack is not None
        measured = any(method.needs_start for method in self.regularizers)
        self._start = {_START: fingerprint(unwrap(model))} if measured else {}
        attachment = attach(
            model,
            self.regularizers,
            seed=self.seeds.method,
            layers=self.layers,
            embeddings=self.embeddings,
            measure_every=self.measure_every,
        )
        self._objective = self._stack.enter_context(attachment)
        self._unlabelled = self._unlabelled_batches()
        # The most derived loss becomes the task's, whether or not it calls the one below.
        self.compute_loss = self._compute_objective  # type: ignore[method-assign]
        tap = unwrap(model).register_forward_hook(torch.compiler.disable(self._tap))
        self._stack.callback(tap.remove)

    def _tap(self, module: nn.Module, args: Any, outputs: Any) -> None:
        if self._tapping:
            self._tapped = outputs

    def _forget(self) -> None:
        if self._objective is not None:
            self.findings = self._objective.findings()
        self._objective = None
        self._stack = None
        self.__dict__.pop("compute_loss", None)
        self._tapped = None

    # --- one micro-batch ---------------------------------------------------------------------

    def training_step(self, model: nn.Module, *args: Any, **kwargs: Any) -> Tensor:
        """One micro-batch, its dropout masks drawn from the dropout seed and the step's number."""
        step = self.state.global_step
        self._last_step = (step, self._last_step[1] + 1 if self._last_step[0] == step else 0)
        seed = derive_seed(self.seeds.dropout, *self._last_step, self.args.process_index)
        with isolated_rng(self.args.device, seed):
            loss: Tensor = super().training_step(model, *args, **kwargs)
        self._trained = True
        if self._objective is not None:
            self._objective.release_outputs()
        return loss

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The task's own loss; while training, the trainer calls the objective in its place."""
        items = self._counted_items(model, num_items_in_batch)
        return super().compute_loss(
            model, inputs, return_outputs=return_outputs, num_items_in_batch=items
        )

    def _compute_objective(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The objective in training, the task's own loss in evaluation."""
        items = self._counted_items(model, num_items_in_batch)
        own_loss = partial(type(self).compute_loss, self, num_items_in_batch=items)
        objective = self._objective
        if objective is None or not model.training:
            return own_loss(model, inputs, return_outputs=return_outputs)

        def task_loss(model: nn.Module, inputs: dict[str, Any]) -> tuple[Tensor, Any]:
            # The outputs are tapped: some trainers run the model once more when asked for them.
            self._tapping = True
            try:
                loss = own_loss(model, inputs, return_outputs=False)
            finally:
                self._tapping = False
            outputs, self._tapped = self._tapped, None
            return loss, outputs

        by_tokens = items is not None
        divisor = self.current_gradient_accumulation_steps
        loss = objective(
            Step(
                model,
                inputs,
                compute_loss=task_loss,
                backward=lambda part: self._send_back(part, 1 if by_tokens else divisor),
                step=self._last_step[0],
                micro_step=self._last_step[1],
                micro_steps=divisor,
                rank=self.args.process_index,
                share=1 / divisor if by_tokens else 1.0,
                total_steps=self.state.max_steps,
                unlabelled=self._unlabelled_batch(),
            )
        )
        return (loss, objective.outputs) if return_outputs else loss

    def _unlabelled_batches(self) -> UnlabelledBatches | None:
        if self.unlabelled_dataset is None:
            return None
        self._set_signature_columns_if_needed()
        labels = {"label", "labels", "label_ids", *self.label_names}
        return UnlabelledBatches(
            self.unlabelled_dataset,
            set(self._signature_columns) - labels,
            self.data_collator,
            self._unlabelled_batch_size or self.args.per_device_train_batch_size,
            self.seeds.method,
        )

    def _unlabelled_batch(self) -> Any:
        """The examples beside the present micro-batch: each process has its own."""
        if self._unlabelled is None:
            return None
        step, micro_step = self._last_step
        number = step * self.args.gradient_accumulation_steps + micro_step
        number = number * self.args.world_size + self.args.process_index
        return self._prepare_inputs(self._unlabelled[number])

    def _send_back(self, loss: Tensor, divisor: int) -> None:
        self.accelerator.backward(loss / divisor)

    # --- around it ---------------------------------------------------------------------------

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate without moving the random state of training."""
        with isolated_rng(self.args.device):
            return super().evaluate(*args, **kwargs)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Predict without moving the random state of training."""
        with isolated_rng(self.args.device):
            return super().predict(*args, **kwargs)

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Log, with the mean of what the methods measured since the last time."""
        if self._objective is not None and "loss" in logs:
            logs = {**logs, **self._objective.pop_logs()}
        super().log(logs, *args, **kwargs)

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Any:
        """Make the optimizer, and let the methods act around its steps."""
        optimizer = super().create_optimizer(*args, **kwargs)
        if self._objective is not None and self._objective.needs_optimizer:
            if self._objective.splits_groups and self.lr_scheduler is not None:
                raise ConfigError(
                    "a method splits the optimizer's parameter groups, which the given scheduler "
                    "was not made for; leave the scheduler to the trainer"
                )
            self._objective.connect(self.optimizer)
        return optimizer

    def _save_checkpoint(self, model: nn.Module, *args: Any, **kwargs: Any) -> None:
        with saved_by_own_names(self.model):
            super()._save_checkpoint(model, *args, **kwargs)

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        super()._issue_warnings_after_load(load_result)
        require_known_names(load_result.unexpected_keys)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        super()._save_optimizer_and_scheduler(output_dir)
        state = self._objective.state_dict() if self._objective is not None else {}
        state |= self._start
        if state and self.args.should_save:
            save_file({k: v.contiguous() for k, v in state.items()}, Path(output_dir, _STATE_FILE))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None or self._objective is None:
            return
        path = Path(checkpoint, _STATE_FILE)
        state = load_file(path) if path.exists() else {}
        self._require_same_start(state.pop(_START, None))
        if not self._objective.has_state:
            return
        if not state:
            if not self._objective.needs_state:
                return
            raise ConfigError(
                f"{checkpoint} holds no {_STATE_FILE} with what the methods in use need; "
                "resume with the methods the checkpoint was made with"
            )
        self._objective.load_state_dict(state)

    def _counted_items(
        self, model: nn.Module, num_items_in_batch: Tensor | int | None
    ) -> Tensor | int | None:
        """What the loss is divided by where that is the tokens of the accumulated batch."""
        items = num_items_in_batch if self._divides_by_tokens(model) else None
        self.loss_is_scaled_for_ga = items is not None
        return items

    def _divides_by_tokens(self, model: nn.Module) -> bool:
        """Whether the loss is divided by the tokens (or rows) of the whole accumulated batch."""
        if self.compute_loss_func is not None:
            return True
        return bool(self.model_accepts_loss_kwargs) and _has_token_loss(model)

    def _require_start(self, resumed: object) -> None:
        named = [type(m).__name__ for m in self.regularizers if m.needs_start]
        if resumed and self._trained and named and self.model_init is None:
            raise ConfigError(
                f"{named[0]} measures from the weights the run started from, and this trainer's "
                "model has been trained since; resume with a new trainer on the starting model"
            )

    def _require_same_start(self, saved: Tensor | None) -> None:
        started = self._start.get(_START)
        if saved is None or started is None or are_alike(started, saved):
            return
        named = next(type(m).__name__ for m in self.regularizers if m.needs_start)
        raise ConfigError(
            f"{named} measures from the weights the run started from, and this trainer's model "
            "has others; give it the model as it was before the training, and resume"
        )

    def _require_support(self) -> None:
        if self.args.n_gpu > 1:
            raise ConfigError(
                f"{self.args.n_gpu} GPUs are visible to one process, which the Trainer would train "
                "on by DataParallel; launch one process per GPU with torchrun, or set "
                "CUDA_VISIBLE_DEVICES to one of them"
            )
        if self.unlabelled_dataset is not None:
            require_use_of_unlabelled(any(m.takes_unlabelled for m in self.regularizers))
        if not self.regularizers:
            return
        if self.is_deepspeed_enabled or self.is_fsdp_enabled:
            raise ConfigError(
                "methods do not work with DeepSpeed or FSDP; train with DistributedDataParallel"
            )
        replacing = [type(m).__name__ for m in self.regularizers if m.replaces_weights]
        if replacing and self.args.load_best_model_at_end:
            raise ConfigError(
                f"{replacing[0]} gives the model other weights at the end, which would replace the "
                "best epoch's; leave out load_best_model_at_end (patience), or the method"
            )
        if getattr(self, "neftune_noise_alpha", None) is not None:
            raise ConfigError(
                "neftune_noise_alpha perturbs every pass, also a method's clean one; leave it out"
            )


class RegularizedTrainer(RegularizerMixin, Trainer):  # type: ignore[misc]
    """Hugging Face's `Trainer` with methods: `RegularizedTrainer(..., methods=[LNSR()])`.

    Takes every argument of `transformers.Trainer`, and those of `RegularizerMixin`.
    """


def _has_token_loss(model: nn.Module) -> bool:
    """Whether a causal model's `forward` hands the number of tokens on to its loss.

    Those with a loss of their own take the mean over a micro-batch, whatever they are told.
    """
    kind = type(without_adapters(unwrap(model)))
    causal = kind.__name__ in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()
    return causal and "loss_function" in inspect.unwrap(kind.forward).__code__.co_names
