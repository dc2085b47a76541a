"""Idle stretches of sessions, and playing that passes over them: at any rate, both ways, in loops."""

from __future__ import annotations

import numpy as np
import pytest

from replay.events import PointerTrack, SessionEvents, TextEvent, Timed
from replay.geometry import Geometry
from replay.idle import KEPT_NS, IdleStretches, idle_stretches
from replay.session import Session, SessionInfo
from replay.sync import SyncModel
from replay.timebase import TimeRange
from replay.transport import Mode, Transport
from replay.video.frame_table import FrameTable

S = 1_000_000_000


def session(at_s: list[float], *, frames_s: list[float], texts: tuple[TextEvent, ...] = ()) -> Session:
    """A session with pointer events at some seconds and frames at others, the last of them a second long."""
    n = len(at_s)
    t_ns = (np.array(at_s) * S).astype(np.int64)
    zeros = np.zeros(n)
    pointer = PointerTrack(
        t_ns, np.arange(n), np.zeros(n, np.int8), zeros, zeros, zeros, zeros, np.full(n, -1, np.int8)
    )
    nothing: Timed[object] = Timed(np.zeros(0, np.int64), ())
    said = Timed(np.array([t.t_start_ns for t in texts], np.int64), texts)
    events = SessionEvents(pointer, nothing, nothing, nothing, said, ())  # type: ignore[arg-type]
    shown = (np.array(frames_s) * S).astype(np.int64)
    frames = FrameTable("video", shown, shown, np.append(np.diff(shown), S), np.ones(len(shown), np.bool_))
    info = SessionInfo("s", None, None, 0, 0, None, None, None, "test", "1", "granted")
    return Session(info, frames, SyncModel(), Geometry([], None), events, ())


STEADY = [i / 10 for i in range(600)]  # a minute at ten frames a second


def found(made: IdleStretches) -> list[tuple[float, float]]:
    return [(a / S, b / S) for a, b in zip(made.starts_ns.tolist(), made.ends_ns.tolist(), strict=True)]


def test_stretches_without_input_are_idle_but_for_half_a_second_on_either_side() -> None:
    idle = idle_stretches(session([1, 2, 10, 11, 14, 30], frames_s=STEADY))
    assert found(idle) == [(2.5, 9.5), (14.5, 29.5), (30.5, 60.4)]
    assert idle.around(5 * S) == TimeRange(round(2.5 * S), round(9.5 * S))
    assert idle.around(round(9.5 * S)) is None
    assert idle.around(0) is None


def test_three_seconds_are_a_thought_not_idle() -> None:
    assert found(idle_stretches(session([0, 3, 6], frames_s=[i / 10 for i in range(80)]))) == []


def test_a_text_that_lasts_is_no_idle_time() -> None:
    spoken = TextEvent(2 * S, 20 * S, 0, "speech", None, None)
    assert found(idle_stretches(session([1, 30], frames_s=STEADY, texts=(spoken,)))) == [(20.5, 29.5), (30.5, 60.4)]


def test_in_a_video_that_leaves_out_equal_pictures_every_frame_is_a_change() -> None:
    busy = [i / 10 for i in range(100)]
    idle = idle_stretches(session([0.0], frames_s=[*busy, 20.0, 20.1, 40.0]))
    assert found(idle) == [(10.4, 19.5), (20.6, 39.5)]


def test_a_session_without_any_event_is_idle_from_end_to_end() -> None:
    idle = idle_stretches(session([], frames_s=STEADY))
    assert found(idle) == [(0.5, 60.4)]
    assert KEPT_NS == S // 2


def playing(idle: list[tuple[float, float]], at_s: float, rate: float = 1.0, extent_s: float = 100) -> Transport:
    starts, ends = (np.array([r[k] * S for r in idle], np.int64) for k in (0, 1))
    transport = Transport()
    transport.open(TimeRange(0, round(extent_s * S)), None, IdleStretches(starts, ends))
    transport.loaded()
    transport.skip_idle(True, 0)
    transport.set_rate(rate, 0)
    transport.seek(round(at_s * S), 0)
    transport.play(0)
    return transport


@pytest.mark.parametrize("rate", [0.1, 1.0, 4.0, 16.0])
def test_playing_jumps_out_of_an_idle_stretch_and_says_how_much_it_left_out(rate: float) -> None:
    transport = playing([(10, 22)], at_s=9.999, rate=rate)
    state = transport.tick(round(0.001 / rate * S) + 2)
    assert state.t_ns == 22 * S
    assert state.skipped_ns == pytest.approx(12 * S, abs=100)
    later = transport.tick(round((0.001 + 1) / rate * S) + 2)
    assert later.t_ns == pytest.approx(23 * S, abs=100)
    assert later.skipped_ns == 0


def test_playing_backwards_jumps_to_where_the_stretch_began() -> None:
    transport = playing([(10, 22)], at_s=22.5, rate=-2.0)
    state = transport.tick(round(0.3 * S))
    assert state.t_ns == 10 * S - 1
    assert state.skipped_ns == pytest.approx(11.9 * S, abs=10)
    assert transport.tick(round(1.3 * S)).t_ns == pytest.approx(8 * S, abs=10)


def test_a_loop_that_ends_in_idle_time_starts_over() -> None:
    transport = playing([(4, 6), (10, 22)], at_s=9)
    transport.mark(5 * S, 15 * S, True, 0)
    state = transport.tick(round(1.5 * S))
    assert state.t_ns == 6 * S  # the loop's own start is idle too
    assert state.skipped_ns == pytest.approx((4.5 + 1) * S, abs=10)


def test_a_loop_backwards_starts_over_at_its_end() -> None:
    transport = playing([(4, 6)], at_s=6.5, rate=-1.0)
    transport.mark(5 * S, 15 * S, True, 0)
    state = transport.tick(S)
    assert state.t_ns == 15 * S - 1


def test_a_loop_that_is_idle_altogether_is_played() -> None:
    transport = playing([(0, 50)], at_s=80)
    transport.mark(5 * S, 15 * S, True, 0)
    assert transport.tick(0).t_ns == 5 * S
    assert transport.tick(3 * S).t_ns == 8 * S


def test_idle_time_at_the_end_leads_to_the_end() -> None:
    transport = playing([(10, 99.5)], at_s=9.9)
    assert transport.tick(round(0.2 * S)).t_ns == round(99.5 * S)
    assert transport.tick(2 * S).mode is Mode.ENDED


def test_without_the_wish_nothing_is_skipped_and_the_wish_outlives_the_session() -> None:
    transport = playing([(10, 22)], at_s=9)
    transport.skip_idle(False, 0)
    assert transport.tick(5 * S).t_ns == 14 * S
    transport.skip_idle(True, 5 * S)
    assert transport.tick(5 * S).t_ns == 22 * S
    transport.close()
    assert transport.open(TimeRange(0, S), None).skips_idle


def test_seeking_and_scrubbing_reach_every_moment() -> None:
    transport = playing([(10, 22)], at_s=9)
    transport.pause(0)
    assert transport.seek(15 * S, 0).t_ns == 15 * S
    transport.begin_scrub(0)
    assert transport.scrub(16 * S).t_ns == 16 * S
