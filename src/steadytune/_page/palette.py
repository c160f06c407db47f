"""Colours that stay apart for colour-blind readers, on light and on dark paper.

The hues are those of Okabe and Ito, darkened or lightened until they stand out from the paper; the
baseline is grey. Drawings use the light values as names: `svg.py` turns them into CSS variables,
which the page sets for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable

INK, MUTED, LINE, PAPER = "#1c2128", "#59636e", "#d5dbe1", "#fefefe"

LIGHT = (
    "#57606c",
    "#0072b2",
    "#d55e00",
    "#008f68",
    "#b2559a",
    "#9a7200",
    "#3a8fc2",
    "#882255",
    "#6b7a1e",
    "#5a4fcf",
)
DARK = (
    "#aab4c0",
    "#5cb0ee",
    "#ff9050",
    "#3ecf9d",
    "#e79acb",
    "#e3b341",
    "#9ad4f7",
    "#e5709b",
    "#c3cf6a",
    "#a9a2ff",
)

THEMED = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--card)",
    **{colour: f"var(--slot-{slot})" for slot, colour in enumerate(LIGHT)},
}


def slots(names: Iterable[str], baseline: str | None = None) -> dict[str, int]:
    """Name -> its slot, a place in the palette: grey for the baseline, the others take turns."""
    found = list(names)
    others = [name for name in found if name != baseline]
    turns = {name: 1 + i % (len(LIGHT) - 1) for i, name in enumerate(others)}
    return {name: turns.get(name, 0) for name in found}
