"""Ranges that were looked at: all of it is told, in few ranges, and no more than that where it can be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.viewed import JOINED_MS, MOST, ViewedRanges

MOMENTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=60)


@given(MOMENTS)
def test_every_moment_lies_in_a_range_and_the_ranges_are_few_and_apart(moments):
    viewed = ViewedRanges()
    for t_ms in moments:
        viewed.add(t_ms)
    ranges = viewed.take()
    assert all(any(a <= t <= b for a, b in ranges) for t in moments)
    assert len(ranges) <= MOST
    assert all(a <= b for a, b in ranges)
    assert all(b[0] - a[1] > JOINED_MS for a, b in pairwise(ranges))
    assert not viewed


@given(MOMENTS)
def test_a_range_begins_and_ends_at_a_moment_that_was_seen(moments):
    viewed = ViewedRanges()
    for t_ms in moments:
        viewed.add(t_ms)
    assert {edge for r in viewed.take() for edge in r} <= set(moments)
