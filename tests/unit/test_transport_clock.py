"""The clock is arithmetic: rate, direction, loops and ends, for any monotonic times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.clock import MAX_RATE, MIN_RATE, PlaybackClock
from replay.timebase import TimeRange

S = 1_000_000_000
EXTENT = TimeRange(-2 * S, 60 * S)


@pytest.mark.parametrize("rate", [0.1, 0.25, 1.0, 2.0, 16.0, -0.1, -1.0, -16.0])
def test_time_runs_at_its_rate(rate: float) -> None:
    clock = PlaybackClock(EXTENT, 30 * S, 1_000, rate)
    assert clock.t_ns(1_000) == 30 * S
    assert clock.t_ns(1_000 + S) == 30 * S + round(S * rate)


@pytest.mark.parametrize("rate", [0.0, 0.05, 17.0, -0.09, -100.0, float("nan")])
def test_other_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        PlaybackClock(EXTENT, 0, 0, rate)


def test_time_stops_at_the_end_it_runs_towards() -> None:
    forward, backward = PlaybackClock(EXTENT, 59 * S, 0), PlaybackClock(EXTENT, -S, 0, -1.0)
    assert (forward.t_ns(5 * S), forward.has_ended(5 * S)) == (EXTENT.end_ns - 1, True)
    assert (backward.t_ns(5 * S), backward.has_ended(5 * S)) == (EXTENT.start_ns, True)
    assert not forward.has_ended(S // 2)


def test_a_loop_repeats_for_ever_both_ways() -> None:
    loop = TimeRange(10 * S, 13 * S)
    assert PlaybackClock(EXTENT, 10 * S, 0, 1.0, loop).t_ns(3 * S) == 10 * S
    assert PlaybackClock(EXTENT, 10 * S, 0, 2.0, loop).t_ns(2 * S) == 11 * S
    assert PlaybackClock(EXTENT, 10 * S, 0, -1.0, loop).t_ns(1) == 13 * S - 1
    assert not PlaybackClock(EXTENT, 10 * S, 0, 1.0, loop).has_ended(10**6 * S)


def test_a_loop_elsewhere_is_entered_by_the_side_time_runs_from() -> None:
    loop = TimeRange(10 * S, 13 * S)
    assert PlaybackClock(EXTENT, 50 * S, 0).looping(loop, S).t_ns(S) == 10 * S
    assert PlaybackClock(EXTENT, 5 * S, 0, -1.0).looping(loop, 0).t_ns(0) == 13 * S - 1


@given(
    now=st.integers(0, 10**13),
    later=st.integers(0, 10**13),
    rate=st.floats(MIN_RATE, MAX_RATE) | st.floats(-MAX_RATE, -MIN_RATE),
    other=st.floats(MIN_RATE, MAX_RATE),
)
def test_changing_the_rate_never_moves_the_playhead(now: int, later: int, rate: float, other: float) -> None:
    clock = PlaybackClock(EXTENT, 20 * S, now, rate)
    changed = clock.at_rate(other, now + later)
    assert changed.t_ns(now + later) == clock.t_ns(now + later)
    assert EXTENT.contains(changed.t_ns(now + 2 * later))


@given(start=st.integers(0, 59 * S), elapsed=st.integers(0, 10**12), length=st.integers(1, 10 * S))
def test_a_loop_never_leaves_its_range(start: int, elapsed: int, length: int) -> None:
    loop = TimeRange(start, start + length)
    for rate in (1.0, -3.0):
        assert loop.contains(PlaybackClock(EXTENT, 0, 0, rate).looping(loop, 0).t_ns(elapsed))
