"""Whether blocks that are run again give what the forward pass gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from .._exceptions import ModelError
from .trace import Trace

# How far a hidden state may lie from the recorded one, relative to its length: rounding stays well
# below, while other dropout masks or a missing part of a block move it by more.
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 1e-2}
_COARSE = 5e-2  # bfloat16, and what is narrower


_checking: ContextVar[bool] = ContextVar("checking", default=False)


def is_checking() -> bool:
    """Whether the blocks run only for a check, which does not count as a pass of the step."""
    return _checking.get()


def check_replay(trace: Trace, rows: Tensor | None = None) -> None:
    """Replay the first recorded pass unchanged, without drawing anything, and compare.

    What has been found right once is not looked at again.

    Args:
        trace: A pass in training mode.
        rows: Replay these examples alone; None for all.

    Raises:
        ModelError: If a hidden state is not the recorded one.
    """
    some = rows is not None
    if some in trace.checked:
        return
    taken = [state if rows is None else state.index_select(0, rows) for state in trace.hidden]
    with torch.no_grad(), _autocast_keeps_nothing(), _told():
        again = trace.replay(0, taken[0], rows=rows)
        pairs = zip(again, taken[1:], strict=True)
        apart = torch.stack([_distance(*pair).to(again[0].device) for pair in pairs]).tolist()
    for number, (distance, call) in enumerate(zip(apart, trace.calls, strict=True), 1):
        dtype = call.autocast or taken[number].dtype
        if not distance <= _TOLERANCE.get(dtype, _COARSE):
            raise ModelError(_refusal(number, distance, partly=some))
    trace.checked.add(some)


def _distance(again: Tensor, recorded: Tensor) -> Tensor:
    """||again - recorded|| / ||recorded||, of what is finite in the recorded state."""
    if again.shape != recorded.shape:
        return torch.tensor(torch.inf)
    finite = recorded.isfinite()
    dtype = torch.promote_types(recorded.dtype, torch.float32)
    again, recorded = (x.to(dtype).where(finite, 0.0) for x in (again, recorded))
    apart: Tensor = (again - recorded).norm() / recorded.norm().clamp(min=torch.finfo(dtype).tiny)
    return apart


def _refusal(number: int, distance: float, *, partly: bool) -> str:
    what = f"hidden state {number} is off by {distance:.2g} of its length"
    if partly:
        return (
            "this model's blocks, run again on some of the batch's examples, do not give what "
            f"they gave on all of them ({what}); use rows=1"
        )
    return (
        f"this model's blocks, run again unchanged, do not give what they gave before ({what}), so "
        "that a method that replays blocks would measure something else; name the list of whole "
        "blocks with layers='...'; in a compiled model set torch._inductor.config.fallback_random "
        "= True, or use dropout='off'"
    )


@contextmanager
def _told() -> Iterator[None]:
    token = _checking.set(True)
    try:
        yield
    finally:
        _checking.reset(token)


@contextmanager
def _autocast_keeps_nothing() -> Iterator[None]:
    """Weights that are cast without a gradient must not serve the passes that follow."""
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(before)
