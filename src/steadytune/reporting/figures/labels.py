"""Method names that fit under a column of a figure."""

from __future__ import annotations

import re

_WIDEST = 16
_MOST_LINES = 4


def wrapped(method: str) -> str:
    """`lnsr:std=0.05,strength=0.1` on several short lines, one option a line."""
    lines = [part for part in re.split(r"[:,]", method) if part] or [method]
    lines = [shortened(line, _WIDEST) for line in lines]
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"])


def shortened(text: str, widest: int) -> str:
    """`text`, its middle cut out if it is longer than `widest`."""
    if len(text) <= widest:
        return text
    head = (widest - 1) // 2
    return f"{text[:head]}…{text[len(text) - (widest - 1 - head) :]}"
