"""A diagnosis as one page."""

from __future__ import annotations

from pathlib import Path

from ..._page.content import Chapter, Code, Page, Section, Text, kept
from .diagnosis import Diagnosis
from .examples import example_tables
from .sections import sections, slots_of
from .summary import advice, summary_table


def diagnosis_page(found: Diagnosis) -> Page:
    """The page as a value."""
    noise = f"{100 * found.relative_noise:g} %"
    parts = (
        Section("In short", kept(summary_table(found), Text(advice(found))), verdict=True),
        *sections(found),
        Section(
            "The examples that noise moves most",
            (
                Text(
                    f"Gaussian noise of {noise} enters at layer 0; the column shows how far the "
                    "top layer moves, in % of its norm.",
                    "note",
                ),
                *example_tables(found),
            ),
        ),
        Section("How to reproduce this", kept(Code(found.command), Text(_files()))),
    )
    subtitle = f"{found.source}; noise of {noise} of a hidden state's norm"
    title = f"Diagnosis of {_names(found)}"
    return Page(title, subtitle, (Chapter("", parts),), slots_of(found))


def _names(found: Diagnosis) -> str:
    labels = [Path(model.label).name for model in found.models]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _files() -> str:
    from ... import __version__

    return (
        f"steadytune {__version__}. Every array behind the figures is in arrays.npz next to this "
        "page, the numbers of the first table in diagnostics.json, each drawing in figures/."
    )
