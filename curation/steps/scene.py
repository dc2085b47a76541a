"""Scene: what passes look things up in: positions, held modifiers, focus changes, and what must not be crossed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from curation.focus import focus_changes
from curation.steps.holds import Hold, HoldIndex, holds_of
from curation.steps.model import Point
from curation.steps.recipe import ReduceRecipe
from replay import schema
from replay.events import Floats, PointerTrack
from replay.session import Session
from replay.timebase import TimeNs, TimeRange, merged

MOVE, DOWN, UP, SCROLL = (schema.POINTER_KINDS.index(kind) for kind in ("move", "down", "up", "scroll"))
_PAUSES = frozenset({"paused", "redacted_at_capture", "lost"})


@dataclass(frozen=True, slots=True)
class Scene:
    """One session prepared for reduction.

    `removed` are the cut ranges as given, `guarded` the same grown by the guard; `barriers` are the sorted ends of
    every stretch no action may reach across: guarded cuts and holes in the recording. `x_px`/`y_px` are the pointer's
    positions (capture px), those of rows without one taken from the row before, NaN where unknown.
    """

    session: Session
    recipe: ReduceRecipe
    removed: tuple[TimeRange, ...]
    guarded: tuple[TimeRange, ...]
    barriers: tuple[TimeNs, ...]
    focus_ns: tuple[TimeNs, ...]
    interrupts_ns: tuple[TimeNs, ...]  # pointer presses and ticks
    key_downs_ns: tuple[TimeNs, ...]
    x_px: Floats
    y_px: Floats
    holds: tuple[Hold, ...]
    hold_index: HoldIndex
    macos: bool

    @property
    def pointer(self) -> PointerTrack:
        return self.session.events.pointer

    def same_stretch(self, a_ns: TimeNs, b_ns: TimeNs) -> bool:
        """Whether nothing removed or unrecorded lies between two moments."""
        return bisect_right(self.barriers, a_ns) == bisect_right(self.barriers, b_ns)

    def touches_removed(self, first_ns: TimeNs, last_ns: TimeNs) -> bool:
        """Whether [first, last] (inclusive) with its uncertainty touches a cut."""
        return any(r.start_ns <= last_ns and first_ns < r.end_ns for r in self.guarded)

    def scale_at(self, t_ns: TimeNs, x_px: float, y_px: float) -> float:
        """Physical per logical pixel of the display under a point; 1 where no display is known."""
        displays = self.session.geometry.displays_at(t_ns)
        under = next((d for d in displays if d.bounds_px.contains(x_px, y_px)), None)
        return under.scale if under is not None and under.scale > 0 else 1.0

    def point(self, t_ns: TimeNs, x_px: float, y_px: float) -> Point | None:
        """The place in both spaces; frame px only where the video shows a display there."""
        if np.isnan(x_px) or np.isnan(y_px):
            return None
        view = self.session.geometry.frame_from_capture(t_ns, (x_px, y_px))
        if view is None:
            return Point(x_px, y_px)
        return Point(x_px, y_px, *view.point(x_px, y_px))

    def place_flags(self, t_ns: TimeNs, *points: Point | None) -> tuple[str, ...]:
        """`no_position`, `off_display`, `off_frame`: why a place cannot be used as it is. Nothing is ever clamped."""
        flags = set()
        for p in points:
            if p is None:
                flags.add("no_position")
                continue
            geometry = self.session.geometry
            if geometry.displays_at(t_ns) and not geometry.on_a_display(t_ns, p.x_px, p.y_px):
                flags.add("off_display")
            size = geometry.frame_size
            if size is None or p.frame_x is None or p.frame_y is None:
                continue
            if not (0 <= p.frame_x <= size[0] and 0 <= p.frame_y <= size[1]):
                flags.add("off_frame")
        return tuple(sorted(flags))

    def held_at(self, t_ns: TimeNs) -> tuple[int, ...]:
        """Indexes of the modifier holds in force at `t_ns`, in press order."""
        return self.hold_index.at(t_ns)

    def modifiers(self, holds: tuple[int, ...]) -> tuple[str, ...]:
        """Names of the modifiers held by `holds`, in press order."""
        names = dict.fromkeys(self.holds[i].name for i in holds)
        return tuple(names)


def scene_of(session: Session, recipe: ReduceRecipe, removed: tuple[TimeRange, ...]) -> Scene:
    """Prepare `session`; `removed` are the cut ranges in session time."""
    pointer, keys = session.events.pointer, session.events.keys
    guard = round(recipe.cut_guard_sigmas * session.sync.sigma_ns)
    # [t − 3σ, t + 3σ] touches [start, end) exactly where t lies in [start − 3σ, end + 3σ): the ends stay half-open.
    guarded = merged([r.grown(guard) for r in removed])
    paused = (g for g in session.events.gaps if g.reason in _PAUSES and g.t_end_ns > g.t_start_ns)
    holes = [TimeRange(g.t_start_ns, g.t_end_ns) for g in paused]
    stretches = merged([*guarded, *holes])
    pressing = np.isin(pointer.kind, (DOWN, SCROLL))
    macos = (session.info.os or "").lower().startswith(("mac", "darwin"))
    x_px, y_px = _known_positions(pointer)
    holds = holds_of(keys, recipe, macos=macos)
    return Scene(
        session=session,
        recipe=recipe,
        removed=merged(removed),
        guarded=guarded,
        barriers=tuple(t for r in stretches for t in (r.start_ns, r.end_ns)),
        focus_ns=tuple(focus_changes(session.events.windows)),
        interrupts_ns=tuple(pointer.t_ns[pressing].tolist()),
        key_downs_ns=tuple(e.t_ns for e in keys.events if e.kind == "down"),
        x_px=x_px,
        y_px=y_px,
        holds=holds,
        hold_index=HoldIndex(holds),
        macos=macos,
    )


def _known_positions(pointer: PointerTrack) -> tuple[Floats, Floats]:
    """Positions with those of buttons and ticks filled from the last move; a move of unknown place hides it again."""
    rows = np.arange(len(pointer))
    missing = np.isnan(pointer.x_px) | np.isnan(pointer.y_px)
    if not missing.any():
        return pointer.x_px, pointer.y_px
    last_known = np.maximum.accumulate(np.where(missing, -1, rows))
    last_lost = np.maximum.accumulate(np.where(missing & (pointer.kind == MOVE), rows, -1))
    usable = (last_known >= 0) & (last_lost < last_known)
    source = np.where(usable, last_known, 0)
    return (
        np.where(usable, pointer.x_px[source], np.nan),
        np.where(usable, pointer.y_px[source], np.nan),
    )
