"""Drawings hold the numbers that were measured, and say what they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steadytune._page.palette import LIGHT
from steadytune.diagnostics import (
    JacobianNorms,
    LayerRanks,
    LayerSimilarity,
    NoiseProfile,
    OutputSensitivity,
    WeightDrift,
    drawing,
)

RATIOS = (np.array([[0.05, 0.04, 0.02], [0.05, 0.06, 0.04]]), np.array([[0.05, 0.1], [0.05, 0.3]]))
PROFILE = NoiseProfile((0, 1), 0.05, "gaussian", RATIOS, RATIOS, (0.0, 0.0))


@pytest.fixture
def axes() -> Iterator[Axes]:
    found = Figure().subplots()
    yield found
    assert found.get_xlabel() and found.get_ylabel()
    found.figure.canvas.draw()


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_attenuation(axes: Axes) -> None:
    drawing.draw_attenuation(PROFILE, axes)
    lower, upper = axes.lines
    np.testing.assert_allclose(lower.get_xydata(), [[0, 5], [1, 5], [2, 3]])
    np.testing.assert_allclose(upper.get_xydata(), [[1, 5], [2, 20]])
    assert texts(axes) == ["0", "1"]
    top = 100 * (0.2 + np.std([0.1, 0.3], ddof=1))
    assert drawing.attenuation_limit([PROFILE]) == pytest.approx(1.05 * top)
    assert axes.get_ylim() == pytest.approx((0, 1.05 * top))


def test_of_many_layers_some_are_drawn_and_in_any_order(axes: Axes) -> None:
    places = list(range(24))[::-1]
    ratios = tuple(np.full((2, 25 - place), 0.05) for place in places)
    profile = NoiseProfile(tuple(places), 0.05, "gaussian", ratios, ratios, (0.0,) * 24)
    drawing.draw_attenuation(profile, axes, most_lines=4)
    assert texts(axes) == ["23", "15", "8", "0"]
    assert axes.get_xlim() == pytest.approx((-0.25, 24.6))
    other = Figure().subplots()
    drawing.draw_amplification(profile, other)
    assert [tick.get_text() for tick in other.get_xticklabels()][:2] == ["1", "3"]


def test_labels_that_would_cover_each_other_are_moved(axes: Axes) -> None:
    same = (RATIOS[0][:, [0, 1, 1]], RATIOS[0][:, [0, 1]])
    profile = NoiseProfile((0, 1), 0.05, "gaussian", same, same, (0.0, 0.0))
    drawing.draw_attenuation(profile, axes)
    heights = [text.get_position()[1] for text in axes.texts]
    assert heights[1] - heights[0] > 0.05 * axes.get_ylim()[1]


def test_amplification(axes: Axes) -> None:
    drawing.draw_amplification(PROFILE, axes)
    assert texts(axes) == ["1.00", "0.60", "4.00"]
    assert drawing.amplification_limit([PROFILE]) == pytest.approx(4)
    flat = NoiseProfile((0,), 0.05, "gaussian", RATIOS[:1], (RATIOS[0][:, [0, 0, 0]],), (0.0,))
    assert drawing.amplification_limit([flat]) == 2


def test_maps_with_many_layers_have_colours_only(axes: Axes) -> None:
    data = LayerSimilarity("tokens", 9, np.eye(25))
    drawing.draw_similarity(data, axes, first="plain", second="lnsr")
    assert texts(axes) == [] and axes.get_xlabel() == "layer of lnsr"
    assert len(axes.get_xticks()) < 15


def test_similarity(axes: Axes) -> None:
    drawing.draw_similarity(
        LayerSimilarity("tokens", 9, np.array([[1.0, 0.5], [np.nan, 0.25]])), axes
    )
    assert texts(axes) == ["1.00", "0.50", "0.25"]


def sensitivity(kind: str = "classes") -> OutputSensitivity:
    values = np.array([[0.0, 0.1], [0.2, 0.4]])
    return OutputSensitivity(
        0, (0.05, 0.1), "gaussian", 2, kind, values, values, values - 1, np.zeros(2)
    )


def test_sensitivity(axes: Axes) -> None:
    drawing.draw_sensitivity({"plain": sensitivity(), "lnsr": sensitivity()}, "change", axes)
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[5, 5], [10, 30]])
    assert [line.get_label() for line in axes.lines] == ["plain", "lnsr"]
    assert axes.lines[0].get_color() != axes.lines[1].get_color()
    assert axes.get_ylabel() == "changed predictions (%)"


def test_margins_and_values(axes: Axes) -> None:
    drawing.draw_sensitivity({"plain": sensitivity()}, "margin_change", axes)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [-0.95, -0.7])
    other = Figure().subplots()
    drawing.draw_sensitivity({"plain": sensitivity("values")}, "change", other)
    np.testing.assert_allclose(other.lines[0].get_ydata(), [0.05, 0.3])
    assert other.get_ylabel() == "change of the value"


def test_ranks_and_likeness(axes: Axes) -> None:
    drawing.draw_ranks({"plain": LayerRanks("tokens", 9, 4, np.array([3.0, 2.0]))}, axes)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [3, 2])
    other = Figure().subplots()
    drawing.draw_similarity_by_layer({"lnsr": LayerSimilarity("mean", 9, np.eye(3))}, other)
    np.testing.assert_allclose(other.lines[0].get_ydata(), 1)


def test_jacobian(axes: Axes) -> None:
    squares = np.array([[4.0, 16.0], [36.0, 36.0]])
    norms = JacobianNorms(
        (0, 1), (2, 2), np.array([4.0, 4.0]), squares, 0 * squares, squares, 0 * squares
    )
    drawing.draw_jacobian({"plain": norms, "lnsr": norms}, "gain", axes)
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([1.5, 3, 1.5, 3])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]


def test_jacobians_of_models_of_different_depth(axes: Axes) -> None:
    deep, flat = (
        JacobianNorms(
            tuple(range(depth)),
            (depth,) * depth,
            np.array([4.0]),
            *np.full((4, depth, 1), 4.0 * depth),
        )
        for depth in (2, 1)
    )
    drawing.draw_jacobian({"flat": flat, "deep": deep}, "spectral", axes)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, [4, np.nan, 8, 8])


def test_drift_of_models_with_different_parts(axes: Axes) -> None:
    counts = np.array([1, 1])
    plain = WeightDrift(
        ("below", "layer 1"), np.array([0.0, 0.5]), counts / 1, counts / 1, counts, ()
    )
    lnsr = WeightDrift(
        ("layer 1", "above"), np.array([0.25, 0.1]), counts / 1, counts / 1, counts, ()
    )
    drawing.draw_drift({"plain": plain, "lnsr": lnsr}, axes)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["emb.", "1", "above"]
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, [0, 50, np.nan, np.nan, 25, 10])


def test_a_model_has_the_same_colour_here_and_on_a_page() -> None:
    assert LIGHT[: len(drawing.COLOURS)] == drawing.COLOURS
