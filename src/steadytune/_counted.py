"""A number of things in words."""

from __future__ import annotations

from collections.abc import Sized


def counted(things: Sized | int, noun: str) -> str:
    """`1 row`, `2 rows`, of a number or of as many as `things` holds."""
    number = things if isinstance(things, int) else len(things)
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
