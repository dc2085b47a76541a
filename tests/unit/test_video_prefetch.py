"""What the server decodes while nobody asks."""

from __future__ import annotations

import numpy as np

from replay.video.frame_table import FrameTable
from replay.video.prefetch import Reach, ahead_of, behind_of, next_run, reach_within

REACH = Reach(ahead=3, behind=8)


def table(frames: int = 100, group: int = 20) -> FrameTable:
    index = np.arange(frames, dtype=np.int64)
    return FrameTable("video", index, index * 10, np.full(frames, 10), index % group == 0)


def test_ahead_are_the_next_frames_that_are_not_there() -> None:
    assert ahead_of(10, table(), {11}.__contains__, REACH) == [12, 13]
    assert ahead_of(98, table(), set[int]().__contains__, REACH) == [99]


def test_behind_is_a_run_that_ends_at_what_is_there_and_stays_in_its_group() -> None:
    frames = table()
    assert behind_of(30, frames, {30}.__contains__, REACH) == list(range(22, 30))
    assert behind_of(30, frames, {30, 29, 28}.__contains__, REACH) == list(range(20, 28))
    assert behind_of(23, frames, {23}.__contains__, REACH) == [20, 21, 22]
    assert behind_of(0, frames, {0}.__contains__, REACH) == []


def test_nothing_is_decoded_behind_while_enough_is_there() -> None:
    held = set(range(26, 31))
    assert behind_of(30, table(), held.__contains__, REACH) == []
    assert behind_of(29, table(), held.__contains__, REACH) == list(range(20, 26))


def test_going_forward_prepares_ahead_going_back_behind_and_a_jump_both() -> None:
    none = set[int]().__contains__
    assert next_run(30, 1, table(), none, REACH) == [31, 32, 33]
    assert next_run(30, -1, table(), none, REACH) == list(range(22, 30))
    assert next_run(30, 25, table(), none, REACH) == [31, 32, 33, *range(22, 30)]


def test_the_reach_shrinks_with_the_budget() -> None:
    assert reach_within(1 << 30, 3_000_000) == Reach()
    small = reach_within(60_000_000, 3_000_000)
    assert 0 < small.behind <= 10
    assert reach_within(1, 3_000_000) == Reach(0, 0)
