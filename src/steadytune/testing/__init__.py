"""The contract that every method fulfils, to be inherited by the tests of each method.

    class TestMine(RegularizerContract):
        method = Mine(strength=0.5)
        neutral = Mine(strength=0.0)

The contract needs pytest, the extra `[testing]`; the tiny models beside it do not. Nothing is
downloaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._models import (
    assert_same,
    enable_checkpointing,
    gradients,
    noise_by_example,
    tiny_batch,
    tiny_classifier,
    train_steps,
    weights,
)

if TYPE_CHECKING:
    from ._contract import RegularizerContract

__all__ = [
    "RegularizerContract",
    "assert_same",
    "enable_checkpointing",
    "gradients",
    "noise_by_example",
    "tiny_batch",
    "tiny_classifier",
    "train_steps",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name != "RegularizerContract":
        raise AttributeError(f"module 'steadytune.testing' has no attribute {name!r}")
    import pytest

    # So that what fails says what was compared: pytest does it by itself for test files alone.
    pytest.register_assert_rewrite(f"{__name__}._contract")
    from ._contract import RegularizerContract

    return RegularizerContract
