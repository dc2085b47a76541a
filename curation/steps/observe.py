"""Observation matching: which frame an agent saw before it acted, and which one shows what came of it.

The rule never looks ahead: the observation is the latest frame at or before anchor − max(sigma, one frame), the anchor
being the start of the pointer's approach or the first key down, because the approach already betrays the target.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from curation.steps.draft import Draft
from curation.steps.model import ActionType
from curation.steps.scene import MOVE, Scene
from replay.timebase import TimeNs

ChangedFraction = Callable[[int, int], float]


@dataclass(frozen=True, slots=True)
class Sight:
    """What an agent saw: indexes into the frame table, None where no frame may stand for it."""

    anchor_ns: TimeNs
    obs_index: int | None
    post_index: int | None
    flags: tuple[str, ...]


class Observer:
    """Matches drafts with frames, one after another in time order."""

    def __init__(self, scene: Scene, changed_fraction: ChangedFraction | None = None) -> None:
        self._scene, self._recipe = scene, scene.recipe
        self._frames = scene.session.frames
        self._changed = changed_fraction
        self._moves_ns = scene.pointer.t_ns[scene.pointer.kind == MOVE]
        self._guard_ns = guard_ns(scene)
        # Scalar lookups in lists: a search in a NumPy array costs ten times as much for one value.
        self._frame_times: list[TimeNs] = [] if self._frames is None else self._frames.t_ns.tolist()
        self._end_ns = 0 if self._frames is None else self._frames.end_ns
        self._kept: list[bool] = [] if self._frames is None else self._frames.outside(scene.removed).tolist()

    def sights(self, drafts: list[Draft]) -> list[Sight]:
        """One sight for every draft."""
        anchors: list[TimeNs] = []
        ended: TimeNs | None = None
        floors: list[TimeNs | None] = []
        for draft in drafts:
            floor = None if ended is None else min(ended, draft.t_start_ns)
            anchors.append(self._anchor(draft, floor))
            floors.append(floor)
            ended = draft.t_end_ns if ended is None else max(ended, draft.t_end_ns)
        return [self._sight(drafts, anchors, floors, i) for i in range(len(drafts))]

    def _anchor(self, draft: Draft, floor_ns: TimeNs | None) -> TimeNs:
        start = draft.t_start_ns
        if draft.action.type == ActionType.WAIT:
            # Waiting is decided at the sight of what the action before it did; one guard more finds a whole frame.
            return start + self._recipe.ns("obs_settle_s") + 2 * self._guard_ns
        earliest = start - self._recipe.ns("premove_max_s") if draft.by_pointer else start
        modifiers = [self._scene.holds[i].t_down_ns for i in draft.holds]
        earliest = min(earliest, *(max(t, start - self._recipe.ns("premove_max_s")) for t in modifiers), start)
        for bound in (floor_ns, self._cut_floor(start)):
            earliest = earliest if bound is None else max(earliest, min(bound, start))
        if not draft.by_pointer:
            return earliest
        k = int(self._moves_ns.searchsorted(earliest))
        approach = int(self._moves_ns[k]) if k < len(self._moves_ns) else start
        pressed = [t for t in modifiers if t >= earliest]
        return min(approach, start, *pressed)

    def _cut_floor(self, t_ns: TimeNs) -> TimeNs | None:
        """The earliest anchor whose observation lies after the last cut before `t_ns`."""
        before = [r for r in self._scene.removed if r.end_ns <= t_ns]
        if not before:
            return None
        end = before[-1].end_ns
        first = bisect_left(self._frame_times, end)
        return self._frame_times[first] + self._guard_ns if first < len(self._frame_times) else end

    def _sight(self, drafts: list[Draft], anchors: list[TimeNs], floors: list[TimeNs | None], i: int) -> Sight:
        if not self._frame_times:
            return Sight(anchors[i], None, None, ())
        flags: list[str] = []
        obs = self._frame_before(anchors[i] - self._guard_ns)
        if obs is None:
            flags.append("obs_missing")
        else:
            flags += self._doubts(obs, drafts[i], floors[i])
        following = drafts[i + 1].t_start_ns if i + 1 < len(drafts) else None
        post, settled = self._post(drafts[i], following)
        if post is None:
            flags.append("post_missing")
        elif not settled:
            flags.append("post_unsettled")
        return Sight(anchors[i], obs, post, tuple(flags))

    def _frame_before(self, t_ns: TimeNs) -> int | None:
        """The frame on screen at `t_ns`; None before the first, after the last, or where it is cut."""
        if not self._frame_times[0] <= t_ns < self._end_ns:
            return None
        index = self._index_at(t_ns)
        return index if self._kept[index] else None

    def _index_at(self, t_ns: TimeNs) -> int:
        return max(0, bisect_right(self._frame_times, t_ns) - 1)

    def _doubts(self, obs: int, draft: Draft, floor_ns: TimeNs | None) -> list[str]:
        """`obs_unsettled`: too soon after the last action, or still changing; `obs_stale`: changed before the action.

        Neither moves the observation: a later frame would show what the approach already gives away.
        """
        t_ns = self._frame_times[obs]
        before = self._index_at(t_ns - self._recipe.ns("settle_interval_s"))
        soon = floor_ns is not None and t_ns < floor_ns + self._recipe.ns("obs_settle_s")
        doubts = ["obs_unsettled"] if soon or self._differ(before, obs) else []
        at_action = self._frame_before(draft.t_start_ns - self._guard_ns)
        if at_action is not None and draft.action.type != ActionType.WAIT and self._differ(obs, at_action):
            doubts.append("obs_stale")
        return doubts

    def _differ(self, a: int, b: int) -> bool:
        """Whether two frames look different; False where nobody can look."""
        return self._changed is not None and a != b and self._changed(a, b) >= self._recipe.changed_fraction

    def _post(self, draft: Draft, following_ns: TimeNs | None) -> tuple[int | None, bool]:
        """The frame that shows what came of `draft`, and whether the screen is known to have settled by then."""
        end = draft.t_end_ns
        limit = end + self._recipe.ns("settle_cap_s")
        if draft.action.type == ActionType.WAIT:
            limit = end
        if following_ns is not None:
            limit = min(limit, following_ns - self._guard_ns)
        next_cut = min((r.start_ns for r in self._scene.removed if r.start_ns > end), default=None)
        if next_cut is not None:
            limit = min(limit, next_cut - 1)
        limit = min(limit, self._end_ns - 1)
        if self._changed is not None:
            settled = self._settled_at(end, limit)
            if settled is not None:
                return settled, True
        post = self._last_kept(limit)
        if post is None or (draft.action.type != ActionType.WAIT and self._frame_times[post] < end):
            return None, True
        return post, self._changed is None

    def _last_kept(self, t_ns: TimeNs) -> int | None:
        """Like `_frame_before`, one frame earlier where a cut begins while the frame is still shown."""
        found = self._frame_before(t_ns)
        if found is not None:
            return found
        index = self._index_at(t_ns) - 1
        return index if index >= 0 and t_ns >= 0 and self._kept[index] else None

    def _settled_at(self, end_ns: TimeNs, limit_ns: TimeNs) -> int | None:
        """The first frame after which the screen stood still for `settle_samples` samples, up to `limit_ns`."""
        last: int | None = None
        still = 0
        for t in range(end_ns, limit_ns + 1, max(1, self._recipe.ns("settle_interval_s"))):
            index = self._frame_before(t)
            if index is None:
                return None
            if last is not None:
                still = 0 if self._differ(last, index) else still + 1
            if still >= self._recipe.settle_samples and self._frame_times[index] >= end_ns:
                return index
            last = index
        return None


def guard_ns(scene: Scene) -> int:
    """How far before its anchor an observation must lie: the clock's sigma, at least one frame.

    Pictures taken seconds apart are screenshots, shown from the moment they were taken: there only sigma counts.
    """
    frames, sigma = scene.session.frames, scene.session.sync.sigma_ns
    if frames is None or frames.frame_ns > scene.recipe.ns("sparse_frame_s"):
        return sigma
    return max(sigma, frames.frame_ns)
