"""Tapping a forward pass at its blocks, and running the upper blocks again from a changed input.

The blocks of one pass are recorded with the arguments each was called with. A replay calls the same
blocks with the same arguments and another hidden state, which equals a whole second forward pass
from the changed layer on, at the cost of the blocks above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .._exceptions import ConfigError, ModelError
from .._random import RngState, isolated_rng
from .hooks import Hook
from .rounds import Rounds
from .row_dropout import RowDropout
from .sites import Layers

Dropout = Literal["shared", "fresh", "off"]


@dataclass(frozen=True)
class Call:
    """One call of a block or of a join, as the recorded pass made it."""

    module: nn.Module
    args: tuple[Any, ...]  # without the hidden state(s) in front
    kwargs: dict[str, Any]
    rng: RngState
    autocast: torch.dtype | None  # the dtype autocast had there, None if it was off


@dataclass
class Trace:
    """What one forward pass left behind at its blocks.

    Args:
        hidden: `hidden[b]`, the hidden state with number b, each (batch, tokens, width).
        calls: `calls[b]`, the call that turned `hidden[b]` into `hidden[b + 1]`.
        joins: Block index -> call of the module that ran on that block's input and output.
        layers: The blocks, and what is known of their arguments.
        checked: Which replays of these blocks have been compared with a pass: of some rows or not.
        inputs: The token ids and their mask, by name, where they are known.
    """

    hidden: list[Tensor] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    joins: dict[int, Call] = field(default_factory=dict)
    layers: Layers = field(default_factory=lambda: Layers((), 0))
    checked: set[bool] = field(default_factory=set)
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def replay(
        self,
        layer: int,
        hidden: Tensor,
        *,
        top: int | None = None,
        rows: Tensor | None = None,
        dropout: Dropout = "shared",
        seed: int | None = None,
    ) -> list[Tensor]:
        """Run the blocks above `layer` again from `hidden`.

        Args:
            layer: Number b of the hidden state that `hidden` replaces.
            hidden: The changed hidden state, (rows, tokens, width).
            top: Number of the last hidden state that is wanted; None for L.
            rows: Which of the batch's examples `hidden` holds, as sorted indices; None for all.
            dropout: `shared` repeats the recorded pass's masks, `fresh` draws others from `seed`,
                `off` runs without dropout.
            seed: The seed of fresh masks.

        Returns:
            The hidden states above, numbers layer + 1 to `top`, each (rows, tokens, width).
        """
        batch_size = self.hidden[layer].shape[0]
        repeat = _Replay(rows, batch_size, dropout, self.layers)
        outputs = []
        with isolated_rng(hidden.device, seed):
            for index in range(layer, len(self.calls) if top is None else top):
                below, hidden = hidden, repeat(self.calls[index], hidden)
                if index in self.joins:
                    hidden = repeat(self.joins[index], below, hidden)
                outputs.append(hidden)
        return outputs


@dataclass(frozen=True)
class _Replay:
    """How one replay calls a recorded module: on which rows, and with which masks."""

    rows: Tensor | None
    batch_size: int
    dropout: Dropout
    layers: Layers

    def __call__(self, call: Call, *hidden: Tensor) -> Tensor:
        args = tuple(self._take_rows("", value) for value in call.args)
        kwargs = {name: self._take_rows(name, value) for name, value in call.kwargs.items()}
        run = partial(self._run, call, args, kwargs)
        if not _is_checkpointed(call.module):
            return run(*hidden)
        # The whole call is checkpointed here, so that the recomputation in the backward pass is
        # made under the same masks; left to the block, it would be made outside of them.
        output: Tensor = checkpoint(run, *hidden, use_reentrant=False)
        return output

    def _run(
        self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], *hidden: Tensor
    ) -> Tensor:
        with ExitStack() as stack:
            stack.enter_context(_autocast(hidden[0].device, call.autocast))
            stack.enter_context(_uncheckpointed(call.module))
            if self.dropout == "off":
                stack.enter_context(eval_mode(call.module))
            elif self.dropout == "shared":
                call.rng.restore()
                if self.rows is not None:
                    flattens = self.layers.flattens
                    stack.enter_context(RowDropout(self.rows, self.batch_size, flattens=flattens))
            return first_tensor(call.module(*hidden, *args, **kwargs))

    def _take_rows(self, name: str, value: Any) -> Any:
        """Keep the rows of an argument, or of what is inside of it, that has a batch dimension."""
        if self.rows is None or name in self.layers.unbatched:
            return value
        if isinstance(value, tuple | list):
            return type(value)(self._take_rows(name, item) for item in value)
        if not isinstance(value, Tensor) or value.dim() == 0:
            return value
        if name in self.layers.grouped:
            groups = value.unflatten(0, (self.batch_size, -1))
            return groups.index_select(0, self.rows).flatten(0, 1)
        batched = value.shape[0] == self.batch_size
        return value.index_select(0, self.rows) if batched else value


class Recorder:
    """The hooks that record a pass; they do nothing unless a pass is being recorded."""

    def __init__(self, layers: Layers) -> None:
        self.depth = layers.depth
        self._layers = layers
        self._rounds = Rounds(layers)
        self._checked: set[bool] = set()
        self._traces: list[Trace] | None = None
        self._trains = True  # whether gradients were on when the recording began
        self._skipped = False  # whether the present round is without them all the same

    @contextmanager
    def installed(self) -> Iterator[Recorder]:
        """Put the hooks on; they are gone afterwards, whatever happens inside."""
        with ExitStack() as stack:
            stack.enter_context(self._rounds.installed())
            on_block, on_output = Hook(self._on_block), Hook(self._on_output)
            for module in self._layers.modules:
                before = module.register_forward_pre_hook(on_block, with_kwargs=True)
                stack.callback(before.remove)
                stack.callback(module.register_forward_hook(on_output).remove)
            for index, module in self._layers.joins.items():
                hook = Hook(partial(self._on_join, index))
                before = module.register_forward_pre_hook(hook, with_kwargs=True)
                stack.callback(before.remove)
                stack.callback(module.register_forward_hook(on_output).remove)
            yield self

    @contextmanager
    def recording(self) -> Iterator[list[Trace]]:
        """Record the forward pass inside: a trace a round, whole when the block ends.

        Rounds without gradients in a pass that has them train nothing and are left out.

        Raises:
            ModelError: If a round did not call the blocks as often as the model has layers, or all
                were left out.
        """
        traces: list[Trace] = []
        self._traces = traces
        self._trains, self._skipped = torch.is_grad_enabled(), False
        self._rounds.begin_pass()
        try:
            yield traces
        finally:
            self._traces = None
        if self._skipped and not traces:
            raise ModelError(
                "the loss runs the model without gradients, as losses that cache embeddings do, "
                "which methods that replay blocks cannot train through; take a loss that does not "
                "cache, or a method that acts on weights, such as L2SP or EMA"
            )
        counts = [len(trace.calls) for trace in traces] or [0]
        odd = [count for count in counts if count != self.depth]
        if odd or any(len(trace.hidden) != self.depth + 1 for trace in traces):
            raise ModelError(
                f"a forward pass called the blocks {(odd or counts)[0]} times, not {self.depth}; "
                "a model that skips layers, or runs them again, does not suit methods that replay "
                "blocks: take one that acts on weights, such as L2SP, Mixout, SAM or EMA; and "
                "compile a model after attaching"
            )

    def _on_block(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._traces is None:
            return
        if self._rounds.opens():
            self._skipped = self._trains and not torch.is_grad_enabled()
            if not self._skipped:
                inputs = self._rounds.inputs
                trace = Trace(layers=self._layers, checked=self._checked, inputs=inputs)
                self._traces.append(trace)
        if self._skipped:
            return
        trace = self._traces[-1]
        if not args:
            name = next(iter(kwargs))
            args, kwargs = (kwargs[name],), {k: v for k, v in kwargs.items() if k != name}
        del trace.hidden[len(trace.calls) :]
        trace.hidden.append(args[0])
        trace.calls.append(_call(module, args[0], args[1:], kwargs))

    def _on_join(
        self, index: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if self._traces and not self._skipped:
            self._traces[-1].joins[index] = _call(module, args[0], args[2:], kwargs)

    def _on_output(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """Keep an output until the next block's input takes its place; the top one stays."""
        if self._traces and not self._skipped:
            trace = self._traces[-1]
            del trace.hidden[len(trace.calls) :]
            trace.hidden.append(first_tensor(output))


def first_tensor(output: Any) -> Tensor:
    """The hidden state in a block's output: a tensor, or the first of a tuple or list."""
    found = output[0] if isinstance(output, tuple | list) and output else output
    if not isinstance(found, Tensor):
        raise ModelError(f"a block returned {type(found).__name__}, expected a tensor")
    return found


def require_plain_checkpointing(model: nn.Module) -> None:
    """Refuse reentrant checkpointing, under which a second pass fails or is silently wrong."""
    for module in model.modules():
        settings = getattr(getattr(module, "_gradient_checkpointing_func", None), "keywords", {})
        if getattr(module, "gradient_checkpointing", False) and settings.get(
            "use_reentrant", False
        ):
            raise ConfigError(
                "reentrant activation checkpointing does not allow second passes; turn it on with "
                "activation_checkpointing_kwargs={'use_reentrant': False}"
            )


def _call(module: nn.Module, hidden: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    device = hidden.device
    on = torch.is_autocast_enabled(device.type)
    return Call(
        module,
        tuple(_without_cache(value) for value in args),
        {name: _without_cache(value) for name, value in kwargs.items() if name != "use_cache"},
        RngState.capture(device),
        torch.get_autocast_dtype(device.type) if on else None,
    )


def _without_cache(value: Any) -> Any:
    """None instead of a key-value cache, to which a replay would append a second time."""
    return None if hasattr(value, "get_seq_length") else value


def _is_checkpointed(module: nn.Module) -> bool:
    return module.training and bool(getattr(module, "gradient_checkpointing", False))


def _autocast(device: torch.device, dtype: torch.dtype | None) -> Any:
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype)


@contextmanager
def _uncheckpointed(module: nn.Module) -> Iterator[None]:
    """Run a block as it is, since the replay checkpoints the whole call itself."""
    if not _is_checkpointed(module):
        yield
        return
    module.gradient_checkpointing = False  # type: ignore[assignment]
    try:
        yield
    finally:
        module.gradient_checkpointing = True  # type: ignore[assignment]


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Run a module and all inside it in evaluation mode, and put each one's mode back."""
    modes: Sequence[tuple[nn.Module, bool]] = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
