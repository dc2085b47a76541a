"""Time and place mean one thing: conversions agree with exact arithmetic, with their inverse, and with each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.capture_map import capture_map_at
from replay.geometry import Display, Geometry, Rect
from replay.sync import SyncModel
from replay.timebase import NS_PER_S, TimeRange, complement, format_t, merged, ns_from_pts, ns_from_seconds, parse_t
from replay.video.frame_table import FrameTable

TIMES = st.integers(-(10**18), 10**18)
RANGES = st.tuples(st.integers(-50, 150), st.integers(1, 60)).map(lambda x: TimeRange(x[0], x[0] + x[1]))
SYNCS = st.builds(
    SyncModel, TIMES, st.integers(-(10**12), 10**12), st.floats(-1000, 1000, allow_nan=False), st.just(0), st.just("x")
)


@given(TIMES, st.integers(1, 1001), st.integers(1, 90_000))
def test_a_pts_is_the_nearest_nanosecond_of_its_exact_time(pts: int, numerator: int, denominator: int) -> None:
    exact = Fraction(pts * numerator, denominator) * NS_PER_S
    assert abs(ns_from_pts(pts, Fraction(numerator, denominator)) - exact) <= Fraction(1, 2)


def test_decimal_seconds_are_exact() -> None:
    assert ns_from_seconds("0.1") == 100_000_000
    assert ns_from_seconds("123456789.123456789") == 123_456_789_123_456_789


def test_times_read_as_clocks_also_before_zero() -> None:
    assert format_t(-754_567_000_000) == "-00:12:34.567"
    assert format_t(-228_442) == "00:00:00.000"
    assert format_t(100 * 3600 * NS_PER_S - 1) == "99:59:59.999"


@given(st.integers(-(10**11), 10**11))
def test_a_time_that_was_written_as_a_clock_reads_back(ms: int) -> None:
    assert parse_t(format_t(ms * 1_000_000)) == ms * 1_000_000


@pytest.mark.parametrize(
    ("text", "t_ns"),
    [
        (" 12.5 ", 12_500_000_000),
        ("1500ms", 1_500_000_000),
        ("2 min", 120_000_000_000),
        ("1:30", 90_000_000_000),
        ("-0.1", -100_000_000),
        ("nan", None),
        ("1e9", None),
        ("99999999999", None),
        ("1:2:3:4", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, t_ns: int | None) -> None:
    assert parse_t(text) == t_ns


@given(SYNCS, st.lists(TIMES, min_size=1, max_size=20))
def test_one_row_and_many_rows_get_the_same_time(sync: SyncModel, t_src_ns: list[int]) -> None:
    assert sync.t_ns_of(np.array(t_src_ns, np.int64)).tolist() == [sync.t_ns(t) for t in t_src_ns]


@given(SYNCS)
def test_the_source_clock_at_the_first_frame_leads_back_to_it(sync: SyncModel) -> None:
    assert abs(sync.t_ns(sync.source_clock_at_first_frame_ns())) <= 1


@given(RANGES, st.lists(RANGES, max_size=6))
def test_what_remains_and_what_is_removed_make_up_the_whole(whole: TimeRange, removed: list[TimeRange]) -> None:
    kept = complement(whole, tuple(removed))
    for t in range(whole.start_ns - 1, whole.end_ns + 1):
        gone = any(r.contains(t) for r in removed)
        assert any(r.contains(t) for r in kept) == (whole.contains(t) and not gone)
    assert merged(kept) == kept


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(0, 20), st.lists(RANGES, max_size=4))
def test_a_frame_outside_ranges_is_on_screen_at_no_moment_of_them(
    gaps: list[int], last: int, ranges: list[TimeRange]
) -> None:
    t_ns = np.cumsum([0, *gaps[:-1]]).astype(np.int64)
    duration = np.array([*gaps[:-1], last], np.int64)
    frames = FrameTable("video", t_ns, t_ns, duration, np.ones(len(t_ns), bool))
    for start, length, outside in zip(t_ns.tolist(), duration.tolist(), frames.outside(ranges).tolist(), strict=True):
        shown = range(start, start + max(length, 1))
        assert outside == (not any(r.contains(t) for r in ranges for t in shown))


@given(st.lists(st.tuples(st.floats(-500, 4500), st.floats(-500, 1500)), min_size=1, max_size=8))
def test_many_points_map_to_the_frame_as_each_does_alone(points: list[tuple[float, float]]) -> None:
    left, right = Rect(0, 0, 1920, 1080), Rect(1920, 0, 1280, 1024)
    geometry = Geometry(
        [
            Display(0, "a", left, is_main=True, capture_rect=left, frame_rect=Rect(0, 0, 960, 540)),
            Display(0, "b", right, capture_rect=right, frame_rect=Rect(960, 0, 640, 512)),
        ],
        (1600, 540),
    )
    capture_map = capture_map_at(geometry, 0)
    assert capture_map is not None
    x, y = capture_map.points(*np.array(points, np.float64).T)
    for point, found in zip(points, zip(x.tolist(), y.tolist(), strict=True), strict=True):
        one = geometry.frame_from_capture(0, point)
        assert one is not None
        np.testing.assert_allclose(found, one.point(*point), atol=1e-9)
