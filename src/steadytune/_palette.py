"""Colours that stay apart for colour-blind readers on light paper, grey for the first.

The hues are those of Okabe and Ito, darkened until they stand out from the paper. Pages and the
drawings of diagnostics take them from here, so that a model has the same colour in both.
"""

from __future__ import annotations

ON_LIGHT = (
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
