"""Colours can be seen and told apart, on light and on dark paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steadytune._page import palette


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def css_variables(name: str) -> list[str]:
    css = (Path(palette.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", css)


@pytest.mark.parametrize(("colours", "paper"), [(palette.LIGHT, 0), (palette.DARK, 1)])
def test_every_method_stands_out_from_the_card(colours: tuple[str, ...], paper: int) -> None:
    card = css_variables("card")[paper]
    assert all(contrast(colour, card) >= 3 for colour in colours)
    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("paper", [0, 1])
def test_text_is_readable(paper: int) -> None:
    for ground in ("card", "page"):
        assert contrast(css_variables("ink")[paper], css_variables(ground)[paper]) >= 7
        assert contrast(css_variables("muted")[paper], css_variables(ground)[paper]) >= 4.5


def test_drawings_use_the_light_theme_of_the_page() -> None:
    for name in ("ink", "muted", "line", "card"):
        names = {"card": palette.PAPER}
        colour = names.get(name, getattr(palette, name.upper(), None))
        assert css_variables(name)[0] == colour


def test_names_of_colours_are_unique() -> None:
    assert len(palette.THEMED) == len(palette.LIGHT) + 4
    assert len(palette.LIGHT) == len(palette.DARK)


def test_the_baseline_is_grey_and_keeps_it_to_itself() -> None:
    methods = ["plain", *(f"m{i}" for i in range(12))]
    found = palette.slots(methods, "plain")
    assert found["plain"] == 0
    assert 0 not in list(found.values())[1:]
    assert found["m0"] == found["m9"] == 1
    assert palette.slots(["a", "b"], "plain") == {"a": 1, "b": 2}
