"""`attach`: put methods around a model for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from weakref import WeakSet

from torch import Tensor, nn
from torch._functorch import config as functorch_config

from .._checks import check_choice
from .._exceptions import ConfigError
from .._model.embedding_site import EmbeddingSite
from .._model.sites import find_layers, stack_paths
from .._model.trace import Recorder, require_plain_checkpointing
from .._model.unwrapped import unwrap
from .objective import Objective
from .passes import Session
from .regularizer import Host, Regularizer, checked_methods
from .step import Step
from .wrapper import innermost_method

_attached: WeakSet[nn.Module] = WeakSet()


@contextmanager
def attach(
    model: nn.Module,
    methods: Sequence[Regularizer],
    *,
    seed: int = 0,
    layers: str | None = None,
    embeddings: str = "encoder",
    measure_every: int | None = None,
) -> Iterator[Objective]:
    """Attach methods to a model; hooks, patches and state are gone when the block ends.

    The methods are applied inside-out: in `[LNSR(), FreeLB()]` FreeLB wraps the task with LNSR.

    Args:
        model: The model to train, wrapped or not.
        methods: The methods; none gives plain training.
        seed: The seed of everything the methods draw.
        layers: Dotted path to the model's list of blocks, where it cannot be found. In a model with
            an encoder and a decoder `encoder`, `decoder`, or `both`: penalties are then the mean
            over the two, each with draws of its own, and noise in blocks is in those of both.
        embeddings: Whose word embeddings are perturbed in such a model: `encoder` or `decoder`.
        measure_every: Compare the gradients of penalties with the task's, for the log, every so
            many optimizer steps; 0 for never. By default never or, with `Step(total_steps=...)`,
            every 16 steps, or fewer times in a long training, where 32 comparisons suffice. Each
            takes a backward pass of the task and of each penalty, and memory for two gradients.

    Yields:
        The objective, to be called once for each micro-batch.

    Raises:
        ConfigError: If the model has methods attached already, or does not suit a method.
        ModelError: If a method needs the model's layers and they cannot be found.
    """
    methods = checked_methods(methods)
    bare = unwrap(model)
    if bare in _attached:
        raise ConfigError(
            f"{type(bare).__name__} has methods attached already; give attach() all methods at once"
        )
    check_choice("embeddings", embeddings, ("encoder", "decoder"))
    recorders, stacks = _recorders(bare, layers, any(m.needs_layers for m in methods))
    site = None
    if any(m.needs_embeddings for m in methods):
        site = EmbeddingSite(bare, embeddings == "decoder")
    if methods:
        require_plain_checkpointing(bare)  # at once if it is on already, else at the first step
    depth = recorders[0].depth if recorders else None
    labels = _labels(methods)
    hosts = [
        Host(bare, depth, seed, index, layers=layers, label=label)
        for index, label in enumerate(labels)
    ]
    with ExitStack() as stack:
        _attached.add(bare)
        stack.callback(_attached.discard, bare)
        for recorder in recorders:
            stack.enter_context(recorder.installed())
        if site is not None:
            stack.enter_context(site.installed())
        session = Session(
            bare,
            seed,
            recorders,
            site,
            stacks=stacks,
            labels=labels,
            takes_unlabelled=any(method.takes_unlabelled for method in methods),
        )
        objective = Objective(session, hosts, measure_every)
        stack.callback(objective._disconnect)
        for index, (method, host) in enumerate(zip(methods, hosts, strict=True)):
            transform = stack.enter_context(method.attach(host))
            objective._loss = _keyed(transform(objective._loss), index)
        if objective._watchers:
            stack.enter_context(_graphs_kept())
        yield objective
        for watcher in objective._watchers:
            watcher.conclude()


def _recorders(
    model: nn.Module, layers: str | None, needed: bool
) -> tuple[tuple[Recorder, ...], tuple[str | None, ...]]:
    """A recorder a stack, if any method needs them, and the paths to the stacks."""
    paths = stack_paths(model, layers)
    return tuple(Recorder(find_layers(model, path)) for path in paths if needed), paths


def _labels(methods: Sequence[Regularizer]) -> tuple[str, ...]:
    """Nothing for the first method of a class, _2 for its second one, and so on."""
    kinds = [type(innermost_method(method)) for method in methods]
    counts = [kinds[: index + 1].count(kind) for index, kind in enumerate(kinds)]
    return tuple("" if count == 1 else f"_{count}" for count in counts)


def _graphs_kept() -> AbstractContextManager[None]:
    """Let a compiled model's graph be sent back more than once, as weighing a penalty does."""
    patched: AbstractContextManager[None] = functorch_config.patch(donated_buffer=False)
    return patched


def _keyed(objective: Callable[[Step], Tensor], index: int) -> Callable[[Step], Tensor]:
    """The objective, its draws keyed with the method's number."""
    return lambda step: objective(replace(step, _method=index))
