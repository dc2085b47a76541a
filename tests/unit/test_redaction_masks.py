"""Masks hide every frame that may show them, to the frame and to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.model import MaskKeyframe, RectRedaction
from curation.redaction.masks import BORDER, DILATION, GRID, Box, FrameMasks, grown, rect_track
from curation.redaction.plan import kept_frames
from replay.geometry import Rect
from replay.timebase import TimeRange
from replay.video.frame_table import FrameTable

SIZE = (1276, 718)
PLACE = Rect(100, 100, 50, 20)


def frame_table(times: list[int], last: int = 40) -> FrameTable:
    t = np.array(times, np.int64)
    duration = np.append(np.diff(t), last)
    return FrameTable("video", t, t, duration, np.array([i == 0 for i in range(len(t))]))


def still(start: int, end: int, rect: Rect = PLACE) -> RectRedaction:
    return RectRedaction("m", TimeRange(start, end), (MaskKeyframe(start, rect),))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (400, 440, 10 - DILATION, 11 + DILATION),  # exactly one frame's presentation
        (401, 402, 10 - DILATION, 11 + DILATION),  # a moment within one
        (399, 400, 9 - DILATION, 10 + DILATION),  # half open: its end belongs to the next frame
        (440, 480, 11 - DILATION, 12 + DILATION),
        (0, 1, 0, 1 + DILATION),
        (1195, 2000, 29 - DILATION, 30),
    ],
)
def test_a_mask_is_on_the_frames_that_show_its_range_and_two_more_at_both_ends(
    start: int, end: int, first: int, last: int
) -> None:
    track = rect_track(still(start, end), frame_table(list(range(0, 1200, 40))), SIZE)
    assert track is not None
    assert (track.first, track.last) == (first, last)


def test_on_variable_frame_rate_a_long_frame_that_began_before_the_range_is_masked() -> None:
    frames = frame_table([0, 40, 80, 5_000, 5_040, 5_080, 5_120])
    track = rect_track(still(3_000, 3_001), frames, SIZE)
    assert track is not None
    assert (track.first, track.last) == (0, 5)  # frame 2 shows it; dilated by two


def test_beyond_the_video_there_is_no_mask() -> None:
    assert rect_track(still(5_000, 6_000), frame_table([0, 40, 80]), SIZE) is None


@given(
    x=st.floats(-50, 1300), y=st.floats(-50, 760), w=st.floats(0, 400), h=st.floats(0, 300),
)  # fmt: skip
def test_a_grown_box_covers_its_rectangle_with_a_border_on_the_grid(x: float, y: float, w: float, h: float) -> None:
    box = grown(Rect(x, y, w, h), SIZE)
    visible = x < SIZE[0] and y < SIZE[1] and x + w > 0 and y + h > 0
    if box is None:
        assert not visible
        return
    assert box.x0 <= max(0, x - BORDER)
    assert box.y0 <= max(0, y - BORDER)
    assert box.x1 >= min(SIZE[0], x + w + BORDER)
    assert box.y1 >= min(SIZE[1], y + h + BORDER)
    assert box.x0 % GRID == 0
    assert box.x1 % GRID == 0 or box.x1 == SIZE[0]
    assert box.y1 % GRID == 0 or box.y1 == SIZE[1]


def test_a_rectangle_that_is_no_number_hides_the_whole_frame() -> None:
    assert grown(Rect(float("nan"), 0, 1, 1), SIZE) == Box(0, 0, *SIZE)


@given(st.integers(1, 1_000), st.integers(1, 1_000), st.integers(0, 1_100))
def test_a_moving_mask_covers_where_it_is_at_every_moment_of_a_frame(x0: int, x1: int, at: int) -> None:
    move = RectRedaction(
        "m", TimeRange(0, 1200), (MaskKeyframe(100, Rect(x0, 50, 60, 20)), MaskKeyframe(1000, Rect(x1, 90, 60, 20)))
    )
    frames = frame_table(list(range(0, 1200, 40)))
    track = rect_track(move, frames, SIZE)
    assert track is not None
    (box,) = FrameMasks([track]).at(frames.index_at(at))
    r = move.rect_at(at)
    assert box.x0 <= r.x
    assert box.x1 >= r.right
    assert box.y0 <= r.y
    assert box.y1 >= r.bottom


def test_every_start_end_and_jump_of_a_mask_is_an_edge() -> None:
    keyframes = (MaskKeyframe(400, Rect(0, 0, 50, 50)), MaskKeyframe(600, Rect(0, 0, 50, 50)),
                 MaskKeyframe(601, Rect(600, 400, 50, 50)))  # fmt: skip
    track = rect_track(RectRedaction("m", TimeRange(400, 800), keyframes), frame_table(list(range(0, 1200, 40))), SIZE)
    assert track is not None
    edges = set(track.edges())
    assert {8, 22} <= edges
    assert any(8 < e < 22 for e in edges)


@given(st.lists(st.tuples(st.integers(0, 1100), st.integers(1, 300)), max_size=4))
def test_a_frame_is_cut_exactly_when_its_presentation_overlaps_a_cut(ranges: list[tuple[int, int]]) -> None:
    frames = frame_table(list(range(0, 1200, 40)))
    cuts = tuple(TimeRange(a, a + n) for a, n in ranges)
    kept = set(kept_frames(frames, cuts).tolist())
    for i in range(len(frames)):
        shown = TimeRange(i * 40, i * 40 + 40)
        assert (i in kept) == (not any(shown.overlaps(c) for c in cuts))


def test_overlapping_masks_are_all_painted_and_covered_ones_left_out() -> None:
    from curation.redaction.masks import MaskSpan, MaskTrack

    big, small, other = Box(0, 0, 64, 64), Box(16, 16, 32, 32), Box(48, 48, 96, 96)
    masks = FrameMasks([MaskTrack((MaskSpan(a, b, x),)) for a, b, x in ((2, 8, big), (4, 6, small), (5, 9, other))])
    assert [masks.at(i) for i in (1, 2, 4, 5, 8, 9)] == [(), (big,), (big,), (big, other), (other,), ()]
    assert list(masks.spans()) == [
        (2, 4, (big,)), (4, 5, (big,)), (5, 6, (big, other)), (6, 8, (big, other)), (8, 9, (other,)),
    ]  # fmt: skip
