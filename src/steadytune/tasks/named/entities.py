"""Entities in what people write on the web."""

from __future__ import annotations

from .card import Origin, Rows, TaskCard

_ORIGIN = Origin("WNUT 2017, emerging entities (Derczynski et al. 2017)", "CC BY 4.0")

_TYPES = ("corporation", "creative-work", "group", "location", "person", "product")


WNUT17 = TaskCard(
    name="wnut17",
    summary="which words of noisy text name persons, places, groups, products?",
    kind="tagging",
    columns=("tokens",),
    label_names=("O", *(f"{first}-{name}" for name in _TYPES for first in "BI")),
    metric="f1",
    train=Rows(3394, _ORIGIN, "tagging/wnut17/train"),
    test=Rows(1287, _ORIGIN, "tagging/wnut17/test"),
    notes=(
        "The score is F1 over entities, as seqeval counts them.",
        "It needs a local copy: the hub's version is a script, which is not run.",
        "Most entities of the test rows do not occur in the training rows.",
    ),
)
