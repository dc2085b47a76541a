"""A session with everything that is arranged once per session, made off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from app.core import Core
from replay.overlay import OverlayIndex
from replay.session import Session
from widgets.timeline.model import Tracks, tracks_of


@dataclass(frozen=True, slots=True)
class Loaded:
    session: Session
    overlays: OverlayIndex
    tracks: Tracks


def load(core: Core, session_id: str) -> Loaded:
    """One session on the clock in force. Raises what the store raises."""
    session = core.session(session_id)
    return Loaded(session, OverlayIndex(session), tracks_of(session))
