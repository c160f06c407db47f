"""Draws docs/pictures/lnsr.svg, what LNSR does to a step: python docs/pictures/draw_lnsr.py"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

CLEAN, NOISY, PENALTY, INK = "#0072B2", "#D55E00", "#009E73", "#222222"
LEFT, RIGHT, WIDTH, HEIGHT = 1.1, 6.3, 2.2, 0.62
LAYERS, INJECTION = 4, 1


def level(layer: int) -> float:
    """Height of hidden state `layer` in the drawing."""
    return 0.9 + 1.25 * layer


def block(axes: Axes, x: float, layer: int, colour: str) -> None:
    """The block that turns hidden state `layer` - 1 into `layer`."""
    y = level(layer) - 0.9
    box = FancyBboxPatch(
        (x - WIDTH / 2, y), WIDTH, HEIGHT, boxstyle="round,pad=0.02", fc=colour + "22", ec=colour
    )
    axes.add_patch(box)
    axes.text(x, y + HEIGHT / 2, f"block {layer}", ha="center", va="center", color=INK)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], **style: object
) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, **style))


def climb(axes: Axes, x: float, first: int, colour: str) -> None:
    """The blocks from `first` up, joined by arrows."""
    for layer in range(first, LAYERS + 1):
        block(axes, x, layer, colour)
        if layer > 1:
            arrow(axes, (x, level(layer - 1) - 0.26), (x, level(layer) - 0.92), color=colour)
    top = level(LAYERS) - 0.26
    arrow(axes, (x, top), (x, top + 0.4), color=colour)


def draw(axes: Axes) -> None:
    """The clean pass on the left, the replay of the upper blocks on the right."""
    arrow(axes, (LEFT, level(1) - 1.4), (LEFT, level(1) - 0.92), color=CLEAN)
    axes.text(LEFT, level(1) - 1.45, "embeddings", ha="center", va="top", color=INK)
    climb(axes, LEFT, 1, CLEAN)
    climb(axes, RIGHT, INJECTION + 1, NOISY)
    start = level(INJECTION) - 0.13
    arrow(axes, (LEFT, start), (RIGHT, start), color=NOISY, linestyle="--")
    axes.text(
        (LEFT + RIGHT) / 2, start - 0.12, "+ noise", ha="center", va="top", color=NOISY, size=12
    )
    axes.text(LEFT - 0.25, start, f"$h_{INJECTION}$", ha="right", va="center", color=INK)
    for layer in range(INJECTION + 1, LAYERS + 1):
        y = level(layer) - 0.13
        arrow(axes, (RIGHT - 0.1, y), (LEFT + 0.1, y), color=PENALTY, lw=1.2)
        arrow(axes, (LEFT + 0.1, y), (RIGHT - 0.1, y), color=PENALTY, lw=1.2)
        label = f"$\\|h_{layer}(h_{INJECTION}+e) - h_{layer}(h_{INJECTION})\\|^2$"
        axes.text((LEFT + RIGHT) / 2, y + 0.08, label, ha="center", va="bottom", color=PENALTY)
    top = level(LAYERS) + 0.22
    axes.text(LEFT, top, "task loss", ha="center", va="bottom", color=CLEAN, size=12)
    axes.text(LEFT, top + 0.5, "the clean pass", ha="center", va="bottom", color=INK, size=12)
    axes.text(
        RIGHT, top + 0.5, "the blocks above once more,\nwith the same dropout masks",
        ha="center", va="center", color=INK, size=12,
    )  # fmt: skip
    axes.text(
        (LEFT + RIGHT) / 2 + 1.0, level(1) - 1.45,
        "loss = task loss + strength x mean of the distances",
        ha="center", va="top", color=PENALTY, size=12,
    )  # fmt: skip


def main() -> None:
    matplotlib.rcParams.update({"font.family": "DejaVu Sans", "svg.fonttype": "path"})
    matplotlib.rcParams["svg.hashsalt"] = "steadytune"
    figure = Figure(figsize=(7.2, 5.0), facecolor="white")
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set(xlim=(-0.4, 8.0), ylim=(0.3, 6.9))
    axes.axis("off")
    draw(axes)
    figure.savefig(Path(__file__).with_name("lnsr.svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
