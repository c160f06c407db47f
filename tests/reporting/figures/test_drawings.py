"""Drawings: valid SVG, unique ids, colours of the theme, text escaped and left alone."""

from __future__ import annotations

import re
from functools import partial
from xml.etree import ElementTree

import pytest

from steadytune._page.svg import Drawing
from steadytune.reporting.analysis.section_numbers import SectionNumbers
from steadytune.reporting.figures.axes import PANEL_WIDTH
from steadytune.reporting.figures.dots import draw_seed_dots, seed_dots, seed_dots_frame
from steadytune.reporting.figures.section_figures import section_figures
from tests.reporting.fabricated import record, section_of, study

HOSTILE = "<script>alert(1)</script>$x_1$ & 'q' \"u\" 推文"


def drawn(section: SectionNumbers) -> dict[str, list[str]]:
    return {
        k: [p.drawing.svg() for p in v.panels] for k, v in section_figures(section, "s0").items()
    }


def test_every_figure_is_drawn_for_every_domain_and_method() -> None:
    found = drawn(section_of(study(5, ("plain", "a", "b"))))
    assert {key: len(svgs) for key, svgs in found.items()} == {
        "dots": 2,
        "differences": 2,
        "noise": 3,
        "cost": 1,
        "best": 1,
        "learning": 3,
        "stability": 1,
    }


def test_ids_are_unique_and_references_resolve() -> None:
    svgs = [svg for group in drawn(section_of(study(5))).values() for svg in group]
    page = ElementTree.fromstring(f"<div>{''.join(svgs)}</div>")
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    links = [e.get("href", "#")[1:] for e in page.iter() if "href" in e.attrib]
    clips = re.findall(r"url\(#([^)]*)\)", "".join(svgs))
    assert links and clips
    assert set(links) | set(clips) <= set(ids)


def test_colours_and_font_come_from_the_page() -> None:
    text = "".join(svg for group in drawn(section_of(study(5))).values() for svg in group)
    assert re.findall(r"#[0-9a-fA-F]{6}\b", text) == []
    assert "DejaVu" not in text
    for variable in ("--ink", "--muted", "--line", "--card", "--slot-0", "--slot-1"):
        assert f"var({variable})" in text


def test_text_is_escaped_and_no_mathematics() -> None:
    records = [
        record(method, seed, spec={"task": HOSTILE})
        for method in ("plain", HOSTILE)
        for seed in range(3)
    ]
    svgs = [svg for group in drawn(section_of(records)).values() for svg in group]
    text = "".join(svgs)
    assert "<script" not in text
    labels = [
        e.text or "" for svg in svgs for e in ElementTree.fromstring(svg).iter() if e.tag == "text"
    ]
    assert any(label.startswith("<script") for label in labels)
    assert all(ElementTree.fromstring(svg).get("role") == "img" for svg in svgs)
    assert any(HOSTILE in (ElementTree.fromstring(svg).get("aria-label") or "") for svg in svgs)


def test_mathematical_dollars_are_left_alone() -> None:
    section = section_of([record("$a_1$", s) for s in range(2)])
    (dots, _) = seed_dots(section)
    frame, draw = seed_dots_frame(dots), partial(draw_seed_dots, dots)
    svg = Drawing("x", "x", frame, draw).svg()
    assert "$a_1$" in svg


def test_equal_data_give_equal_drawings() -> None:
    assert drawn(section_of(study(3))) == drawn(section_of(study(3)))


@pytest.mark.parametrize("seeds", [1, 2, 5, 60])
def test_any_number_of_seeds_can_be_drawn(seeds: int) -> None:
    records = [record("plain", s, movie=0.8) for s in range(seeds)]
    records += [record("lnsr", s, movie=0.8, status="diverged") for s in range(seeds)]
    found = drawn(section_of(records))
    assert len(found["dots"]) == 2


def test_drawings_of_many_methods_grow_downwards() -> None:
    many = section_figures(section_of([record(f"method-{i}", 0) for i in range(12)]), "s0")["dots"]
    few = section_figures(section_of(study(2)), "s0")["dots"]
    frames = [panel.drawing.frame for panel in (*many.panels, *few.panels)]
    assert {frame.width for frame in frames} == {PANEL_WIDTH}
    assert frames[0].height > 2 * frames[-1].height


def test_captions_explain_only_what_is_there() -> None:
    views = section_figures(section_of([record()]), "s0")
    assert (
        views["dots"].caption
        == "Each dot is one run. The dashed line is the majority-class baseline."
    )
    crossed = section_figures(section_of([record(), record(seed=1, status="diverged")]), "s0")
    assert "A cross is a run that diverged or crashed." in crossed["dots"].caption
