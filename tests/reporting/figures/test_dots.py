"""What the figure of single runs shows, as numbers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadytune.reporting.analysis.section_numbers import Domain
from steadytune.reporting.figures import dots
from steadytune.reporting.figures.axes import MOST_DOTS, padded
from tests.reporting.fabricated import record, section_of, study


def test_dots_boxes_and_lines() -> None:
    movie, tweet = dots.seed_dots(section_of(study(5)))
    assert (movie.domain, movie.axis) == (Domain("movie", True), "accuracy (%)")
    assert movie.constant == 50.0
    assert movie.limits == tweet.limits
    assert movie.limits[0] < 50 < 82 < movie.limits[1]
    plain = movie.rows[0]
    assert [dot.value for dot in plain.dots] == pytest.approx([78.8, 79.5, 80.0, 81.0, 82.0])
    assert plain.median == pytest.approx(80.0)
    assert plain.box is not None
    assert (plain.box.minimum, plain.box.lower, plain.box.upper) == pytest.approx((78.8, 79.5, 81))
    assert len(movie.lines) == 5


def test_lines_join_the_dots_of_a_seed() -> None:
    records = [record("plain", 0, movie=0.8), record("plain", 1, movie=0.8)]
    records += [record("lnsr", 0, movie=0.9), record("lnsr", 1, movie=0.7)]
    movie = dots.seed_dots(section_of(records))[0]
    points = {(d.value, i + d.shift) for i, c in enumerate(movie.rows) for d in c.dots}
    assert all(point in points for line in movie.lines for point in line)
    assert len({line[0] for line in movie.lines}) == 2


def test_few_scores_have_no_box_and_one_has_no_median() -> None:
    movie = dots.seed_dots(section_of([record("plain"), *study(3, ("lnsr",))]))[0]
    plain, lnsr = movie.rows
    assert plain.median is plain.box is lnsr.box is None
    assert lnsr.median is not None
    assert len(movie.lines) == 1


def test_a_diverged_run_is_marked() -> None:
    movie = dots.seed_dots(section_of([record(), record(seed=1, status="diverged")]))[0]
    assert [(d.value, d.stands_in) for d in movie.rows[0].dots] == [(50.0, True), (80.0, False)]


def test_many_dots_are_thinned_but_the_extremes_and_the_box_stay() -> None:
    records = [record(seed=s, movie=0.5 + s / 1000) for s in range(400)]
    column = dots.seed_dots(section_of(records))[0].rows[0]
    assert (len(column.dots), column.total) == (MOST_DOTS, 400)
    assert column.box is not None
    assert column.dots[0].value == column.box.minimum
    assert column.dots[-1].value == column.box.maximum == pytest.approx(89.9)


@given(st.lists(st.integers(0, 20), max_size=60))
def test_dots_in_a_lane_keep_their_distance(heights: list[int]) -> None:
    values = sorted(float(h) for h in heights)
    shifts = dots.apart(values, 2.0)
    lanes = {s: [v for v, t in zip(values, shifts, strict=True) if t == s] for s in set(shifts)}
    if len(lanes) < 2 * dots.MOST_LANES + 1:
        assert all(b - a >= 2 for lane in lanes.values() for a, b in itertools.pairwise(lane))
    assert all(abs(shift) < 0.5 for shift in shifts)


def test_padded_limits() -> None:
    assert padded([0, 10], 0.1) == (-1.0, 11.0)
    low, high = padded([5.0])
    assert low < 5 < high
    assert padded([]) == (0.0, 1.0)
