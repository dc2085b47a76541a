"""What to decode while nobody asks: pure decisions about which frames are worth having next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replay.video.frame_table import FrameTable


@dataclass(frozen=True, slots=True)
class Reach:
    """How many frames to hold ready on each side of the playhead."""

    ahead: int = 12
    behind: int = 80


def reach_within(budget_bytes: int, picture_bytes: int) -> Reach:
    """The usual reach, or as much of it as fits: pictures must not push each other out of the cache.

    The cache holds `fit` pictures on either side; a run behind begins up to half a reach from the playhead.
    """
    fit = budget_bytes // max(1, 2 * picture_bytes)
    return Reach(min(Reach().ahead, fit // 4), min(Reach().behind, fit * 2 // 3))


def ahead_of(index: int, frames: FrameTable, has: Callable[[int], bool], reach: Reach) -> list[int]:
    """The frames after `index` that are not ready, in order."""
    return [i for i in range(index + 1, min(len(frames), index + 1 + reach.ahead)) if not has(i)]


def behind_of(index: int, frames: FrameTable, has: Callable[[int], bool], reach: Reach) -> list[int]:
    """A run of frames that ends where those ready before `index` begin, in order; empty while enough are ready.

    It never crosses a decode entry: the frames of one group of pictures come from one decode.
    """
    first = index
    while first > 0 and index - first < reach.behind and has(first - 1):
        first -= 1
    if first == 0 or index - first >= reach.behind // 2:
        return []
    last = first - 1
    start = max(last - reach.behind + 1, frames.iframe_at_or_before(last), 0)
    return [i for i in range(start, last + 1) if not has(i)]


def next_run(index: int, moved: int, frames: FrameTable, has: Callable[[int], bool], reach: Reach) -> list[int]:
    """What to decode after `index` was shown; `moved` is how far the playhead came from the frame shown before."""
    if moved < 0 and -moved <= reach.behind:
        return behind_of(index, frames, has, reach)
    ahead = ahead_of(index, frames, has, reach)
    if 0 < moved <= max(reach.ahead, 1):
        return ahead
    return ahead + behind_of(index, frames, has, reach)
