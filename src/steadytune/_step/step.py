"""One micro-batch of training, and the ways to run the model on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from .._checks import check_count
from .._exceptions import ConfigError
from .._model.replay_check import check_replay
from .._model.sites import find_layers
from .._model.trace import Dropout, eval_mode
from .._model.unwrapped import is_compiled, unwrap
from .._random import RngState, process_number
from .draws import Drawn, Draws
from .masks import decoder_mask, has_plain_mask, token_mask
from .passes import Pass, Session, count_examples, no_loss, own_loss

ComputeLoss = Callable[[nn.Module, dict[str, Any]], tuple[Tensor, Any]]
Backward = Callable[[Tensor], None]


@dataclass
class _Shared:
    """What the views of one step have in common, whichever method looks at it."""

    clean: Pass | None = None
    task_gradients: list[Tensor | None] | None = None
    passes: int = 0
    repeats: bool = False  # whether it belongs to a repetition of the step
    beside: _Shared | None = None  # that of the unlabelled examples


@dataclass(frozen=True)
class Step(Draws):
    """One micro-batch and the ways to run the model on it.

    Args:
        model: The model as the loop calls it, wrapped or not.
        inputs: The batch, with labels, as the model's keyword arguments.
        compute_loss: `(model, inputs) -> (loss, outputs)`; by default the model's own loss.
        backward: How methods run a backward pass of their own; by default `loss.backward()`.
        accumulation: Micro-batches per optimizer step; the objective is divided by it.
        step: Number of the optimizer step; by default the objective counts the steps of the
            optimizer that is connected, or else its own calls, `accumulation` of them a step.
        micro_step: Number of the micro-batch within that step, where `step` is given.
        micro_steps: How many there are in that step, where the loop divides the objective itself;
            by default `accumulation`.
        rank: Number of the process; by default what torch.distributed says, 0 without it.
        share: Weight of a mean over this micro-batch, where the task loss is already divided by the
            tokens of a whole accumulated batch; 1 otherwise.
        total_steps: Number of optimizer steps of the whole training, where it is known.
        unlabelled: A second batch without labels. Methods with `takes_unlabelled` then have
            a penalty that is the mean over the examples of both; all others leave it alone.
    """

    model: nn.Module
    inputs: Mapping[str, Any]
    compute_loss: ComputeLoss | None = None
    backward: Backward | None = None
    accumulation: int = 1
    step: int | None = None
    micro_step: int = 0
    micro_steps: int | None = None
    rank: int | None = None
    share: float = 1.0
    total_steps: int | None = None
    unlabelled: Mapping[str, Any] | None = None
    _session: Session | None = None
    _method: int = -1
    _pass: str = ""
    _stack: int = 0  # of the encoder and the decoder, where methods act on both
    _round: int = 0  # of the runs of the model, where the loss makes several
    _tokens: Mapping[str, Any] | None = None  # what the model was called with in that round
    _shift: Tensor | None = None
    _factor: float = 1.0  # what schedules multiply a penalty's strength with
    _weighs: bool = False  # whether penalties' gradients are compared with the task's, for the log
    _trains: bool = True  # whether the gradients of the passes train the weights
    _shared: _Shared = field(default_factory=_Shared)

    def __post_init__(self) -> None:
        check_count("accumulation", self.accumulation, 1)
        for name in ("inputs", "unlabelled"):
            self._require_named(name, getattr(self, name))

    def _require_named(self, name: str, batch: object) -> None:
        if not (isinstance(batch, Mapping) or (name == "unlabelled" and batch is None)):
            raise ConfigError(
                f"{name} is a {type(batch).__name__}; expected the model's keyword "
                "arguments by name, as in {'input_ids': ids, 'attention_mask': mask, "
                "'labels': labels}"
            )

    # --- what the batch is -----------------------------------------------------------------

    @property
    def device(self) -> torch.device:
        """The device of the model's parameters."""
        return next(self.model.parameters()).device

    @property
    def bare_model(self) -> nn.Module:
        """The model without wrappers: the one to ask for names and modules."""
        return unwrap(self.model)

    def mask(self, like: Tensor) -> Tensor:
        """1 for real tokens and 0 for pads, (batch, tokens), in the shape of the embeddings."""
        tokens = self._tokens or self.inputs
        if "input_ids" in self.inputs and not has_plain_mask(tokens):
            tokens = self.inputs  # the model hands its blocks no mask, or one of another shape
        return token_mask(tokens, like)

    def block_mask(self, like: Tensor) -> Tensor:
        """The same for hidden states between a model's blocks, which may be a decoder's."""
        path = self._bound.stacks[self._stack]
        if path is not None and find_layers(self.bare_model, path).decoder:
            if self._round:
                raise ConfigError(
                    "a loss that runs a decoder several times does not say which of its tokens are "
                    "real; name layers='encoder', or take a method that acts on weights"
                )
            return decoder_mask(self.inputs, like)
        return self.mask(like)

    def embedding_mask(self, like: Tensor) -> Tensor:
        """The same for the word embeddings that methods perturb, which may be a decoder's."""
        site = self._bound.site
        if site is not None and site.decoder:
            return decoder_mask(self.inputs, like)
        return self.mask(like)

    # --- passes ------------------------------------------------------------------------------

    @property
    def clean(self) -> Pass:
        """The unperturbed pass, run once and shared by all methods.

        If a method has replaced it and another one still asks for it, it draws from a seed of its
        own: the global stream has served the replacement.
        """
        if self._shared.clean is None:
            late = self._bound.ran and not self._shared.repeats
            with self.isolated("clean") if late else nullcontext():
                self._shared.clean = self._forward(record=True)
        return self._seen(self._shared.clean)

    def forward(
        self,
        shift: Tensor | None = None,
        *,
        dropout: Dropout = "fresh",
        name: str = "forward",
        record: bool = False,
    ) -> Pass:
        """Another whole pass; the global stream is afterwards as it was before.

        Args:
            shift: Added to the word embeddings, (batch, tokens, width).
            dropout: `fresh` draws masks of its own, `shared` repeats the clean pass's, `off` runs
                without dropout.
            name: Names the pass, so that two passes of one method draw different masks.
            record: Whether the pass has a trace, where a method needs layers.
        """
        before = self.clean.rng if dropout == "shared" else None
        with self.isolated(name), ExitStack() as stack:
            if before is not None:
                before.restore()
            if dropout == "off":
                stack.enter_context(eval_mode(self.bare_model))
            step = self if shift is None else self._perturbed(shift)
            return self._seen(step._forward(record))

    def unperturbed(self, dropout: Dropout) -> Pass:
        """The pass to compare one of `forward(..., dropout=dropout)` with."""
        return self.forward(dropout="off") if dropout == "off" else self.clean

    def repeated(self, *, redraw: bool = True) -> Step:
        """This step once more, with passes of its own, and with draws of its own if `redraw`."""
        if not redraw:
            return replace(self, _shared=_Shared(repeats=True))
        self._shared.passes += 1
        path = f"{self._pass}/{self._shared.passes}"
        return replace(self, _pass=path, _shared=_Shared(repeats=True))

    def shifted(self, shift: Tensor, *, redraw: bool = True) -> Step:
        """This step once more, perturbed by `shift` (batch, tokens, width) at the embeddings."""
        return self.repeated(redraw=redraw)._perturbed(shift)

    def on_stack(self, number: int) -> Step:
        """This step as a method sees it that acts on the stack with that number."""
        return replace(self, _stack=number, _pass=f"{self._pass}/stack") if number else self

    def on_round(self, number: int, tokens: Mapping[str, Any]) -> Step:
        """This step as a method sees it that acts on one run of the model by the loss.

        Args:
            number: Of that run within a pass, from 0.
            tokens: What the model was called with there; nothing where it is not known.
        """
        path = f"{self._pass}/round{number}" if number else self._pass
        return replace(self, _round=number, _tokens=tokens or None, _pass=path)

    def rounds(self) -> list[Step]:
        """This step once for each run of the model in the clean pass, most often one."""
        traces = self.clean.traces[self._stack]
        return [self.on_round(number, trace.inputs) for number, trace in enumerate(traces)]

    def detached(self) -> Step:
        """This step, its perturbation a constant, also where a method outside climbs along it."""
        return self if self._shift is None else replace(self, _shift=self._shift.detach())

    def send_back(self, loss: Tensor) -> None:
        """Accumulate the gradients of part of the loss now, so that its graph need not be kept."""
        if self.backward is None:
            loss.backward()
        else:
            self.backward(loss)

    def scaled(self, factor: float) -> Step:
        """The step to give an objective whose value is multiplied by `factor` afterwards.

        What it sends back early is then multiplied too, as the rest of its gradient is.
        """
        return replace(self, backward=lambda loss: self.send_back(factor * loss))

    def strengthened(self, factor: float) -> Step:
        """The step to give a penalty whose strength is multiplied by `factor`."""
        return replace(self.scaled(factor), _factor=factor * self._factor)

    def aside(self) -> Step:
        """This step for a pass that only shows where to climb: its gradient trains nothing."""
        return replace(self.detached(), backward=None, _trains=False)

    # --- examples without labels --------------------------------------------------------------

    def pooled(self, value: Tensor, measure: Callable[[Step], Tensor]) -> Tensor:
        """The mean of what a penalty measures over this step's examples, labelled and unlabelled.

        Methods after the penalty in the list, such as FreeLB or noise, change the labelled examples
        alone.

        Args:
            value: The mean over the labelled examples.
            measure: Gives the same of any step; it is called on that of the unlabelled ones.
        """
        if self.unlabelled is None:
            return value
        shared = self._shared
        shared.beside = shared.beside or _Shared()
        beside = replace(
            self,
            inputs=self.unlabelled,
            unlabelled=None,
            compute_loss=no_loss,
            _pass=f"{self._pass}/unlabelled",
            _shift=None,
            _shared=shared.beside,
        )
        own, more = (count_examples(batch) for batch in (self.inputs, self.unlabelled))
        with self._bound.apart():
            measured = measure(beside)
        return (own * value + more * measured) / (own + more)

    # --- reports -----------------------------------------------------------------------------

    def log(self, name: str, value: Tensor) -> None:
        """Note a scalar, to be averaged into the training log under `name`.

        If the list has several methods of a class, the second one logs `name` with the suffix _2,
        and so on.
        """
        self._bound.journal.log(name + self._label, value)

    @property
    def _label(self) -> str:
        """What tells the logs of this step's method from those of others of its class."""
        labels = self._bound.labels
        return labels[self._method] if 0 <= self._method < len(labels) else ""

    # --- plumbing ----------------------------------------------------------------------------

    def _task_gradients(self, of: Callable[[Tensor], list[Tensor | None]]) -> list[Tensor | None]:
        """The gradients of the task's loss in the clean pass, computed once."""
        shared = self._shared
        if shared.task_gradients is None:
            shared.task_gradients = of(self.clean.loss)
        return shared.task_gradients

    @property
    def _bound(self) -> Session:
        if self._session is None:
            raise ConfigError("a Step draws and runs only inside the objective that attach() gives")
        return self._session

    def _key(self, of: Drawn) -> tuple[int | str, ...]:
        assert self.step is not None
        key = (of, self._bound.seed, self._method, self.step)
        if of == "parameters":
            return key
        rank = process_number() if self.rank is None else self.rank
        return *key, self.micro_step, rank, self._pass

    def _perturbed(self, shift: Tensor) -> Step:
        return replace(self, _shift=shift if self._shift is None else self._shift + shift)

    def _seen(self, passed: Pass) -> Pass:
        if not (self._stack or self._round):
            return passed
        return replace(passed, stack=self._stack, round=self._round)

    def _forward(self, record: bool) -> Pass:
        session = self._bound
        run = self.compute_loss or own_loss
        inputs = dict(self.inputs)
        if self._shift is not None:
            assert session.site is not None
            with session.site.shifted(self._shift):
                return self._recorded(run, inputs, record)
        return self._recorded(run, inputs, record)

    def _recorded(self, run: ComputeLoss, inputs: dict[str, Any], record: bool) -> Pass:
        session = self._bound
        session.passes += 1
        rng = RngState.capture(self.device)
        with ExitStack() as stack:
            recorders = session.recorders if record else ()
            traces = tuple(stack.enter_context(each.recording()) for each in recorders)
            loss, outputs = run(self.model, inputs)
        for trace in () if is_compiled(self.model) else chain(*traces):
            check_replay(trace)
        if not session.ran:
            session.journal.first_loss = loss.detach()
        if not session.beside:
            session.outputs, session.ran = outputs, True
        return Pass(loss, outputs, rng, traces)
