"""What goes to a terminal: names and texts of others cannot steer it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

# Control characters, marks that turn the direction of text, and halves of characters, which
# cannot be written. A return alone would go over the line; before a line break it ends it.
_STEERING = re.compile(
    r"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def without_controls(text: str) -> str:
    """`text` with a space for what a terminal would obey; tabs and line breaks stay."""
    return _STEERING.sub(lambda found: found[0] if found[0] == "\r\n" else " ", text)


class SafeConsole(Console):
    """A console that shows what it gets as it is: no escapes, no markup, no emoji codes.

    Args:
        how: As for rich's `Console`.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, **how})

    def render_str(self, text: str, **how: Any) -> Text:
        """A text, as rich makes it; what is replaced later would have had no width."""
        return super().render_str(without_controls(text), **how)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, as rich does; all that is printed comes through here."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(without_controls(segment.text), segment.style)
