"""Templates of pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from steadytune._page.template import fill, typographic


def test_text_is_escaped_and_drawings_are_not(tmp_path: Path) -> None:
    template = tmp_path / "page.html.j2"
    template.write_text("{{ text }} {{ figure | drawing }} {{ text | loud }}\n\n")
    values = {"text": "a < b", "figure": "<svg/>"}
    assert fill(template, values, {"loud": str.upper}) == "a &lt; b <svg/> A &lt; B\n"


def test_the_style_of_all_pages_can_be_included(tmp_path: Path) -> None:
    template = tmp_path / "page.html.j2"
    template.write_text('{% include "page.css" %}')
    assert "--ink" in fill(template, {}, {})


def test_a_name_that_is_not_given_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "page.html.j2"
    template.write_text("{{ nothing }}")
    with pytest.raises(UndefinedError):
        fill(template, {}, {})


def test_minus_signs_and_percent_signs() -> None:
    assert typographic("-1.2 to +3.4, p") == "\u22121.2 to +3.4, p"
    assert typographic("lnsr:layer=-1 of 5 % a-1") == "lnsr:layer=-1 of 5\u00a0% a-1"
