"""`reduce`: raw events → steps, by a recipe, as a pipeline of pure passes.

presses, scrolls, keys → one order in time → without the recorder's own → waits → without what a cut touches →
observations → raw rows. Start here; each pass is a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curation.model import SeqSpan
from curation.seq_spans import as_spans
from curation.steps.draft import Draft, Int64s, in_time_order
from curation.steps.keys import key_drafts
from curation.steps.model import ActionType, Step
from curation.steps.observe import ChangedFraction, Observer
from curation.steps.presses import press_drafts
from curation.steps.recipe import DEFAULT, ReduceRecipe
from curation.steps.recorder import without_recorder
from curation.steps.scene import MOVE, Scene, scene_of
from curation.steps.scrolls import scroll_drafts
from curation.steps.waits import wait_drafts
from replay.session import Session
from replay.timebase import TimeNs, TimeRange


def reduce(
    session: Session,
    recipe: ReduceRecipe = DEFAULT,
    removed: tuple[TimeRange, ...] = (),
    changed_fraction: ChangedFraction | None = None,
) -> tuple[Step, ...]:
    """The steps of `session`, in time order, none touching a range of `removed` (session time, grown by 3 sigma).

    `changed_fraction(i, j)` is the share of pixels that differ between two frames; without it everything is decided
    by times alone, and no picture is looked at. A step's [t_start_ns, t_end_ns) is half-open.
    """
    scene = scene_of(session, recipe, removed)
    drafts = in_time_order([*press_drafts(scene), *scroll_drafts(scene), *key_drafts(scene)])
    drafts = without_recorder(scene, drafts)
    drafts = in_time_order([*drafts, *wait_drafts(scene, drafts, changed_fraction)])
    rows = _KeyRows(scene, drafts)
    # An action that is cut still ends before, or begins after, what its neighbours saw.
    sights = Observer(scene, changed_fraction).sights(drafts)
    standing = [i for i, d in enumerate(drafts) if not scene.touches_removed(*rows.extent(d, i))]
    pointer_rows = _PointerRows(scene)
    sync_flags = ("sync_uncertain",) if _sync_uncertain(scene) else ()
    steps = []
    for n, i in enumerate(standing):
        draft, sight = drafts[i], sights[i]
        flags = sorted({*draft.flags, *sight.flags, *sync_flags})
        raw = (*pointer_rows.claimed(draft), *as_spans("keys", rows.seqs(draft, i)))
        steps.append(
            Step(
                index=n,
                action=draft.action,
                t_start_ns=draft.t_start_ns,
                t_end_ns=draft.t_end_ns + 1,
                anchor_ns=sight.anchor_ns,
                obs_index=sight.obs_index,
                post_index=sight.post_index,
                raw=raw,
                flags=tuple(flags),
            )
        )
    return tuple(steps)


def _sync_uncertain(scene: Scene) -> bool:
    sync = scene.session.sync
    return sync.method == "assumed" or sync.sigma_ns > scene.recipe.ns("sync_uncertain_ms")


class _KeyRows:
    """Which key rows each draft stands for: its own, plus the modifiers it was the first or the last to use."""

    def __init__(self, scene: Scene, drafts: list[Draft]) -> None:
        self._scene = scene
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for i, draft in enumerate(drafts):
            for hold in draft.holds:
                first.setdefault(hold, i)
                last[hold] = i
        self._first, self._last = first, last

    def seqs(self, draft: Draft, index: int) -> list[int]:
        return [seq for seq, _ in (*draft.key_rows, *self._modifier_rows(draft, index))]

    def extent(self, draft: Draft, index: int) -> tuple[TimeNs, TimeNs]:
        """The first and last moment of anything this draft stands for."""
        times = [t for _, t in (*draft.key_rows, *self._modifier_rows(draft, index))]
        if draft.action.type != ActionType.TYPE:
            times += [self._scene.holds[i].t_down_ns for i in draft.holds]
        return min([draft.t_start_ns, *times]), max([draft.t_end_ns, *times])

    def _modifier_rows(self, draft: Draft, index: int) -> Iterator[tuple[int, TimeNs]]:
        # What lies beyond a cut or a pause was removed or never recorded: it cannot be this action's.
        for i in draft.holds:
            hold = self._scene.holds[i]
            if self._first[i] == index:
                for row in ((hold.seq, hold.t_down_ns), *hold.repeats):
                    if self._scene.same_stretch(row[1], draft.t_start_ns):
                        yield row
            released_here = self._last[i] == index and self._scene.same_stretch(draft.t_start_ns, hold.t_up_ns)
            if released_here and hold.up_seq is not None:
                yield hold.up_seq, hold.t_up_ns


class _PointerRows:
    """Which pointer rows each draft stands for: its presses, releases and ticks, and the moves between them."""

    def __init__(self, scene: Scene) -> None:
        self._pointer = scene.pointer
        self._free: np.ndarray = scene.pointer.kind == MOVE

    def claimed(self, draft: Draft) -> tuple[SeqSpan, ...]:
        """The rows of `draft` as spans; asked in time order, a move during two actions goes to the earlier one."""
        if not draft.pointer_rows:
            return ()
        between = slice(min(draft.pointer_rows), max(draft.pointer_rows) + 1)
        moves: Int64s = np.flatnonzero(self._free[between]) + between.start
        self._free[between] = False
        rows = np.concatenate((np.array(draft.pointer_rows, np.int64), moves))
        return as_spans("pointer", self._pointer.seq[rows])
