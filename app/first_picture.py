"""The first picture of a session, shown before its events are read: those of an hour take longer than one picture."""

from __future__ import annotations

from app.core import Core
from replay.video.composed import open_pictures
from replay.video.frame import Frame, frame_from


def first_picture(core: Core, session_id: str) -> Frame | None:
    """Frame 0, exact, as masked readers see it. Raises what the store raises.

    None where there is no video, and where something was hidden since the masked pictures were made: those masks are
    painted over the picture, and where they lie only the events tell.
    """
    if _hidden_since(core, session_id):
        return None
    frames = core.store.frames(session_id)
    if frames is None:
        return None
    with core.store.open_video(session_id) as video:
        decoder = open_pictures(video, frames)
        try:
            picture = decoder.picture(0)
        finally:
            decoder.close()
    return frame_from(picture, 0, int(frames.t_ns[0]))


def _hidden_since(core: Core, session_id: str) -> bool:
    screening = core.store.manifest(session_id).screening
    decided = core.editor(session_id)
    return bool(decided.state.redactions) and (screening is None or screening.head < decided.head)
