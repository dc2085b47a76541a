"""A session with everything that is opened and arranged once per session, made off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.core import Core
from curation.edit_log import Purpose
from curation.editor import Editor
from curation.veil import Lifted, Veil
from replay import schema
from replay.idle import IdleStretches, idle_stretches
from replay.overlay import OverlayIndex
from replay.session import Session
from replay.video.composed import VideoFiles
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
    idle: IdleStretches
    stops_ns: Int64s  # where “next event” stops: presses, keys, windows, texts and scrolls, not every move


@dataclass(frozen=True, slots=True)
class Opened:
    """A session to work on. Whoever does not take it closes its `video`."""

    loaded: Loaded
    editor: Editor
    video: VideoFiles | None

    def close(self) -> None:
        if self.video is not None:
            self.video.close()


def open_session(core: Core, session_id: str) -> Opened:
    """`load`, with its decisions and pictures opened, and noted as seen. Raises what the store and the log raise."""
    loaded = load(core, session_id)
    editor = core.editor(session_id)
    # From here on another person's redactions are lifted with a reason, not undone.
    editor.mark_seen(Purpose.OPEN)
    video = None if loaded.session.frames is None else core.store.open_video(session_id)
    return Opened(loaded, editor, video)


def load(core: Core, session_id: str) -> Loaded:
    """One session on the clock in force, its tracks with no captured word. Raises what the store raises."""
    session = core.session(session_id)
    tracks = tracks_of(session, Veil(None))
    screened = core.store.manifest(session_id).screening is not None
    return _loaded(session, tracks, is_screened=screened)


def load_captured(core: Core, session_id: str, purpose: str) -> Loaded:
    """The same as captured, for a person who stated why, with its windows in their own words. Raises Denied."""
    session = core.raw_store(purpose).load(session_id, correction=core.state(session_id).correction)
    tracks = tracks_of(session, Lifted())
    return _loaded(session, tracks, is_screened=True)


def _loaded(session: Session, tracks: Tracks, *, is_screened: bool) -> Loaded:
    index, idle = index_of(session.events), idle_stretches(session)
    return Loaded(session, OverlayIndex(session), tracks, index, is_screened, idle, stops_of(session))


def stops_of(session: Session) -> Int64s:
    events = session.events
    moves = events.pointer.kind == schema.POINTER_KINDS.index("move")
    parts = (events.pointer.t_ns[~moves], events.keys.t_ns, events.windows.t_ns, events.texts.t_ns)
    return np.unique(np.concatenate(parts)).astype(np.int64)
