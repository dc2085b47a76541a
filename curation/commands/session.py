"""Decisions about the session as a whole."""

from __future__ import annotations

from curation.commands.result import UNCHANGED, Edits, Refusal, checked
from curation.edits import StateMoved, SyncNudged
from curation.model import CurationState, SessionState


def nudge_sync(state: CurationState, delta_ns: int) -> Edits | Refusal:
    """Move the events later by `delta_ns` against the picture (earlier where negative)."""
    return checked(state, (SyncNudged(delta_ns),), "Nudge sync") if delta_ns else UNCHANGED


def move_state(state: CurationState, new: SessionState) -> Edits | Refusal:
    """Say where the session stands in the curators' day."""
    return UNCHANGED if new is state.state else checked(state, (StateMoved(new),), f"Mark session {new.value}")
