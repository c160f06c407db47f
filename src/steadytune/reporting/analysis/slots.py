"""Which colour a method has, everywhere in a report."""

from __future__ import annotations

from collections.abc import Sequence

from ..._page.palette import LIGHT


def slots(methods: Sequence[str], baseline: str) -> dict[str, int]:
    """The palette slot of each method: grey for the baseline, the others take turns."""
    others = [method for method in methods if method != baseline]
    turns = {method: 1 + i % (len(LIGHT) - 1) for i, method in enumerate(others)}
    return {method: turns.get(method, 0) for method in methods}
