"""Every figure that is declared stands on the page, and the page says truly whether all do."""

from __future__ import annotations

import pytest

from steadytune._page.content import Figure, Panel
from steadytune._page.svg import Drawing, Frame
from steadytune.reporting import build_report, render_html
from steadytune.reporting.figures.section_figures import FIGURES
from tests.reporting.fabricated import BARE, record

LEFT_OUT = "Not all figures of this section are drawn"


def page(patch: pytest.MonkeyPatch, *names: str) -> str:
    """A page in which the figures with these names have one drawing each, and all others none."""
    for name in FIGURES:
        view = Figure(caption(name), (panel(name),) if name in names else ())
        patch.setitem(FIGURES, name, lambda section, prefix, view=view: view)
    return render_html(build_report([record(**BARE)], title="t"))


def caption(name: str) -> str:
    return f"This is the figure {name}."


def panel(name: str) -> Panel:
    return Panel(name, Drawing(f"id-{name}", name, Frame(200, 100, 9, 9), lambda axes: None))


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_shows_a_figure_whatever_else_it_has(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(monkeypatch, name)
    assert shown.count(caption(name)) == shown.count("<figure>") == 1
    assert LEFT_OUT not in shown


def test_the_page_shows_them_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(monkeypatch, *FIGURES)
    assert shown.count("<figure>") == len(FIGURES)
    assert LEFT_OUT not in shown


def test_a_page_with_room_for_few_keeps_the_first_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("steadytune.reporting.exports.page.MOST_PANELS", 2)
    shown = page(monkeypatch, *FIGURES)
    assert [name for name in FIGURES if caption(name) in shown] == list(FIGURES)[:2]
    assert LEFT_OUT in shown


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_the_page_names_must_be_declared(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(FIGURES, name)
    with pytest.raises(KeyError, match=name):
        page(monkeypatch)
