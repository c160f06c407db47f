"""Matplotlib figures as inline SVG that takes its colours and its font from the page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from .palette import INK, LINE, MUTED, THEMED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EDGE = 8.0
_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 12.0,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.labelsize": 11.5,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "figure.facecolor": "none",
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True)
class Frame:
    """Size of a drawing in points, which are the page's pixels at full size.

    `left` and `bottom` are what the labels beside and below the axes take.
    """

    width: float
    height: float
    left: float
    bottom: float

    @property
    def margins(self) -> dict[str, float]:
        """The axes' borders as shares of the drawing."""
        return {
            "left": self.left / self.width,
            "bottom": self.bottom / self.height,
            "right": 1 - 2 * _EDGE / self.width,
            "top": 1 - _EDGE / self.height,
        }


def inline_svg(name: str, label: str, frame: Frame, draw: Callable[[Axes], None]) -> str:
    """Draw one pair of axes and return it as an SVG element for a page.

    Args:
        name: Prefix of the ids in the drawing, unique within the page.
        label: What the drawing shows, for readers who cannot see it.
        frame: Size and margins.
        draw: Draws on the axes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {**_STYLE, "svg.hashsalt": name}
    with rc_context(style), warnings.catch_warnings():
        # The page's font, not the one measured with here, has to have the letters.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(frame.width / 72, frame.height / 72))
        draw(figure.subplots(gridspec_kw=frame.margins))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _adapted(buffer.getvalue(), name, label)


def _adapted(text: str, name: str, label: str) -> str:
    root = ElementTree.fromstring(text)
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        _adapt(element, name)
    width = root.get("width", "").removesuffix("pt")
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    root.attrib.update({"role": "img", "aria-label": label, "style": f"--width: {width}px"})
    return ElementTree.tostring(root, encoding="unicode")


def _adapt(element: ElementTree.Element, name: str) -> None:
    # Without a namespace the elements are written bare, as HTML wants them.
    element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.get('id')}")
    link = element.attrib.pop(_LINK, None)
    if link is not None:
        element.set("href", f"#{name}-{link.removeprefix('#')}")
    clip = element.get("clip-path")
    if clip is not None:
        element.set("clip-path", clip.replace("url(#", f"url(#{name}-"))
    if "style" in element.attrib:
        element.set("style", _themed(element.get("style", "")))


def _themed(style: str) -> str:
    style = re.sub(r"#[0-9a-f]{6}\b", lambda match: THEMED.get(match[0], match[0]), style)
    style = re.sub(r"font: ([\d.]+px) [^;]*", r"font-size: \1", style)
    return re.sub(r"font-family: [^;]*;? ?", "", style)
