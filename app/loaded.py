"""A session with everything that is arranged once per session, made off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.core import Core
from curation.veil import Lifted, Veil
from replay import schema
from replay.overlay import OverlayIndex
from replay.session import Session
from widgets.event_rows import EventIndex, index_of
from widgets.timeline.model import Tracks, tracks_of

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Loaded:
    session: Session
    overlays: OverlayIndex
    tracks: Tracks
    event_index: EventIndex
    is_screened: bool  # before the first pass masked readers get filled pictures and placeholders
    stops_ns: Int64s  # where “next event” stops: presses, keys, windows, texts and scrolls, not every move


def load(core: Core, session_id: str) -> Loaded:
    """One session on the clock in force, its tracks with no captured word. Raises what the store raises."""
    session = core.session(session_id)
    tracks = tracks_of(session, Veil(None))
    screened = core.store.manifest(session_id).screening is not None
    return Loaded(session, OverlayIndex(session), tracks, index_of(session.events), screened, stops_of(session))


def load_captured(core: Core, session_id: str, purpose: str) -> Loaded:
    """The same as captured, for a person who stated why, with its windows in their own words. Raises Denied."""
    session = core.raw_store(purpose).load(session_id, correction=core.state(session_id).correction)
    tracks = tracks_of(session, Lifted())
    return Loaded(session, OverlayIndex(session), tracks, index_of(session.events), True, stops_of(session))


def stops_of(session: Session) -> Int64s:
    events = session.events
    moves = events.pointer.kind == schema.POINTER_KINDS.index("move")
    parts = (events.pointer.t_ns[~moves], events.keys.t_ns, events.windows.t_ns, events.texts.t_ns)
    return np.unique(np.concatenate(parts)).astype(np.int64)
