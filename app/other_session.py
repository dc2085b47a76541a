"""The other session of a comparison: opened through the gate, on a clock that runs beside the first one's.

Its time is the first session's plus an offset; while it is held it stands still. It is watched and written down like
the first, and when it may not be looked at any more it is gone at once, whatever the first one does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.access_watch import AccessWatch
from app.bridge import Bridge
from app.comparison import Dressed, dressed
from app.core import Core
from app.follower import Follower
from app.jobs import Tasks
from app.loaded import Opened, open_session
from app.mask_shapes import shapes_at
from app.overlay_choices import OverlayChoices
from app.view_log import ViewLog
from replay.errors import SafelightError
from replay.key_caption import Caption
from replay.overlay import overlay_at
from replay.problems import Problem
from replay.timebase import FRAME_WITHOUT_VIDEO_NS, TimeNs
from replay.transport import TransportState
from replay.video.frame import Frame
from widgets.badges import badge_of_preview, badge_of_session
from widgets.compare_view import CompareView
from widgets.panel_state import PanelState
from widgets.wording import hud

_KEY: Final = "compare-session"


class OtherSide(QObject):
    """`opened` once it is there and can follow; `ended`, with the reason, once it may not be looked at (any more)."""

    opened = Signal()
    ended = Signal(object)  # SafelightError

    def __init__(self, view: CompareView, tasks: Tasks, bridge: Bridge) -> None:
        super().__init__()
        self._view, self._canvas, self._tasks = view, view.right.canvas, tasks
        self._pictures = Follower(bridge)
        self._views = ViewLog(tasks, "compare-view")
        self._watch = AccessWatch(tasks, name="compare-watch")
        self._side: Dressed | None = None
        self._offset_ns = 0
        self._held_ns: TimeNs | None = None
        self._at_ns: TimeNs = 0
        self._state = TransportState()
        self._choices = OverlayChoices()
        self._waits_for: int | None = None
        self._pictures.frame_shown.connect(self._frame_shown)
        self._pictures.waiting.connect(self._waiting)
        self._pictures.failed.connect(self._picture_failed)
        self._watch.ended.connect(self._end)

    @property
    def is_open(self) -> bool:
        return self._side is not None

    @property
    def offset_ns(self) -> int:
        return self._offset_ns

    @property
    def is_held(self) -> bool:
        return self._held_ns is not None

    @property
    def t_ns(self) -> TimeNs:
        """Where it is, on its own clock; unbounded by its own ends."""
        return self._at_ns

    @property
    def shown_frame(self) -> int:
        return self._pictures.shown

    @property
    def nbytes(self) -> int:
        return self._pictures.nbytes

    @property
    def settled(self) -> bool:
        return self._pictures.settled

    # -- open and close --------------------------------------------------------------------------------------------

    def open(self, core: Core, session_id: str, budget_bytes: int) -> None:
        """Ask for the session, with pictures of `budget_bytes` at most."""

        def work() -> tuple[Opened, Dressed]:
            opened = open_session(core, session_id)
            loaded = opened.loaded
            try:
                return opened, dressed(loaded.session, loaded.overlays, opened.editor.state, core.library.key)
            except BaseException:
                opened.close()
                raise

        def take(made: tuple[Opened, Dressed]) -> None:
            self._take(core, *made, budget_bytes)
            self.opened.emit()

        self._tasks.start(_KEY, work, take, self._end, unwanted=lambda made: made[0].close())

    def _take(self, core: Core, opened: Opened, side: Dressed, budget_bytes: int) -> None:
        session = side.session
        self._side = side
        self._views.open(core, session.id, has_video=opened.video is not None)
        self._watch.open(core, session.id)
        frames = session.frames
        self._canvas.show_sync(badge_of_session(session))
        self._canvas.show_extent(session.geometry.frame_size)
        if opened.video is not None and frames is not None:
            self._pictures.open(opened.video, frames, budget_bytes)
            self._canvas.show_state(PanelState.loading("Decoding its first frame…"))
        else:
            self._canvas.show_state(PanelState.empty("No video", "This session has events only.", "film"))
        self._view.show_offset(self._offset_ns, is_held=False)

    def close(self) -> None:
        """Nothing of the session stays; what was seen of it is written down."""
        self._let_go()
        self._offset_ns, self._held_ns, self._at_ns = 0, None, 0

    def finish(self) -> None:
        """As `close`, written before this returns. Raises what the log raises."""
        try:
            self._views.finish()
        finally:
            self.close()

    def _let_go(self) -> None:
        self._tasks.forget(_KEY)
        self._watch.close()
        self._pictures.close()
        self._views.close()
        self._side, self._waits_for = None, None
        self._canvas.show_overlay(None, (), "")

    def _end(self, error: SafelightError) -> None:
        self._let_go()
        self.ended.emit(error)

    # -- where it is -----------------------------------------------------------------------------------------------

    def follow(self, first_ns: TimeNs, *, hurried: bool = False) -> None:
        """The first session is at `first_ns`; `hurried`: it will be elsewhere in a moment."""
        if self._side is None:
            return
        t_ns = first_ns + self._offset_ns if self._held_ns is None else self._held_ns
        extent, frames = self._side.session.extent, self._side.session.frames
        self._at_ns = t_ns
        inside = min(max(t_ns, extent.start_ns), extent.end_ns - 1)
        index = None if frames is None else frames.index_at(inside)
        if index is not None:
            self._pictures.want(index, hurried=hurried)
        else:
            self._views.saw(inside)
        self._view.show_other_time(extent, inside)
        self._canvas.show_note(self._note(t_ns))
        self._state = TransportState(t_ns=inside, frame=index, extent=extent)
        self._paint(self._side)

    def _note(self, t_ns: TimeNs) -> str:
        assert self._side is not None
        extent = self._side.session.extent
        if t_ns < extent.start_ns:
            return "Before its start"
        if t_ns >= extent.end_ns:
            return "After its end"
        return self._side.hidden_because if self._waits_for is None else f"Decoding frame {self._waits_for}…"

    def hold(self, first_ns: TimeNs) -> None:
        """Stand still, or go on from where both stand."""
        if self._held_ns is None:
            self._held_ns = self._at_ns
        else:
            self._offset_ns, self._held_ns = self._held_ns - first_ns, None
        self._aligned(first_ns)

    def drag(self, t_ns: TimeNs, first_ns: TimeNs) -> None:
        """Bring it to `t_ns` of its own clock while the first stays."""
        if self._held_ns is not None:
            self._held_ns = t_ns
        else:
            self._offset_ns = t_ns - first_ns
        self._aligned(first_ns)

    def nudge(self, frames: int, first_ns: TimeNs) -> None:
        """Some of its own frames on (or back); a thirtieth of a second each without video."""
        if self._side is None:
            return
        table = self._side.session.frames
        if table is None:
            self.drag(self._at_ns + frames * FRAME_WITHOUT_VIDEO_NS, first_ns)
        else:
            wanted = min(max(table.index_at(self._at_ns) + frames, 0), len(table) - 1)
            self.drag(int(table.t_ns[wanted]), first_ns)

    def set_offset(self, offset_ns: int, first_ns: TimeNs) -> None:
        self._offset_ns, self._held_ns = offset_ns, None
        self._aligned(first_ns)

    def _aligned(self, first_ns: TimeNs) -> None:
        self._view.show_offset(self._offset_ns, is_held=self.is_held)
        self.follow(first_ns)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_choices(self, choices: OverlayChoices) -> None:
        """Overlays as on the stage; but all keys were allowed of the session there, not of this one."""
        shortcuts = choices.caption is Caption.FULL
        self._choices = replace(choices, caption=Caption.SHORTCUTS) if shortcuts else choices

    def _paint(self, side: Dressed) -> None:
        state, seen = self._state, self._state.seen(self._pictures.shown, side.session.frames)
        overlay = overlay_at(side.overlays, state.t_ns, self._choices.options(side.veil))
        masks = shapes_at(seen, side.state.redactions.values(), side.plan, None)
        self._canvas.show_overlay(side.veil.overlay(overlay), masks, hud(state.t_ns, state.frame))

    def _frame_shown(self, frame: Frame) -> None:
        self._canvas.show_frame(frame, badge_of_preview(frame.index) if frame.is_preview else None)
        self._views.saw(frame.t_ns)
        if self._side is not None:
            self._paint(self._side)

    def _waiting(self, index: int | None) -> None:
        self._waits_for = index
        if self._side is not None:
            self._canvas.show_note(self._note(self._at_ns))

    def _picture_failed(self, problem: Problem) -> None:
        self._watch.look()
        if self._pictures.shown < 0:
            self._canvas.show_state(PanelState.error(problem.sentence, "Events and decisions are still compared."))
        else:
            self._canvas.show_note(problem.sentence)
