"""What the actions of the Workbench do: from action ids to the playback, edit and stage controllers.

Every handler takes optional arguments, so that a script can say what a person would choose with the playhead, the in
and out points or a dialog.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.actions.registry import Run
from app.edge_acts import EdgeActs
from app.edit_controller import EditController
from app.overlay_choices import KINDS
from app.pages.workbench import WorkbenchPage
from app.playback_controller import PlaybackController
from app.session_access import SessionAccess
from app.stage_controller import StageController
from curation.model import RectRedaction, SessionState
from replay.errors import BadInput, Refused
from replay.geometry import Rect
from replay.key_caption import Caption
from replay.timebase import TimeNs, TimeRange, parse_t
from widgets.mask_painter import MaskView
from widgets.timeline.lanes import LANES
from widgets.timeline.model import Item

Ask = Callable[[str, str, str], str | None]
_FRAME = re.compile(r"f\s*(\d+)")
_EVENT = re.compile(r"e\s*(\d+)")
_HUD = re.compile(r"(.+?)\s*·\s*f\s*\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go: a frame, a moment of session time, or an event, counted from 1."""

    frame: int | None = None
    t_ns: TimeNs | None = None
    event: int | None = None


def parse_place(text: str) -> Place | None:
    """What a person typed to go to: `f 1234`, `e 56`, `12:34.5`, seconds, or a copied `time · frame`; None: not
    clear."""
    text = text.strip()
    event = _EVENT.fullmatch(text)
    if event:
        return Place(event=int(event[1]))
    frame = _FRAME.fullmatch(text)
    if frame:
        return Place(frame=int(frame[1]))
    hud = _HUD.fullmatch(text)
    t_ns = parse_t(hud[1] if hud else text)
    return None if t_ns is None else Place(t_ns=t_ns)


@dataclass(frozen=True)
class WorkbenchActs:
    """The handlers, over the controllers they need; `ask` puts one question."""

    page: WorkbenchPage
    playback: PlaybackController
    edits: EditController
    stage: StageController
    access: SessionAccess
    ask: Ask

    def handlers(self) -> dict[str, Run]:
        return {
            **self._playback_handlers(),
            **self._edit_handlers(),
            **self._redact_handlers(),
            **self._view_handlers(),
            **EdgeActs(self.edits, self.playback).handlers(),
        }

    # -- playback --------------------------------------------------------------------------------------------------

    def _playback_handlers(self) -> dict[str, Run]:
        p = self.playback
        return {
            "play.toggle": p.toggle,
            "play.pause": p.pause,
            "play.forward": lambda: p.shuttle(1),
            "play.backward": lambda: p.shuttle(-1),
            "play.rate": lambda rate: p.set_rate(float(rate)),
            "play.loop": lambda on=None: p.mark(
                p.state.in_ns, p.state.out_ns, looping=not p.state.looping if on is None else on
            ),
            "frame.next": lambda: p.step(1),
            "frame.previous": lambda: p.step(-1),
            "seek.forward": lambda: p.jump_s(1.0),
            "seek.back": lambda: p.jump_s(-1.0),
            "event.next": lambda: p.jump_event(1),
            "event.previous": lambda: p.jump_event(-1),
            "iframe.next": lambda: p.jump_iframe(1),
            "iframe.previous": lambda: p.jump_iframe(-1),
            "seek.start": lambda: p.seek_end(last=False),
            "seek.end": lambda: p.seek_end(last=True),
            "seek.goto": self.go_to,
            "mark.in": lambda t_ns=None: self.mark(in_ns=self._at(t_ns)),
            "mark.out": lambda t_ns=None: self.mark(out_ns=self._at(t_ns)),
            "mark.goto_in": lambda: self._seek_mark(p.state.in_ns, "in"),
            "mark.goto_out": lambda: self._seek_mark(p.state.out_ns, "out"),
            "mark.clear": lambda: p.mark(None, None),
        }

    def _at(self, t_ns: TimeNs | None) -> TimeNs:
        return self.playback.state.t_ns if t_ns is None else t_ns

    def go_to(self, t_ns: TimeNs | None = None, frame: int | None = None, text: str | None = None) -> None:
        """Go to a time, a frame or what was typed; with nothing, put the cursor into the time field."""
        if text is not None:
            place = parse_place(text)
            if place is None:
                raise BadInput("bad_place", "That is no time, frame or event.", "Type 12:34.5, f 1234 or e 56.")
            if place.event is not None:
                self.playback.seek_event(place.event)
                return
            frame, t_ns = place.frame, place.t_ns
        if frame is not None:
            self.playback.seek_frame(frame)
        elif t_ns is not None:
            self.playback.seek(t_ns)
        else:
            self.page.transport.ask_time()

    def mark(self, in_ns: TimeNs | None = None, out_ns: TimeNs | None = None) -> None:
        """Set a point; one that would end up on the wrong side of the other clears the other."""
        state = self.playback.state
        new_in = in_ns if in_ns is not None else state.in_ns
        new_out = out_ns if out_ns is not None else state.out_ns
        if new_in is not None and new_out is not None and new_in >= new_out:
            new_in, new_out = (new_in, None) if in_ns is not None else (None, new_out)
        self.playback.mark(new_in, new_out)

    def _seek_mark(self, t_ns: TimeNs | None, name: str) -> None:
        if t_ns is None:
            raise Refused("no_mark", f"There is no {name} point.", f"Set one with {name[0].upper()}.")
        self.playback.seek(t_ns)

    def _range(self, start_ns: TimeNs | None, end_ns: TimeNs | None) -> TimeRange:
        """The range given, else the one between in and out."""
        state = self.playback.state
        start = state.in_ns if start_ns is None else start_ns
        end = state.out_ns if end_ns is None else end_ns
        if start is None or end is None or start >= end:
            raise Refused("no_range", "There is no range.", "Set an in point (I) and an out point (O).")
        return TimeRange(start, end)

    # -- edits -----------------------------------------------------------------------------------------------------

    def _edit_handlers(self) -> dict[str, Run]:
        e = self.edits
        out: dict[str, Run] = {
            "edit.undo": e.undo,
            "edit.redo": e.redo,
            "edit.delete": self.delete,
            "item.next": lambda: self._go_item(e.neighbour(1)),
            "item.previous": lambda: self._go_item(e.neighbour(-1)),
            "lane.down": lambda: self._go_lane(1),
            "lane.up": lambda: self._go_lane(-1),
            "item.edit": self.page.inspector.edit_first_field,
            "item.split": lambda t_ns=None: e.split(self._selected(), self._at(t_ns)),
            "episode.add": self.mark_episode,
            "label.add": self.add_label,
            "cut.add": lambda start_ns=None, end_ns=None, reason="": e.add_cut(self._range(start_ns, end_ns), reason),
            "state.set": lambda state: e.move_state(SessionState(state)),
            "sync.earlier": lambda: e.nudge(-1),
            "sync.later": lambda: e.nudge(1),
        }
        for digit in range(1, 10):
            out[f"label.toggle_{digit}"] = lambda t_ns=None, digit=digit: e.toggle_live(digit, self._at(t_ns))
        return out

    def _selected(self) -> Item:
        item = self.edits.selected_item
        if item is None:
            raise Refused("nothing_selected", "Nothing is selected.", "Click an item on the timeline.")
        return item

    def delete(self, item: Item | None = None, reason: str = "") -> None:
        """Remove what is selected; asks for a reason only where the lift of a redaction needs one."""
        item = item or self._selected()
        if not reason and self.edits.needs_reason(item):
            hint = "Somebody else or an export has already read it. The reason is kept in the log."
            reason = self.ask("Why is this redaction lifted?", hint, "Lift") or ""
            if not reason:
                return
        self.edits.remove(item, reason)

    def _go_item(self, item: Item | None) -> None:
        if item is None:
            raise Refused("no_items", "Nothing is labelled, cut or redacted yet.")
        self.edits.select(item.id)
        self.playback.seek(item.range.start_ns)

    def _go_lane(self, direction: int) -> None:
        """The first item at or after the playhead on the next lane that has any."""
        keys = [lane.key for lane in LANES if lane.stacks]
        current = self.edits.selected_item
        at = keys.index(current.lane) if current is not None else (-1 if direction > 0 else len(keys))
        for key in keys[at + 1 :] if direction > 0 else keys[:at][::-1]:
            on_lane = [i for i in self.edits.items if i.lane == key]
            if on_lane:
                t_ns = self.playback.state.t_ns
                self.edits.select(min(on_lane, key=lambda i: abs(i.range.start_ns - t_ns)).id)
                return

    def add_label(self, name: str | None = None, start_ns: TimeNs | None = None, end_ns: TimeNs | None = None) -> None:
        r = self._range(start_ns, end_ns)
        first = self.edits.choices[0].name if self.edits.choices else "label"
        self.edits.add_label(r, name or first)

    def mark_episode(
        self,
        goal: str | None = None,
        outcome: str = "unknown",
        start_ns: TimeNs | None = None,
        end_ns: TimeNs | None = None,
    ) -> None:
        r = self._range(start_ns, end_ns)
        if goal is None:
            goal = self.ask("What is the goal of this episode?", "As the person would have said it.", "Mark episode")
        if goal:
            self.edits.mark_episode(r, goal, outcome)

    # -- redactions ------------------------------------------------------------------------------------------------

    def _redact_handlers(self) -> dict[str, Run]:
        e = self.edits
        return {
            "redact.box": self.redact_box,
            "redact.keyframe": self.set_keyframe,
            "redact.range": lambda start_ns=None, end_ns=None: e.redact_keys(self._range(start_ns, end_ns)),
            "redact.text": self.redact_text,
            "redact.window": self.redact_window,
        }

    def redact_box(
        self,
        rect: tuple[float, float, float, float] | None = None,
        start_ns: TimeNs | None = None,
        end_ns: TimeNs | None = None,
    ) -> None:
        """Toggle drawing; with a rectangle (x, y, w, h frame px), make the mask at once."""
        canvas = self.page.canvas
        if rect is None:
            canvas.set_drawing(not canvas.drawing)
            self.stage.say("Drag over what must not be seen. Esc or R ends it." if canvas.drawing else "")
            return
        self.draw(Rect(*rect), None if start_ns is None or end_ns is None else TimeRange(start_ns, end_ns))

    def draw(self, rect: Rect, r: TimeRange | None = None) -> None:
        """A mask from the playhead on, or over in–out where the playhead lies between them."""
        state = self.playback.state
        if r is None and state.in_ns is not None and state.out_ns is not None:
            marked = TimeRange(state.in_ns, state.out_ns)
            r = marked if marked.contains(state.t_ns) else None
        self.page.canvas.set_drawing(False)
        self.edits.draw_mask(rect, state.t_ns, r)

    def set_keyframe(self, rect: tuple[float, float, float, float], t_ns: TimeNs | None = None) -> None:
        self.edits.move_mask(self._selected().id, Rect(*rect), self._at(t_ns))

    def redact_text(self, text: str | None = None) -> None:
        if text is None:
            hint = "Hidden wherever it occurs: typed, in titles, addresses, elements and texts. It is not stored."
            text = self.ask("Which text must not leave?", hint, "Redact")
        if text:
            self.edits.redact_text(text)

    def redact_window(self, match: str | None = None) -> None:
        if match is None:
            match = self._focused_window()
        self.edits.redact_window(match)

    def _focused_window(self) -> str:
        session = self.edits.editing.session
        window = session.events.windows.latest_at(self.playback.state.t_ns)
        match = None if window is None else window.title or window.app
        if not match:
            raise Refused("no_window", "No window is known at the playhead.", "Hide it with a rectangle.")
        return match

    # -- view ------------------------------------------------------------------------------------------------------

    def _view_handlers(self) -> dict[str, Run]:
        page, stage = self.page, self.stage
        return {
            "view.masks": lambda view=None: stage.set_mask_view(None if view is None else MaskView(view)),
            "view.reveal": self.access.reveal.hold,
            "view.captions": lambda mode=None, purpose="": self.access.captions.choose(
                None if mode is None else Caption(mode), purpose
            ),
            **{f"view.show_{kind}": partial(self.toggle_overlay, kind) for kind in KINDS},
            "view.magnify": lambda on=None: page.canvas.set_lens(not page.canvas.lens if on is None else on),
            "view.fit": page.canvas.fit,
            "view.one_to_one": page.canvas.one_to_one,
            "view.zoom_in": lambda: page.canvas.zoom(1.25),
            "view.zoom_out": lambda: page.canvas.zoom(0.8),
            "timeline.zoom_in": lambda: page.timeline.zoom(1.5),
            "timeline.zoom_out": lambda: page.timeline.zoom(1 / 1.5),
            "timeline.whole": page.timeline.show_whole,
            "view.events": page.events_dock.raise_,
            "view.steps": page.steps_dock.raise_,
            "view.other_list": page.other_list,
            "view.next_panel": lambda: page.focus_panel(1),
            "view.previous_panel": lambda: page.focus_panel(-1),
            "view.reset_panels": page.arrange,
        }

    def toggle_overlay(self, kind: str, on: bool | None = None) -> None:
        """Show one kind of overlay, or not; by default the other of the two."""
        self.stage.show_choices(self.stage.choices.toggled(kind, on))
        self.stage.say(f"{kind.capitalize()}: {'shown' if kind in self.stage.choices.shown else 'hidden'}.")

    # -- wishes of widgets -----------------------------------------------------------------------------------------

    def connect(self, guarded: Callable[[str, Callable[..., object]], Callable[..., None]]) -> None:
        """Wire what canvas, timeline, lists and inspector ask for; refusals go the way of the named action."""
        page, p, e = self.page, self.playback, self.edits
        page.canvas.rect_drawn.connect(guarded("redact.box", self.draw))
        page.canvas.drawing_changed.connect(lambda _: self.stage.say(""))
        page.canvas.mask_moved.connect(guarded("redact.keyframe", lambda m: e.move_mask(m[0], m[1], p.seen.t_ns)))
        page.canvas.mask_picked.connect(self._pick_mask)
        page.timeline.scrubbed.connect(p.scrub)
        page.timeline.scrub_finished.connect(lambda _: p.end_scrub())
        page.timeline.item_picked.connect(lambda item: e.select(None if item is None else item.id))
        page.timeline.item_activated.connect(self._play_span)
        page.timeline.item_resized.connect(guarded("item.edit", lambda m: e.resize(*m)))
        page.events.time_requested.connect(p.seek)
        page.steps.time_requested.connect(p.seek)
        page.inspector.time_requested.connect(p.seek)
        page.inspector.item_edited.connect(guarded("item.edit", e.change))
        page.inspector.removal_requested.connect(guarded("edit.delete", self.delete))
        page.inspector.state_requested.connect(guarded("state.set", e.move_state))
        page.inspector.clock.nudge_requested.connect(guarded("sync.later", e.nudge))
        page.transport.rate_requested.connect(p.set_rate)
        page.transport.mask_view_requested.connect(self.stage.set_mask_view)
        page.transport.captions_requested.connect(lambda mode: self.access.captions.choose(Caption(mode)))
        page.transport.time_typed.connect(guarded("seek.goto", self._go_typed))

    def _go_typed(self, text: str) -> None:
        """What was typed into the time field; once there, the keys are the stage's again."""
        self.go_to(text=text)
        self.page.canvas.setFocus()

    def _pick_mask(self, mask_id: str | None) -> None:
        selected = self.edits.selected_item
        if mask_id is not None or (selected is not None and isinstance(selected.value, RectRedaction)):
            self.edits.select(mask_id)

    def _play_span(self, item: Item) -> None:
        """In and out around the item, and the playhead at its start."""
        self.playback.mark(item.range.start_ns, item.range.end_ns)
        self.playback.seek(item.range.start_ns)
