"""What an edit touches: which kind of thing, which id, and whether it appears, changes or goes.

The one place that knows the shape of every edit; reducing, merging, undoing and telling views all read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from curation.edits import (
    CutAdded,
    CutChanged,
    CutRemoved,
    Edit,
    EpisodeChanged,
    EpisodeMarked,
    EpisodeRemoved,
    LabelAdded,
    LabelChanged,
    LabelRemoved,
    RedactionAdded,
    RedactionChanged,
    RedactionLifted,
    StateMoved,
    SyncMeasured,
    SyncNudged,
)
from curation.model import Cut, Episode, Label, Redaction
from replay.timebase import TimeRange


class Kind(StrEnum):
    """The kinds of things that edits decide about; the last two are one value a session."""

    LABEL = "label"
    EPISODE = "episode"
    CUT = "cut"
    REDACTION = "redaction"
    SYNC = "sync"
    STATE = "state"


class Verb(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


Thing = Label | Episode | Cut | Redaction
Address = tuple[Kind, str]

# Edit type → what it does, and the attribute that holds the thing (added, changed) or its id (removed).
_SHAPES: Final[dict[type, tuple[Kind, Verb, str]]] = {
    LabelAdded: (Kind.LABEL, Verb.ADDED, "label"),
    LabelChanged: (Kind.LABEL, Verb.CHANGED, "label"),
    LabelRemoved: (Kind.LABEL, Verb.REMOVED, "label_id"),
    EpisodeMarked: (Kind.EPISODE, Verb.ADDED, "episode"),
    EpisodeChanged: (Kind.EPISODE, Verb.CHANGED, "episode"),
    EpisodeRemoved: (Kind.EPISODE, Verb.REMOVED, "episode_id"),
    CutAdded: (Kind.CUT, Verb.ADDED, "cut"),
    CutChanged: (Kind.CUT, Verb.CHANGED, "cut"),
    CutRemoved: (Kind.CUT, Verb.REMOVED, "cut_id"),
    RedactionAdded: (Kind.REDACTION, Verb.ADDED, "redaction"),
    RedactionChanged: (Kind.REDACTION, Verb.CHANGED, "redaction"),
    RedactionLifted: (Kind.REDACTION, Verb.REMOVED, "redaction_id"),
    SyncNudged: (Kind.SYNC, Verb.CHANGED, ""),
    SyncMeasured: (Kind.SYNC, Verb.CHANGED, ""),
    StateMoved: (Kind.STATE, Verb.CHANGED, ""),
}


@dataclass(frozen=True, slots=True)
class Touch:
    """One edit's effect by kind and id; `thing` is what the id stands for afterwards, None where it is gone.

    Sync and state have the empty id and no thing: there is one of each.
    """

    kind: Kind
    verb: Verb
    id: str
    thing: Thing | None

    @property
    def address(self) -> Address:
        return self.kind, self.id


def touch_of(edit: Edit) -> Touch:
    """What `edit` touches."""
    kind, verb, attribute = _SHAPES[type(edit)]
    if not attribute:
        return Touch(kind, verb, "", None)
    value: Any = getattr(edit, attribute)
    if verb is Verb.REMOVED:
        return Touch(kind, verb, value, None)
    return Touch(kind, verb, value.id, value)


def range_of(thing: object) -> TimeRange | None:
    """Where on the timeline a thing stands; None for what has no one place there."""
    found = getattr(thing, "range", None)
    return found if isinstance(found, TimeRange) else None
