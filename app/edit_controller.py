"""Edits: from a wish to the log and back to the views. One session's editor, what is selected, and live labels.

Commands are pure and answer with edits or a refusal; refusals are raised, so that whoever asked says so in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from curation import commands
from curation.changes import Change
from curation.commands import Edits, Refusal
from curation.editor import Editor
from curation.labels.schemas import LabelSchemas
from curation.model import (
    CurationState,
    Cut,
    Episode,
    Label,
    MaskKeyframe,
    Outcome,
    RectRedaction,
    SessionState,
)
from replay.errors import Refused, StorageFailed
from replay.geometry import Rect
from replay.problems import Problem
from replay.session import Session
from replay.sync import MeasuredSync
from replay.timebase import FRAME_WITHOUT_VIDEO_NS, NS_PER_S, TimeNs, TimeRange
from widgets.inspector_item import LabelChoice
from widgets.timeline.model import Item, items_of

NEW_MASK_NS = 3 * NS_PER_S
LIVE_SCHEMA = "span"


@dataclass(frozen=True, slots=True)
class Editing:
    """One open session with its editor; `library_key` makes hashes of secrets unguessable."""

    session: Session
    editor: Editor
    library_key: bytes


def label_choices(schemas: LabelSchemas) -> tuple[LabelChoice, ...]:
    """The span labels in their schema's order; the first nine get a digit."""
    schema = schemas.get(LIVE_SCHEMA)
    names = schema.names if schema is not None else ()
    return tuple(LabelChoice(LIVE_SCHEMA, n.name, n.title, i if i <= 9 else None) for i, n in enumerate(names, 1))


class EditController(QObject):
    """`changed` after every change of what is decided; `selected` when another item, or none, is selected."""

    changed = Signal(object)  # Change
    selected = Signal(object)  # Item or None
    live_labels_changed = Signal(object)  # tuple of titles being labelled right now
    locked = Signal(object)  # StorageFailed: the session is read-only from now on

    def __init__(self, schemas: LabelSchemas) -> None:
        super().__init__()
        self._schemas = schemas
        self.choices = label_choices(schemas)
        self._now: Editing | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._items: tuple[Item, ...] = ()
        self._selected_id: str | None = None
        self._live: dict[int, TimeNs] = {}

    def use_schemas(self, schemas: LabelSchemas) -> None:
        """Label by other schemas: those of the library that was opened."""
        self._schemas, self.choices = schemas, label_choices(schemas)

    # -- session ---------------------------------------------------------------------------------------------------

    def open(self, editing: Editing) -> None:
        self.close()
        self._now = editing
        self._unsubscribe = editing.editor.subscribe(self._published)
        self._refresh_items()

    def replace_session(self, session: Session) -> None:
        """The same session on another clock."""
        if self._now is not None:
            self._now = Editing(session, self._now.editor, self._now.library_key)
            self._refresh_items()

    def close(self) -> None:
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._now, self._items, self._selected_id = None, (), None
        self._live.clear()

    @property
    def editing(self) -> Editing:
        if self._now is None:
            raise Refused("no_session", "No session is open.", "Open one in the library.")
        return self._now

    @property
    def is_open(self) -> bool:
        return self._now is not None

    @property
    def state(self) -> CurationState:
        return self.editing.editor.state

    @property
    def items(self) -> tuple[Item, ...]:
        return self._items

    @property
    def writable(self) -> bool:
        return self._now is not None and self._now.editor.read_only_because is None

    @property
    def undo_title(self) -> str | None:
        return None if self._now is None else self._now.editor.undo_title

    @property
    def redo_title(self) -> str | None:
        return None if self._now is None else self._now.editor.redo_title

    def _published(self, change: Change) -> None:
        self._refresh_items()
        self.changed.emit(change)

    def _refresh_items(self) -> None:
        now = self.editing
        self._items = items_of(now.editor.state, now.session.events, now.session.extent)
        if self._selected_id is not None and self.selected_item is None:
            self.select(None)

    # -- selection -------------------------------------------------------------------------------------------------

    @property
    def selected_item(self) -> Item | None:
        return next((i for i in self._items if i.id == self._selected_id), None)

    def select(self, item_id: str | None) -> None:
        if item_id != self._selected_id:
            self._selected_id = item_id
            self.selected.emit(self.selected_item)

    def neighbour(self, direction: int, lane: str | None = None) -> Item | None:
        """The item after (or before) the selected one in time, within `lane` where one is given."""
        ordered = sorted((i for i in self._items if lane in (None, i.lane)), key=lambda i: (i.range.start_ns, i.id))
        if not ordered:
            return None
        ids = [i.id for i in ordered]
        if self._selected_id not in ids:
            return ordered[0] if direction > 0 else ordered[-1]
        return ordered[(ids.index(self._selected_id) + direction) % len(ordered)]

    # -- committing ------------------------------------------------------------------------------------------------

    def commit(self, answer: Edits | Refusal, *, select: bool = True) -> None:
        """Commit what a command answered, and select what it made; raises its refusal, or why the log refused."""
        if isinstance(answer, Refusal):
            raise answer.error()
        try:
            self.editing.editor.commit(answer.edits, title=answer.title, origin="window")
        except StorageFailed as e:
            self.locked.emit(e)
            raise
        if select and answer.ids and any(i.id == answer.ids[0] for i in self._items):
            self.select(answer.ids[0])

    def undo(self) -> None:
        self.editing.editor.undo(origin="window")

    def redo(self) -> None:
        self.editing.editor.redo(origin="window")

    # -- wishes ----------------------------------------------------------------------------------------------------

    def add_label(self, r: TimeRange, name: str) -> None:
        self.commit(commands.add_label(self.state, r, name, schema=LIVE_SCHEMA, schemas=self._schemas))

    def mark_episode(self, r: TimeRange, goal: str, outcome: str = Outcome.UNKNOWN) -> None:
        self.commit(commands.mark_episode(self.state, r, goal, outcome=Outcome(outcome)))

    def add_cut(self, r: TimeRange, reason: str = "") -> None:
        self.commit(commands.add_cut(self.state, r, reason=reason))

    def toggle_live(self, digit: int, t_ns: TimeNs) -> None:
        """Start a live label at the playhead, or end it there."""
        choice = next((c for c in self.choices if c.digit == digit), None)
        if choice is None:
            raise Refused("no_such_label", f"The label schema has no label {digit}.")
        start = self._live.pop(digit, None)
        if start is None:
            self._live[digit] = t_ns
        elif start != t_ns:
            self.add_label(TimeRange(min(start, t_ns), max(start, t_ns)), choice.name)
        titles = tuple(c.title for c in self.choices if c.digit in self._live)
        self.live_labels_changed.emit(titles)

    def draw_mask(self, rect: Rect, t_ns: TimeNs, r: TimeRange | None = None) -> None:
        """A new mask from the playhead on (or over `r`), with one keyframe here."""
        session = self.editing.session
        end_ns = min(t_ns + NEW_MASK_NS, session.extent.end_ns)
        r = r or TimeRange(t_ns, max(end_ns, t_ns + 1))
        size = session.geometry.frame_size
        keyframe = MaskKeyframe(min(max(t_ns, r.start_ns), r.end_ns - 1), rect)
        self.commit(commands.redact_rect(self.state, r, [keyframe], frame_size=size))

    def move_mask(self, mask_id: str, rect: Rect, t_ns: TimeNs) -> None:
        """A keyframe here: before it and after it the mask moves linearly to the others."""
        self.commit(commands.set_keyframe(self.state, mask_id, t_ns, rect))

    def redact_keys(self, r: TimeRange) -> None:
        self.commit(commands.redact_keys(self.state, self.editing.session, r))

    def redact_text(self, secret: str) -> None:
        now = self.editing
        self.commit(commands.redact_text(self.state, now.session, now.library_key, secret))

    def redact_window(self, match: str) -> None:
        now = self.editing
        self.commit(commands.redact_window(self.state, now.session, now.library_key, match))

    def resize(self, item: Item, r: TimeRange) -> None:
        self.commit(commands.change_range(self.state, item.id, r))

    def split(self, item: Item, t_ns: TimeNs) -> None:
        self.commit(commands.split(self.state, item.id, t_ns))

    def remove(self, item: Item, reason: str = "") -> None:
        """Remove a label, episode or cut; lift a redaction."""
        removals: dict[str, Callable[[], Edits | Refusal]] = {
            "labels": lambda: commands.remove_label(self.state, item.id),
            "episodes": lambda: commands.remove_episode(self.state, item.id),
            "cuts": lambda: commands.remove_cut(self.state, item.id),
            "redactions": lambda: commands.lift(self.state, item.id, reason=reason),
        }
        self.commit(removals[item.lane](), select=False)

    def needs_reason(self, item: Item) -> bool:
        """Whether removing it asks for a reason: a redaction that somebody else or an export has read."""
        return item.lane == "redactions" and self.editing.editor.reason_needed(item.id)

    def change(self, value: Label | Episode | Cut | RectRedaction) -> None:
        """Commit the fields of one thing as the inspector shows them."""
        self.commit(_changed(self.state, value, self._schemas))

    def move_state(self, state: SessionState) -> None:
        self.commit(commands.move_state(self.state, state))

    def measure_sync(self, sync: MeasuredSync) -> None:
        """Events onto a measured clock."""
        self.commit(commands.measure_sync(self.state, sync))

    def keep_seen(self, problems: tuple[Problem, ...]) -> None:
        """What the pictures told where they told no clock, with the session."""
        self.commit(commands.keep_seen(self.state, self.editing.session.imported_clock, problems))

    @property
    def unread_nudge_ns(self) -> int:
        """How far the events still have to move until the session is read again on the clock in force."""
        if self._now is None:
            return 0
        session = self._now.session
        return self.state.correction.of(session.imported_clock).offset_ns - session.sync.offset_ns

    def nudge(self, frames: int) -> None:
        """Events later (or earlier) against the picture by whole frames."""
        table = self.editing.session.frames
        frame_ns = table.frame_ns if table is not None else FRAME_WITHOUT_VIDEO_NS
        self.commit(commands.nudge_sync(self.state, frames * frame_ns))


def _changed(
    state: CurationState, value: Label | Episode | Cut | RectRedaction, schemas: LabelSchemas
) -> Edits | Refusal:
    if isinstance(value, Label):
        return commands.change_label(state, value.id, name=value.name, note=value.note, schemas=schemas)
    if isinstance(value, Episode):
        return commands.change_episode(state, value.id, goal=value.goal, outcome=value.outcome)
    if isinstance(value, Cut):
        return commands.change_cut(state, value.id, reason=value.reason)
    before = state.redactions.get(value.id)
    if isinstance(before, RectRedaction) and before.keyframes != value.keyframes:
        gone = next(k for k in before.keyframes if k not in value.keyframes)
        return commands.remove_keyframe(state, value.id, gone.t_ns)
    return commands.change_category(state, value.id, value.category)
