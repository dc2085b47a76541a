"""The transport: what each command does in each mode, with steady, sparse and no video."""

from __future__ import annotations

import numpy as np
import pytest

from replay.timebase import TimeRange
from replay.transport import Mode, Transport
from replay.video.frame_table import FrameTable

S = 1_000_000_000
FRAME = 100_000_000  # ten frames a second
EXTENT = TimeRange(-S, 12 * S)


def table(times_ns: list[int], last_ns: int = FRAME, entries: tuple[int, ...] = (0,)) -> FrameTable:
    t_ns = np.array(times_ns, np.int64)
    iframe = np.zeros(len(t_ns), np.bool_)
    iframe[list(entries)] = True
    return FrameTable("video", t_ns // 1_000_000, t_ns, np.append(np.diff(t_ns), last_ns), iframe)


STEADY = table([i * FRAME for i in range(100)], entries=(0, 25, 50))
SPARSE = table([0, 5 * S, 5 * S + 7, 60 * S], last_ns=S)


def opened(frames: FrameTable | None = STEADY, extent: TimeRange = EXTENT) -> Transport:
    transport = Transport()
    transport.open(extent, frames)
    transport.loaded()
    return transport


def test_opening_goes_to_the_first_frame_and_waits_for_its_picture() -> None:
    transport = Transport()
    state = transport.open(TimeRange(-S, 12 * S), STEADY)
    assert (state.mode, state.t_ns, state.frame) == (Mode.LOADING, 0, 0)
    assert transport.play(0).mode is Mode.LOADING
    assert transport.loaded().mode is Mode.PAUSED


def test_playing_follows_the_clock_and_passes_over_late_frames() -> None:
    transport = opened()
    transport.play(1_000)
    assert transport.tick(1_000 + FRAME).frame == 1
    assert transport.tick(1_000 + 7 * FRAME).frame == 7
    assert transport.pause(1_000 + 7 * FRAME + 5).t_ns == 7 * FRAME + 5
    assert transport.tick(50 * S).frame == 7


def test_running_into_the_end_ends_and_playing_starts_over() -> None:
    transport = opened()
    transport.seek(11 * S, 0)
    transport.play(0)
    state = transport.tick(2 * S)
    assert (state.mode, state.t_ns) == (Mode.ENDED, 12 * S - 1)
    assert transport.play(3 * S).t_ns == -S
    assert transport.state.mode is Mode.PLAYING


def test_reverse_ends_at_the_start() -> None:
    transport = opened()
    transport.seek(2 * S, 0)
    transport.set_rate(-2.0, 0)
    transport.play(0)
    assert transport.tick(S).t_ns == 0
    assert transport.tick(2 * S).mode is Mode.ENDED


def test_steps_go_frame_by_frame_on_variable_rate_both_ways() -> None:
    transport = opened(SPARSE, TimeRange(0, 61 * S))
    assert [transport.step(1, 0).t_ns for _ in range(4)] == [5 * S, 5 * S + 7, 60 * S, 60 * S]
    assert [transport.step(-1, 0).frame for _ in range(4)] == [2, 1, 0, 0]
    transport.seek(30 * S, 0)
    assert transport.step(-1, 0).frame == 1


def test_stepping_while_playing_pauses() -> None:
    transport = opened()
    transport.play(0)
    state = transport.step(1, 3 * FRAME)
    assert (state.mode, state.frame) == (Mode.PAUSED, 4)


def test_stepping_from_outside_the_video_enters_it() -> None:
    transport = opened()
    transport.seek(-S // 2, 0)
    assert transport.step(-1, 0).t_ns == -S // 2
    assert transport.step(1, 0).t_ns == 0
    transport.seek(11 * S, 0)
    assert transport.step(1, 0).t_ns == 11 * S
    assert transport.step(-1, 0).frame == 99


def test_without_video_time_and_steps_still_work() -> None:
    transport = opened(None, TimeRange(-5 * S, 5 * S))
    assert (transport.state.t_ns, transport.state.frame) == (-5 * S, None)
    assert transport.step(3, 0).t_ns == -5 * S + 99_999_999
    transport.play(0)
    assert transport.tick(2 * S).t_ns == -3 * S + 99_999_999
    assert transport.seek_frame(3, 2 * S) == transport.state
    assert transport.jump_iframe(1, 2 * S).t_ns == -3 * S + 99_999_999


def test_jumps_go_by_time_by_moments_and_by_iframes() -> None:
    transport = opened()
    assert transport.jump(S, 0).t_ns == S
    events = np.array([S // 2, S, 3 * S], np.int64)
    assert transport.jump_among(events, 1, 0).t_ns == 3 * S
    assert transport.jump_among(events, 1, 0).t_ns == 3 * S
    assert [transport.jump_among(events, -1, 0).t_ns for _ in range(3)] == [S, S // 2, S // 2]
    assert [transport.jump_iframe(1, 0).frame for _ in range(3)] == [25, 50, 50]
    assert [transport.jump_iframe(-1, 0).frame for _ in range(3)] == [25, 0, 0]
    assert transport.jump(-60 * S, 0).t_ns == -S


def test_seeking_while_playing_goes_on_from_there() -> None:
    transport = opened()
    transport.play(0)
    assert transport.seek(5 * S, S).mode is Mode.PLAYING
    assert transport.tick(2 * S).t_ns == 6 * S


def test_scrubbing_holds_time_and_returns_to_what_was() -> None:
    transport = opened()
    transport.play(0)
    transport.begin_scrub(S)
    assert transport.scrub(3 * S).frame == 30
    assert transport.tick(9 * S).t_ns == 3 * S
    assert transport.seek(0, 9 * S).t_ns == 3 * S
    assert transport.end_scrub(10 * S).mode is Mode.PLAYING
    assert transport.tick(11 * S).t_ns == 4 * S
    transport.pause(11 * S)
    transport.begin_scrub(11 * S)
    assert transport.end_scrub(12 * S).mode is Mode.PAUSED


def test_a_loop_repeats_between_in_and_out() -> None:
    transport = opened()
    transport.mark(2 * S, 4 * S, True, 0)
    transport.play(0)
    assert transport.state.t_ns == 2 * S
    assert transport.tick(3 * S).t_ns == 3 * S
    transport.mark(None, None, False, 3 * S)
    assert transport.tick(5 * S).t_ns == 5 * S


def test_a_loop_with_nothing_between_its_points_is_none() -> None:
    transport = opened()
    assert transport.mark(4 * S, 4 * S, True, 0).loop is None
    assert transport.mark(4 * S, None, True, 0).loop == TimeRange(4 * S, 12 * S)


def test_changing_the_rate_keeps_the_place() -> None:
    transport = opened()
    transport.play(0)
    transport.set_rate(4.0, S)
    assert transport.state.t_ns == S
    assert transport.tick(2 * S).t_ns == 5 * S
    with pytest.raises(ValueError, match="rate"):
        transport.set_rate(0.0, 2 * S)


def test_a_closed_transport_ignores_everything() -> None:
    transport = opened()
    closed = transport.close()
    commands = [
        transport.play(0), transport.pause(0), transport.step(1, 0), transport.seek(S, 0), transport.tick(0),
        transport.begin_scrub(0), transport.scrub(S), transport.end_scrub(0), transport.loaded(), transport.jump(S, 0),
        transport.mark(0, S, True, 0),
    ]  # fmt: skip
    assert all(state == closed for state in commands)


def test_states_are_values() -> None:
    transport = opened()
    before = transport.state
    transport.seek(S, 0)
    assert before.t_ns == 0
    assert transport.state != before
