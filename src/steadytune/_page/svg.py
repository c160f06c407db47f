"""Drawings: as inline SVG that takes its colours and its font from the page, or as files."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from .drawn_before import drawn_before
from .palette import INK, LINE, MUTED, THEMED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EDGE = 8.0
_DOTS_PER_INCH = 200
_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None}
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


@dataclass(frozen=True)
class Drawing:
    """One pair of axes, drawn when it is asked for.

    Args:
        name: Prefix of the ids in the drawing, unique within the page.
        label: What the drawing shows, for readers who cannot see it.
        frame: Size and margins.
        draw: Draws on the axes.
    """

    name: str
    label: str
    frame: Frame
    draw: Callable[[Axes], None]

    def svg(self) -> str:
        """The drawing as an SVG element for a page."""
        return drawn_before((self.name, self.label, self.frame, self.draw), self._svg)

    def _svg(self) -> str:
        buffer = io.StringIO()
        with self._figure() as figure:
            figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
        return _adapted(buffer.getvalue(), self.name, self.label)

    def file(self, suffix: str, title: str, legend: Mapping[str, str]) -> bytes:
        """The drawing as the content of a file on white paper.

        Args:
            suffix: `png` or `svg`.
            title: Stands above the axes.
            legend: Name -> colour of what the drawing tells apart by colour alone.
        """
        buffer = io.BytesIO()
        with self._figure() as figure:
            figure.axes[0].set_title("\n".join(wrap(title, 48)), fontsize=11.5, loc="left")
            _add_legend(figure, legend)
            metadata = _NO_METADATA if suffix == "svg" else {"Software": None}
            figure.savefig(
                buffer,
                format=suffix,
                dpi=_DOTS_PER_INCH,
                facecolor="white",
                bbox_inches="tight",
                metadata=metadata,
            )
        return buffer.getvalue()

    @contextmanager
    def _figure(self) -> Iterator[Figure]:
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        style: Any = {**_STYLE, "svg.hashsalt": self.name}
        with rc_context(style), warnings.catch_warnings():
            # The page's font, not the one measured with here, has to have the letters.
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            size = (self.frame.width / 72, self.frame.height / 72)
            figure = Figure(figsize=size)
            self.draw(figure.subplots(gridspec_kw=self.frame.margins))
            yield figure


def _add_legend(figure: Figure, legend: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    if not legend:
        return
    marks = [Line2D([], [], color=c, marker="o", linestyle="none") for c in legend.values()]
    figure.legend(
        marks,
        list(legend),
        loc="upper left",
        bbox_to_anchor=(0, 0),
        frameon=False,
        fontsize=9,
    )


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
