"""What a study's runs show: the course of trainings, and stability against performance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ..association import StabilityAssociation
from ..training import TrainingCurve
from ._colours import colours_of, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_training(
    curves: Sequence[TrainingCurve],
    quantity: Literal["loss", "gradient_norm"],
    axes: Axes,
    *,
    colours: Sequence[str] | None = None,
) -> None:
    """Loss or gradient norm by step: failed runs in colour, the others thin and grey.

    Args:
        curves: The runs; one that ended `ok` is drawn as background.
        quantity: What to draw; gradient norms on a logarithmic axis.
        axes: Where to draw.
        colours: One a failed run.
    """
    failed = [curve for curve in curves if curve.ended != "ok"]
    by_label = colours_of((curve.label for curve in failed), colours)
    for curve in curves:
        shown = curve.ended != "ok"
        axes.plot(
            curve.steps,
            getattr(curve, quantity),
            color=by_label[curve.label] if shown else "#8b949e",
            linewidth=1.9 if shown else 0.8,
            alpha=1.0 if shown else 0.6,
            label=f"{curve.label} ({curve.ended})" if shown else None,
            zorder=3 if shown else 2,
        )
    axes.set_xlabel("step")
    axes.set_ylabel({"loss": "training loss", "gradient_norm": "gradient norm"}[quantity])
    if quantity == "gradient_norm":
        axes.set_yscale("log")
    whole_numbers(axes)


def draw_association(
    data: StabilityAssociation,
    task: str,
    axes: Axes,
    *,
    score: str = "test score",
    colours: Sequence[str] | None = None,
) -> None:
    """Test score against noise sensitivity on one task: a dot a run, a colour a method.

    Args:
        data: What was computed.
        task: The task to draw.
        axes: Where to draw.
        score: Name of the score.
        colours: One a method.
    """
    groups = [group for group in data.groups if group.task == task]
    for group, colour in zip(
        groups, colours_of((g.method for g in groups), colours).values(), strict=True
    ):
        axes.scatter(100 * group.sensitivity, group.score, s=30, color=colour, label=group.method)
    axes.set_xlabel("relative displacement of the top layer (%)")
    axes.set_ylabel(score)
    axes.tick_params(length=0)
