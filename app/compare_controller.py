"""Compare mode: another picture beside the Workbench's own, moved by the same transport.

Another session is opened through the gate like the first, with a lease, a watch and a log of its own, and nothing of it
stays once it is closed. Two states of one session share its pictures. A look at the original is on the left alone,
under the purpose that was stated for that session; what shares its pictures keeps the last masked one meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge
from app.compare_words import agreement_rows, difference_rows, titles
from app.comparison import (
    Basis,
    BeforeAfter,
    Compared,
    Comparison,
    Dressed,
    OtherSession,
    TwoStates,
    before_after,
    two_states,
)
from app.edit_controller import EditController
from app.jobs import Tasks
from app.library_controller import LibraryController
from app.loaded import Loaded
from app.mask_shapes import shapes_at
from app.other_session import OtherSide
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.stage_controller import StageController
from curation.changes import Change
from replay.errors import Refused, SafelightError
from replay.overlay import overlay_at
from replay.transport import TransportState
from replay.video.cache import DEFAULT_BUDGET_BYTES
from replay.video.frame import Frame
from widgets.badges import badge_of_preview, badge_of_session
from widgets.difference_list import DifferenceRow
from widgets.frame_canvas import FrameCanvas
from widgets.mask_painter import MaskView
from widgets.panel_state import PanelState
from widgets.wording import hud

LOG = logging.getLogger(__name__)
_KEY: Final = "compare"


class CompareController(QObject):
    """One comparison at a time. `changed` when one begins or ends, or the other session of it is gone."""

    changed = Signal()
    failed = Signal(object)  # SafelightError: why there is no comparison

    def __init__(
        self,
        page: WorkbenchPage,
        library: LibraryController,
        playback: PlaybackController,
        edits: EditController,
        stage: StageController,
        tasks: Tasks,
        bridge: Bridge,
    ) -> None:
        super().__init__()
        self._page, self._view = page, page.compare
        self._library, self._playback, self._edits = library, playback, edits
        self._stage, self._tasks = stage, tasks
        self._what: Comparison | None = None
        self._mask_view = MaskView.OUTLINE
        self._waits_for: int | None = None
        self._compared: Compared | None = None
        self._loaded: Loaded | None = None
        self.other = OtherSide(self._view, tasks, bridge)
        self.other.opened.connect(self._other_opened)
        self.other.ended.connect(self._other_gone)
        self._view.moved_to.connect(self._drag_other)
        playback.moved.connect(self._moved)
        playback.frame_shown.connect(self._frame_shown)
        playback.waiting.connect(self._waiting)
        edits.changed.connect(self._decided)
        stage.view_changed.connect(self._view_as)
        self._view.differences.picked.connect(self._pick)

    @property
    def is_on(self) -> bool:
        return self._what is not None

    @property
    def has_other(self) -> bool:
        """Whether the right side is another session."""
        return self.other.is_open

    @property
    def replaces_picture(self) -> bool:
        """Whether neither side is the picture that is worked on."""
        return isinstance(self._what, TwoStates) and self._what.left is not None

    @property
    def compared(self) -> Compared | None:
        """What the two states differ in, once it is known."""
        return self._compared

    # -- begin and end ---------------------------------------------------------------------------------------------

    def take(self, loaded: Loaded | None) -> None:
        """The session on the stage: the one compared from now on. Another one, or none, ends the comparison."""
        if self._loaded is None or loaded is None or loaded.session.id != self._loaded.session.id:
            self.close()
        self._loaded = loaded
        if loaded is not None:
            self._prepare()

    def open(self, what: Comparison, names: Mapping[str, str]) -> None:
        """Begin; `names` are people's by author. Raises Refused where that is no comparison."""
        loaded = self._opened()
        if isinstance(what, OtherSession) and what.id == loaded.session.id:
            raise Refused("same_session", "That is the session that is open.", "Compare two states of it instead.")
        self.close()
        self._what = what
        shown = titles(what, loaded.session.id, self._edits.editing.editor.history, names)
        is_other = isinstance(what, OtherSession)
        self._page.make_room(True)
        self._view.begin(shown, replaces_main=self.replaces_picture, aligns=is_other, lists=isinstance(what, TwoStates))
        for canvas in self._panes():
            canvas.show_state(PanelState.loading("Opening the other side…"))
        (self._view.left.canvas if self.replaces_picture else self._page.canvas).setFocus()
        self._show_views()
        if isinstance(what, OtherSession):
            self._playback.set_budget(DEFAULT_BUDGET_BYTES // 2)
            self.other.open(self._library.core, what.id, DEFAULT_BUDGET_BYTES // 2)
        else:
            self._prepare()
        self.changed.emit()

    def close(self) -> None:
        """One picture again; nothing of the other side stays."""
        if self._what is None:
            return
        self._what, self._compared = None, None
        self._tasks.forget(_KEY)
        self.other.close()
        self._playback.set_budget(DEFAULT_BUDGET_BYTES)
        for canvas in self._panes(also_hidden=True):
            canvas.show_overlay(None, (), "")
            canvas.show_state(PanelState.empty("", ""))
        self._view.end()
        self._page.make_room(False)
        self._page.canvas.setFocus()
        self.changed.emit()

    def finish(self) -> None:
        """As `close`, with what was seen of the other session written before this returns."""
        try:
            self.other.finish()
        except SafelightError as e:
            LOG.info("%s", e.sentence)
        self.close()

    def _opened(self) -> Loaded:
        if self._loaded is None:
            raise Refused("no_session", "No session is open.", "Open one in the library.")
        return self._loaded

    def _other_opened(self) -> None:
        self._moved(self._playback.state)
        self.changed.emit()

    def _other_gone(self, error: SafelightError) -> None:
        if isinstance(self._what, OtherSession):
            self._view.show_aligning(False)
            self._view.right.canvas.show_sync(None)
            self._view.right.canvas.show_note("")
            self._view.right.canvas.show_state(
                PanelState.error("This side was closed", f"{error.sentence} {error.remedy}".strip())
            )
            self._playback.set_budget(DEFAULT_BUDGET_BYTES)
            self.changed.emit()

    # -- two states of one session ---------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make both sides anew from what is decided now."""
        what, loaded = self._what, self._loaded
        if loaded is None or what is None or isinstance(what, OtherSession):
            return
        core, editing = self._library.core, self._edits.editing
        editor, key = editing.editor, editing.library_key
        basis = Basis(loaded.session, loaded.overlays, editor.state, editor.history, editor.undone)
        work: Callable[[], Compared]
        if isinstance(what, BeforeAfter):
            work = lambda: before_after(basis, key)  # noqa: E731
        else:
            work = lambda: two_states(core, basis, what)  # noqa: E731
        self._tasks.start(_KEY, work, self._prepared, self._not_prepared)

    def _prepared(self, compared: Compared) -> None:
        is_first, self._compared = self._compared is None, compared
        self._view.differences.show_differences(difference_rows(compared))
        self._view.differences.show_agreement(agreement_rows(compared.agreed))
        for canvas, side in self._sides():
            canvas.show_sync(badge_of_session(side.session))
            canvas.show_extent(side.session.geometry.frame_size)
            if side.session.frames is None:
                canvas.show_state(PanelState.empty("No video", "Both sides differ in their events and decisions only."))
        if is_first:
            self._mirror(self._playback.picture)
        self._paint(self._playback.state)

    def _not_prepared(self, error: SafelightError) -> None:
        self.close()
        self.failed.emit(error)

    def _decided(self, change: Change) -> None:
        del change
        self._prepare()

    def _pick(self, row: DifferenceRow) -> None:
        if any(i.id == row.id for i in self._edits.items):
            self._edits.select(row.id)
        if row.t_ns is not None:
            self._playback.seek(row.t_ns)

    # -- pictures and overlays -------------------------------------------------------------------------------------

    def _panes(self, *, also_hidden: bool = False) -> tuple[FrameCanvas, ...]:
        panes = (self._view.left, self._view.right)
        return tuple(p.canvas for p in panes if also_hidden or not p.isHidden())

    def _sides(self) -> tuple[tuple[FrameCanvas, Dressed], ...]:
        if self._compared is None:
            return ()
        sides = ((self._view.left.canvas, self._compared.left), (self._view.right.canvas, self._compared.right))
        return tuple((canvas, side) for canvas, side in sides if side is not None)

    def _frame_shown(self, frame: Frame) -> None:
        if not self._playback.reveals:
            self._mirror(frame)

    def _waiting(self, index: int | None) -> None:
        self._waits_for = index
        self._moved(self._playback.state)

    def _mirror(self, frame: Frame | None) -> None:
        if frame is None or self._compared is None:  # no picture before it is known what lies over it
            return
        for canvas in self._panes():
            canvas.show_frame(frame, badge_of_preview(frame.index) if frame.is_preview else None)
        self._paint(self._playback.state)

    def _moved(self, state: TransportState) -> None:
        if self.other.is_open:
            self.other.follow(state.t_ns, hurried=self._playback.hurries)
        elif self._what is not None:
            self._paint(state)

    def _note(self, side: Dressed) -> str:
        if self._playback.reveals:
            return "Stands still during the look at the original"
        return side.hidden_because if self._waits_for is None else f"Decoding frame {self._waits_for}…"

    def _paint(self, state: TransportState) -> None:
        for canvas, side in self._sides():
            canvas.show_note(self._note(side))
            if self._playback.reveals:
                continue  # the picture under it stands still
            overlay = overlay_at(side.overlays, state.t_ns, self._stage.choices.options(side.veil))
            masks = shapes_at(self._playback.seen, side.state.redactions.values(), side.plan, None)
            canvas.show_overlay(side.veil.overlay(overlay), masks, hud(state.t_ns, state.frame))

    def _view_as(self, masks: MaskView) -> None:
        self._mask_view = masks
        self._show_views()

    def _show_views(self) -> None:
        """How masks and keys are shown: as on the stage, but for an export's, which is always final."""
        final = isinstance(self._what, BeforeAfter)
        self._view.left.canvas.set_mask_view(self._mask_view)
        self._view.right.canvas.set_mask_view(MaskView.FINAL if final else self._mask_view)
        self.other.show_choices(self._stage.choices)
        if self._what is not None:
            self._moved(self._playback.state)

    # -- aligning two sessions -------------------------------------------------------------------------------------

    def nudge(self, frames: int) -> None:
        """The other session some of its frames later (or earlier) against this one."""
        self.other.nudge(frames, self._playback.state.t_ns)

    def hold(self) -> None:
        """Let the other session stand still while this one moves, or go on together from where both stand."""
        self.other.hold(self._playback.state.t_ns)

    def align_starts(self) -> None:
        self.other.set_offset(0, self._playback.state.t_ns)

    def set_offset(self, offset_ns: int) -> None:
        self.other.set_offset(offset_ns, self._playback.state.t_ns)

    def _drag_other(self, t_ns: int) -> None:
        self.other.drag(t_ns, self._playback.state.t_ns)

    @property
    def settled(self) -> bool:
        """Whether both sides show the pictures of this moment."""
        return self.other.settled
