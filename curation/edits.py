"""Edits: facts that happened to one session. Plain frozen data, addressed by ids, session time and (table, seq).

Every edit carries enough to be undone from the state before it (`reducer.inverse`). History is only ever appended to.
"""

from __future__ import annotations

from dataclasses import dataclass

from curation.model import Cut, Episode, Label, Redaction, SessionState
from replay.sync import MeasuredSync


@dataclass(frozen=True, slots=True)
class LabelAdded:
    label: Label


@dataclass(frozen=True, slots=True)
class LabelChanged:
    label: Label  # the whole label after the change; its id exists


@dataclass(frozen=True, slots=True)
class LabelRemoved:
    label_id: str


@dataclass(frozen=True, slots=True)
class EpisodeMarked:
    episode: Episode


@dataclass(frozen=True, slots=True)
class EpisodeChanged:
    episode: Episode


@dataclass(frozen=True, slots=True)
class EpisodeRemoved:
    episode_id: str


@dataclass(frozen=True, slots=True)
class CutAdded:
    cut: Cut


@dataclass(frozen=True, slots=True)
class CutChanged:
    cut: Cut


@dataclass(frozen=True, slots=True)
class CutRemoved:
    cut_id: str


@dataclass(frozen=True, slots=True)
class RedactionAdded:
    redaction: Redaction


@dataclass(frozen=True, slots=True)
class RedactionChanged:
    redaction: Redaction


@dataclass(frozen=True, slots=True)
class RedactionLifted:
    redaction_id: str
    reason: str = ""  # asked for once somebody else or an export has seen the session redacted


@dataclass(frozen=True, slots=True)
class SyncNudged:
    delta_ns: int  # events move later by this much against the picture


@dataclass(frozen=True, slots=True)
class SyncMeasured:
    sync: MeasuredSync | None  # None: back to the clock as imported


@dataclass(frozen=True, slots=True)
class StateMoved:
    state: SessionState


Edit = (
    LabelAdded
    | LabelChanged
    | LabelRemoved
    | EpisodeMarked
    | EpisodeChanged
    | EpisodeRemoved
    | CutAdded
    | CutChanged
    | CutRemoved
    | RedactionAdded
    | RedactionChanged
    | RedactionLifted
    | SyncNudged
    | SyncMeasured
    | StateMoved
)
