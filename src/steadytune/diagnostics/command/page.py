"""A diagnosis as one page."""

from __future__ import annotations

from ..._page.content import Chapter, Code, Page, Section, Text, kept
from ..._page.render import render
from .diagnosis import Diagnosis
from .examples import example_tables
from .sections import slots_of
from .summary import advice, summary_table


def render_html(found: Diagnosis, shown: tuple[Section, ...], title: str) -> str:
    """The page as text."""
    noise = f"{100 * found.relative_noise:g} %"
    sections = (
        Section("In short", kept(summary_table(found), Text(advice(found))), verdict=True),
        *shown,
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
    return render(Page(title, subtitle, (Chapter("", sections),), slots_of(found)))


def _files() -> str:
    from ... import __version__

    return (
        f"steadytune {__version__}. Every array behind the figures is in arrays.npz beside this "
        "page, the numbers of the first table in diagnostics.json, each drawing in figures/."
    )
