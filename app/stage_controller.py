"""The Workbench in motion: where the playhead is and what is decided, painted on canvas, timeline, lists and inspector.

Lists follow a few times a second, the canvas and the timeline with every move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.edit_controller import EditController
from app.jobs import Tasks
from app.loaded import Loaded
from app.mask_shapes import shapes_at
from app.overlay_choices import OverlayChoices
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.stage_notes import StageNotes
from app.throttle import Throttle
from app.thumbnails import Thumbnails
from curation.model import CurationState, Redaction
from curation.redaction.plan import RedactionPlan, resolve
from curation.steps.model import Step
from curation.steps.reduce import reduce
from curation.touches import Kind
from curation.veil import Lifted, Veil, hiding_words
from replay.errors import SafelightError
from replay.overlay import OverlayIndex, overlay_at
from replay.problems import Problem
from replay.session import Session
from replay.timebase import TimeNs
from replay.transport import Mode, TransportState
from replay.video.frame import Frame
from widgets.badges import badge_of_preview, badge_of_session
from widgets.mask_painter import MaskView
from widgets.panel_state import PanelState
from widgets.step_rows import NO_STEPS, StepRows
from widgets.timeline.model import Item, Tracks, WindowSpans, window_spans
from widgets.wording import hud

LISTS_EVERY_MS: Final = 200
_VIEWS: Final = (MaskView.ORIGINAL, MaskView.OUTLINE, MaskView.FINAL)
_LIFTED: Final = Lifted()
_HIDDEN: Final = Veil(None)
_READING: Final = PanelState.loading("Reading the session's events…")
_REDUCED_BY: Final = frozenset({Kind.CUT, Kind.SYNC})
_PLANNED_BY: Final = frozenset({Kind.REDACTION, Kind.CUT, Kind.SYNC})


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a session hides at one state of its edits, and its windows in the words that are left."""

    plan: RedactionPlan
    veil: Veil
    windows: WindowSpans


def _planned(session: Session, state: CurationState, library_key: bytes) -> _Planned:
    plan = resolve(session, state, library_key)
    veil = Veil(plan)
    return _Planned(plan, veil, window_spans(session, veil))


class StageController(QObject):
    """Shows one session in the Workbench; owns no time and no edits.

    Nothing captured is worded before it is known what redactions hide, nor when that cannot be known.
    """

    view_changed = Signal(object)  # MaskView, or with the one there was another way to show keys

    def __init__(
        self,
        page: WorkbenchPage,
        playback: PlaybackController,
        edits: EditController,
        tasks: Tasks,
        thumbnails: Thumbnails,
    ) -> None:
        super().__init__()
        self._page, self._playback, self._edits = page, playback, edits
        self._tasks = tasks
        self._loaded: Loaded | None = None
        self._session: Session | None = None
        self._overlays: OverlayIndex | None = None
        self._tracks: Tracks | None = None
        self._plan: RedactionPlan | None = None  # for the masks; words are the veil's
        self._veil = Veil(None)
        self._windows: WindowSpans | None = None
        self._veiled_by: tuple[Session, tuple[Redaction, ...]] | None = None
        self._steps = NO_STEPS
        self._view = MaskView.OUTLINE
        self._captured: Loaded | None = None  # the session as captured, while it is revealed
        self._revealed = False
        self._choices = OverlayChoices()
        self._lists = Throttle(LISTS_EVERY_MS, self._show_lists)
        self._notes = StageNotes(page.canvas)
        playback.moved.connect(self._moved)
        playback.frame_shown.connect(self._frame_shown)
        playback.waiting.connect(self._notes.wait_for)
        playback.failed.connect(self._failed)
        edits.changed.connect(lambda change: self._decided(change.kinds))
        edits.selected.connect(self._selected)
        edits.live_labels_changed.connect(self._notes.label)
        page.steps.picture_wanted.connect(thumbnails.request)
        page.inspector.show_label_choices(edits.choices)

    # -- sessions --------------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def t_ns(self) -> TimeNs:
        return self._playback.state.t_ns

    @property
    def choices(self) -> OverlayChoices:
        return self._choices

    def show_choices(self, choices: OverlayChoices) -> None:
        """Which overlays are shown, and which caption."""
        self._choices = choices
        self._page.transport.show_captions(choices.caption.value)
        self._paint_overlay()
        self.view_changed.emit(self._view)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self._steps.steps

    def show_loading(self) -> None:
        self._page.canvas.show_state(PanelState.loading("Opening the session…"))
        self._page.timeline.show_tracks(None, _READING)
        self._page.events.show_state(_READING)
        self._page.steps.show_state(_READING)

    def show_first(self, frame: Frame) -> None:
        """The first picture of the session that is being opened, before its events are there."""
        if self._session is None:
            self._page.canvas.show_extent(None)
            self._page.canvas.show_frame(frame)
            self._page.canvas.show_note(_READING.title)

    def show_error(self, error: SafelightError) -> None:
        self.close()
        self._page.canvas.show_state(PanelState.error(error.sentence, error.remedy))

    def open(self, loaded: Loaded) -> None:
        """Show a session that playback and edits already hold."""
        session = loaded.session
        self._take(loaded)
        page = self._page
        page.transport.set_enabled(True)
        page.timeline.show_tracks(loaded.tracks)
        page.events.show_events(session.events, loaded.event_index)
        page.steps.show_session(session.geometry.frame_size)
        page.canvas.show_extent(session.geometry.frame_size)
        page.steps.show_state(PanelState.loading("Reducing events to steps…"))
        page.canvas.show_sync(badge_of_session(session))
        page.inspector.show_session(session, self._edits.state)
        if page.canvas.frame_size is None:
            page.canvas.show_state(_first_state(session))
        self._notes.say("")
        self._decided(frozenset(Kind))
        self._moved(self._playback.state)

    def replace(self, loaded: Loaded) -> None:
        """The same session on another clock: events move, the playhead stays."""
        session = loaded.session
        self._take(loaded)
        page = self._page
        page.timeline.replace_tracks(loaded.tracks)
        page.events.show_events(session.events, loaded.event_index)
        page.canvas.show_sync(badge_of_session(session))
        page.inspector.show_session(session, self._edits.state)
        self._selected(self._edits.selected_item)
        self._decided(frozenset(Kind))

    def _take(self, loaded: Loaded) -> None:
        self._loaded, self._captured, self._revealed = loaded, None, False
        self._session, self._overlays, self._tracks = loaded.session, loaded.overlays, loaded.tracks
        self._veil, self._veiled_by = Veil(None), None

    def close(self) -> None:
        self._lists.forget()
        self._notes.clear()
        self._tasks.forget("steps")
        self._tasks.forget("plan")
        self._loaded, self._captured, self._revealed = None, None, False
        self._session, self._overlays, self._tracks, self._plan = None, None, None, None
        self._veil, self._veiled_by = Veil(None), None
        self._steps = NO_STEPS
        _blank(self._page)

    # -- what is decided -------------------------------------------------------------------------------------------

    def _decided(self, kinds: frozenset[Kind]) -> None:
        """Show what changed, and only that."""
        session = self._session
        if session is None:
            return
        state, page, item = self._edits.state, self._page, self._edits.selected_item
        page.timeline.show_items(self._edits.items, item.id if item else None)
        page.inspector.show_state(state)
        if item is not None:
            page.inspector.show_item(item)
        if kinds & _PLANNED_BY:
            self._plan_anew(session, state)
        if kinds & _REDUCED_BY:
            self._reduce(session, state)
        self._paint_overlay()

    def _reduce(self, session: Session, state: CurationState) -> None:
        removed = tuple(c.range for c in state.cuts.values())
        failed = lambda e: self._page.steps.show_state(PanelState.error(e.sentence, e.remedy))  # noqa: E731
        self._tasks.start("steps", lambda: StepRows(reduce(session, removed=removed)), self._reduced, failed)

    def _reduced(self, steps: StepRows) -> None:
        self._steps = steps
        self._show_steps()
        self._page.search.show_words(self._veil)

    def _plan_anew(self, session: Session, state: CurationState) -> None:
        """Ask what is hidden; until the answer is there every captured word is, unless the answer cannot differ."""
        veiled_by = (session, hiding_words(state))
        before = self._veiled_by
        if before is None or before[0] is not session or before[1] != veiled_by[1]:
            self._hide_words()
        self._notes.hide_text("")
        key = self._edits.editing.library_key

        def show(planned: _Planned) -> None:
            self._plan, self._veiled_by = planned.plan, veiled_by
            self._show_words(planned.veil, planned.windows)

        self._tasks.start("plan", lambda: _planned(session, state, key), show, self._not_planned)

    def _not_planned(self, error: SafelightError) -> None:
        self._plan = None
        self._hide_words()
        self._notes.hide_text(f"All text stays hidden: {error.sentence} {error.remedy}".rstrip())

    def _hide_words(self) -> None:
        self._veiled_by = None
        if self._tracks is not None:
            self._show_words(Veil(None), self._tracks.windows)

    def _show_words(self, veil: Veil, windows: WindowSpans) -> None:
        """Word events, windows, steps and captions as `veil` leaves them."""
        self._veil, self._windows = veil, windows
        self._page.search.show_words(veil)
        if self._captured is not None:
            return  # shown once the original is let go of
        self._page.events.show_words(veil)
        if self._tracks is not None:
            self._page.timeline.replace_tracks(replace(self._tracks, windows=windows))
        if len(self._steps):
            self._show_steps()
        self._paint_overlay()

    def _show_steps(self) -> None:
        self._page.steps.show_steps(self._steps, self._veil)
        self._page.events.show_steps(self._steps, self._veil)
        self._page.steps.show_playhead(self._playback.state.t_ns)

    def _selected(self, item: Item | None) -> None:
        self._page.inspector.show_item(item)
        self._page.timeline.show_items(self._edits.items, item.id if item else None)
        self._paint_overlay()

    # -- the playhead ----------------------------------------------------------------------------------------------

    def _moved(self, state: TransportState) -> None:
        if self._session is None:
            return
        page = self._page
        page.transport.show_state(state)
        page.timeline.show_playhead(state.t_ns, follow=state.mode is not Mode.SCRUBBING)
        page.timeline.show_in_out(state.in_ns, state.out_ns)
        self._lists.call()
        self._paint_overlay()

    def _show_lists(self) -> None:
        t_ns = self._playback.state.t_ns
        self._page.events.show_playhead(t_ns)
        self._page.steps.show_playhead(t_ns)

    def _frame_shown(self, frame: Frame) -> None:
        self._page.canvas.show_frame(frame, badge_of_preview(frame.index) if frame.is_preview else None)
        self._paint_overlay()

    def _paint_overlay(self) -> None:
        """Overlays of the playhead's moment, masks of the picture's: what they hide is seen while it is on screen."""
        if self._overlays is None:
            return
        state, unread_ns = self._playback.state, self._edits.unread_nudge_ns
        captured = self._captured
        overlays, veil = (self._overlays, self._veil) if captured is None else (captured.overlays, _LIFTED)
        overlay = veil.overlay(overlay_at(overlays, state.t_ns - unread_ns, self._choices.options(veil)))
        selected = self._edits.selected_item
        plan = None if self._effective_view is MaskView.ORIGINAL else self._plan
        redactions = self._edits.state.redactions.values()
        masks = shapes_at(self._playback.seen, redactions, plan, selected.id if selected else None)
        self._page.canvas.show_overlay(overlay, masks, hud(state.t_ns, state.frame))

    def _failed(self, problem: Problem) -> None:
        if self._playback.shown_frame < 0:
            self._page.canvas.show_state(PanelState.error(problem.sentence, "Events and edits still work."))
        else:
            self.say(problem.sentence)

    # -- how things are shown --------------------------------------------------------------------------------------

    @property
    def _effective_view(self) -> MaskView:
        return MaskView.ORIGINAL if self._revealed else self._view

    def set_mask_view(self, view: MaskView | None) -> None:
        """Show masks as `view`, or, with None, as the next one in turn."""
        self._view = view or _VIEWS[(_VIEWS.index(self._view) + 1) % len(_VIEWS)]
        self._page.transport.show_mask_view(self._view)
        self._page.canvas.set_mask_view(self._effective_view)
        self._paint_overlay()
        self.view_changed.emit(self._view)

    def reveal(self) -> None:
        """Make room for the pictures as captured: no masks, and nothing until the first of them is there."""
        self._revealed = True
        self._page.canvas.set_mask_view(self._effective_view)
        if self._session is not None and self._session.frames is not None:
            self._page.canvas.show_state(PanelState.loading("Opening the original…"))
        self._notes.reveal(True)

    def show_captured(self, captured: Loaded) -> None:
        """Events, windows and overlays as captured, until `conceal`; `captured.tracks` are worded already."""
        if self._revealed:
            self._captured = captured
            self._page.events.show_events(captured.session.events, captured.event_index)
            self._page.events.show_words(_LIFTED)
            self._page.timeline.replace_tracks(captured.tracks)
            self._moved(self._playback.state)

    def conceal(self) -> None:
        """Nothing as captured from here on; the session's own pictures come as playback shows them."""
        if not self._revealed or self._loaded is None:
            return
        had, self._captured, self._revealed = self._captured, None, False
        self._page.canvas.set_mask_view(self._effective_view)
        if self._loaded.session.frames is not None:
            self._page.canvas.show_state(PanelState.loading("Masked pictures again…"))
        self._notes.reveal(False)
        if had is not None:
            self._page.events.show_events(self._loaded.session.events, self._loaded.event_index)
            if self._windows is not None:
                self._show_words(self._veil, self._windows)
        self._moved(self._playback.state)

    def say(self, sentence: str) -> None:
        """A sentence on the stage, where the act was; it leaves by itself. An empty one ends the last."""
        self._notes.say(sentence)


def _blank(page: WorkbenchPage) -> None:
    """Nothing of a session in any panel."""
    page.transport.set_enabled(False)
    page.canvas.show_sync(None)
    page.timeline.show_tracks(None)
    page.timeline.show_film(None)
    page.events.show_events(None, None)
    page.events.show_steps(NO_STEPS, _HIDDEN)
    page.steps.show_steps(NO_STEPS, _HIDDEN)  # the state below covers them only
    page.steps.show_state(PanelState.empty("No steps", "Open a session to see its actions.", "list-ordered"))
    page.search.show_words(None)
    page.inspector.show_nothing()
    page.canvas.show_state(PanelState.empty("No session open", "Open one in the library."))


def _first_state(session: Session) -> PanelState:
    if session.frames is not None:
        return PanelState.loading("Decoding the first frame…")
    reason = next((p.sentence for p in session.problems if "video" in p.code or "media" in p.code), "")
    return PanelState.empty("No video", reason or "This session has events only; its timeline works as usual.", "film")
