"""The curated state of one session: a fold over its edits, frozen, addressed by ids and session time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from replay.geometry import Rect
from replay.sync import Correction, MeasuredSync
from replay.timebase import TimeNs, TimeRange


class Outcome(StrEnum):
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    ABANDONED = "abandoned"
    UNKNOWN = "unknown"


class SessionState(StrEnum):
    """Where a session stands in the curators' day."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Label:
    """A judgement on a span of the session. `schema` and `name` come from a label schema (`curation.labels`)."""

    id: str
    range: TimeRange
    name: str
    schema: str = "span"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """A slice of the session with a goal and an outcome."""

    id: str
    range: TimeRange
    goal: str
    outcome: Outcome = Outcome.UNKNOWN
    evidence_t_ns: TimeNs | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A half-open range removed from every track."""

    id: str
    range: TimeRange
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MaskKeyframe:
    """Where a mask is at one moment; `rect` in frame px at that time."""

    t_ns: TimeNs
    rect: Rect


@dataclass(frozen=True, slots=True)
class RectRedaction:
    """A rectangle hidden during `range`; between keyframes it moves linearly, outside them it holds still."""

    id: str
    range: TimeRange
    keyframes: tuple[MaskKeyframe, ...]
    category: str = "other"

    def rect_at(self, t_ns: TimeNs) -> Rect:
        """The rectangle at `t_ns`, frame px, interpolated linearly between the keyframes around it."""
        before = [k for k in self.keyframes if k.t_ns <= t_ns]
        after = [k for k in self.keyframes if k.t_ns > t_ns]
        if not before:
            return after[0].rect
        if not after:
            return before[-1].rect
        a, b = before[-1], after[0]
        f = (t_ns - a.t_ns) / (b.t_ns - a.t_ns)
        return Rect(
            a.rect.x + (b.rect.x - a.rect.x) * f,
            a.rect.y + (b.rect.y - a.rect.y) * f,
            a.rect.w + (b.rect.w - a.rect.w) * f,
            a.rect.h + (b.rect.h - a.rect.h) * f,
        )


@dataclass(frozen=True, slots=True)
class SeqSpan:
    """Rows first..last (inclusive, by `seq`) of one table."""

    table: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class KeysRedaction:
    """Key rows to be replaced by placeholders, with all text they produced, wherever it occurs.

    `range` is where it was asked for (shown on the timeline); `rows` is what it binds to and survives a re-sync.
    """

    id: str
    range: TimeRange
    rows: tuple[SeqSpan, ...]
    category: str = "typed"


@dataclass(frozen=True, slots=True)
class TextLocator:
    """Characters [start, end) of one text cell. The secret is reread from here; it is never copied into an edit."""

    table: str
    seq: int
    column: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextRedaction:
    """One string hidden on every surface, named by where it stands (`locators`, `key_rows`) and a keyed hash."""

    id: str
    locators: tuple[TextLocator, ...]
    value_mac: str
    length: int
    key_rows: tuple[SeqSpan, ...] = ()
    category: str = "text"


@dataclass(frozen=True, slots=True)
class WindowRedaction:
    """Every appearance of the matched windows is hidden: pixels, keys typed into them, titles and URLs."""

    id: str
    rows: tuple[SeqSpan, ...]
    pattern_mac: str
    category: str = "window"


Redaction = RectRedaction | KeysRedaction | TextRedaction | WindowRedaction


@dataclass(frozen=True, slots=True)
class CurationState:
    """Everything decided about one session at one head of its edit log. Mappings are id → value, in order added."""

    labels: Mapping[str, Label] = field(default_factory=lambda: MappingProxyType({}))
    episodes: Mapping[str, Episode] = field(default_factory=lambda: MappingProxyType({}))
    cuts: Mapping[str, Cut] = field(default_factory=lambda: MappingProxyType({}))
    redactions: Mapping[str, Redaction] = field(default_factory=lambda: MappingProxyType({}))
    sync_nudge_ns: int = 0
    state: SessionState = SessionState.NEW
    measured_sync: MeasuredSync | None = None

    @property
    def correction(self) -> Correction:
        """What was decided about the clock."""
        return Correction(self.measured_sync, self.sync_nudge_ns)
