"""`report.html`: what was tried, what came of it, and the examples to look at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._page.content import Beside, Chapter, Code, Figure, Page, Panel, Section, Text, kept
from .._page.palette import INK, LIGHT, MUTED
from .._page.render import render
from .._page.svg import Drawing, Frame
from .._page.table import Column, Group, Row, Table
from .._whole_file import write_whole
from .result import FitResult, shown, summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Facts = Mapping[str, Any]

_MOST_CLASSES = 20


def write_page(path: Path, facts: Facts, command: str) -> None:
    """Write the page.

    Args:
        path: The file.
        facts: As `fit.json` holds them.
        command: The command line that makes it again.
    """
    write_whole(path, render(fit_page(facts, command)).encode())


def result_page(result: FitResult) -> Page:
    """The page of a result, without the command that made it."""
    return fit_page(result.facts, "")


def fit_page(facts: Facts, command: str) -> Page:
    """The page as a value."""
    claim, *others = summary(facts, Path("DIR"))[:-2]
    choices = [line for line in others if line.startswith(("Chosen:", "Kept:"))]
    known = [Text(line) for line in others if line not in choices]
    verdict = Beside((Text(claim, "claim"), *known), _score_figure(facts))
    sections = (
        Section("In short", (verdict,), verdict=True),
        Section("What was tried", kept(*map(Text, choices), _tried(facts))),
        Section("Scores", kept(_scores(facts))),
        Section("Learning curves", kept(_curves(facts))),
        Section("Errors", kept(_confusion(facts))),
        Section("Calibration", kept(_calibration(facts))),
        Section("Labels to check", kept(_suspects(facts))),
        Section("How to reproduce this", kept(Code(command), Text(_speed(facts), "note"))),
    )
    sizes = ", ".join(f"{count} in {split}" for split, count in facts["sizes"].items())
    title = f"{facts['name']}: a steady model"
    return Page(title, f"{facts['model']}; {sizes}", (Chapter("", kept(*sections)),))


def _scores(facts: Facts) -> Table:
    score = facts["score"]
    named = [
        ("the kept model", [score["value"]]),
        ("its single seeds", facts["members"]),
        ("plain training at the same rate and epochs, single seeds", facts["plain"]),
        ("transformers' defaults, single seeds", facts["defaults"]),
        ("a linear model on frozen features", _known(facts["floor"])),
        ("majority-class baseline", [facts["constant"]]),
    ]
    rows = tuple(
        Row(name, (shown(facts, min(found)), shown(facts, max(found))))
        for name, found in named
        if found
    )
    columns: tuple[Column[Any], ...] = (Column("lowest", str), Column("highest", str))
    return Table(f"{facts['metric']} {score['basis']}", "what", columns, (Group("", rows),))


def _known(score: float | None) -> list[float]:
    return [] if score is None else [score]


def _score_figure(facts: Facts) -> Figure | None:
    groups = [
        ("kept", [facts["score"]["value"]]),
        ("its seeds", facts["members"]),
        ("plain", facts["plain"]),
        ("defaults", facts["defaults"]),
        ("floor", _known(facts["floor"])),
    ]
    groups = [(name, found) for name, found in groups if found]
    label = "; ".join(f"{n}: {', '.join(shown(facts, v) for v in f)}" for n, f in groups)
    drawing = Drawing("spread", label, Frame(400, 240, 60, 40), partial(_draw_spread, groups))
    return Figure(
        "Each dot is one model; the more they scatter, the more a seed decides.",
        (Panel(facts["metric"], drawing),),
    )


def _draw_spread(groups: Sequence[tuple[str, Sequence[float]]], axes: Axes) -> None:
    for place, (_, found) in enumerate(groups):
        axes.scatter([place] * len(found), found, s=36, color=LIGHT[1], alpha=0.75)
    axes.set_xticks(range(len(groups)), [name for name, _ in groups])
    axes.set_xlim(-0.5, len(groups) - 0.5)


def _tried(facts: Facts) -> Table | None:
    if not facts["tried"]:
        return None
    columns: tuple[Column[Any], ...] = (
        Column("rate", str),
        Column("epochs", str),
        Column("score", str),
        Column("trainings", str),
        Column("outcome", str),
    )
    rows = tuple(
        Row(
            entry["method"],
            (
                f"{entry['learning_rate']:g}",
                f"{entry['epochs']:g}",
                "-" if entry["score"] is None else shown(facts, entry["score"]),
                str(entry["trainings"]),
                entry["end"],
            ),
        )
        for entry in facts["tried"]
    )
    note = (
        f"Score: {facts['metric']} out of fold, of single models. Those that fell behind were "
        "scored on fewer folds, so do not compare their numbers with the others."
    )
    return Table("Settings in cross-validation", "method", columns, (Group("", rows),), (note,))


def _curves(facts: Facts) -> Figure | None:
    curves = [curve for curve in facts["curves"] if len(curve) > 1]
    if not curves:
        return None
    label = f"Training loss of {len(curves)} seeds, from {curves[0][0][1]:.2f} to " + ", ".join(
        f"{curve[-1][1]:.2f}" for curve in curves
    )
    drawing = Drawing("curves", label, Frame(400, 240, 60, 46), partial(_draw_curves, curves))
    caption = "Training loss of the final model's seeds, without the methods' own terms."
    return Figure(caption, (Panel("Training loss", drawing),))


def _draw_curves(curves: Sequence[Sequence[Sequence[float]]], axes: Axes) -> None:
    for slot, curve in enumerate(curves, start=1):
        steps, losses = zip(*curve, strict=True)
        axes.plot(steps, losses, color=LIGHT[slot % len(LIGHT)], linewidth=1.6)
    axes.set_xlabel("step")
    axes.set_ylim(bottom=0)


def _confusion(facts: Facts) -> Table | None:
    matrix, names = facts["confusion"], facts["label_names"]
    if not matrix or len(names) > _MOST_CLASSES:
        return None
    columns: tuple[Column[Any], ...] = tuple(Column(f"predicted {name}", str) for name in names)
    rows = tuple(
        Row(name, tuple(map(str, counts))) for name, counts in zip(names, matrix, strict=True)
    )
    return Table("Confusion matrix", "true class", columns, (Group("", rows),))


def _calibration(facts: Facts) -> Figure | None:
    bins = facts["calibration"]
    if len(bins) < 2:
        return None
    label = "; ".join(f"at {said:.0%} sure, {right:.0%} right" for said, right, _ in bins)
    draw = partial(_draw_calibration, bins)
    drawing = Drawing("calibration", label, Frame(320, 280, 60, 46), draw)
    caption = "On the line, the model is right as often as its probabilities say."
    if facts["kept"]["loss_after"] is not None:
        caption += (
            f" Log loss out of fold: {facts['kept']['loss_before']:.3f} before the temperature of "
            f"{facts['kept']['temperature']:.2f}, {facts['kept']['loss_after']:.3f} after "
            "(fitted on other examples)."
        )
    return Figure(caption, (Panel("Share of right predictions", drawing),))


def _draw_calibration(bins: Sequence[Sequence[float]], axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
    said, right, _ = zip(*bins, strict=True)
    axes.plot(said, right, color=LIGHT[1], marker="o", linewidth=1.6)
    axes.set_xlabel("predicted probability", color=INK)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)


def _suspects(facts: Facts) -> Table | None:
    if not facts["suspects"]:
        return None
    columns: tuple[Column[Any], ...] = (
        Column("label", str),
        Column("likelier", str),
        Column("probability of the label", str),
    )
    rows = tuple(
        Row(entry["text"], (entry["label"], entry["likelier"], f"{entry['given']:.1%}"))
        for entry in facts["suspects"]
    )
    note = "Models that were not trained on these examples find their labels unlikely."
    title = "Training examples most likely mislabelled"
    return Table(title, "example", columns, (Group("", rows),), (note,), numeric=False)


def _speed(facts: Facts) -> str:
    lost = facts.get("shortened")
    shortened = (
        f"It took longer than estimated, so the plan was shortened: {lost}. " if lost else ""
    )
    return (
        f"steadytune {facts['steadytune']}, seed {facts['seed']}. The budget became steps by a "
        f"timing of {facts['timing']['step']:.3f} s per step. {shortened}search/ has the records "
        "of all trainings, fit.json all numbers of this page."
    )
