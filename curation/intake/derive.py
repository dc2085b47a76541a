"""What is made from a session in the making before anybody sees it: masked twins, the masked video, the thumbnail.

Runs in the import worker. A first pass that cannot be made refuses no import: the session stays unscreened, which shows
masked readers nothing, and a Problem says so.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from curation.intake.first_pass import FirstPass, first_pass
from curation.intake.masked_tables import masked_tables, placeholder_tables
from curation.intake.masked_video import MaskedParts, masked_parts, write_twin
from curation.model import CurationState
from curation.redaction.apply import redacted_frame
from curation.redaction.types import RawFrame
from replay.errors import Cancelled, SafelightError
from replay.store.assemble import assembled, info_of
from replay.store.manifest import Screening
from replay.store.staging import StagedSession
from replay.store.track_classes import THUMBNAIL, TWIN_FRAMES, VIDEO_TWIN
from replay.video.decoder import GopDecoder
from replay.video.frame_table import FrameTable

SIZE: Final = (320, 180)  # twice the row height, for high-density screens


def write_unscreened(staged: StagedSession) -> None:
    """Masked twins that show nothing at all."""
    for table, rows in placeholder_tables(staged.read_table).items():
        staged.write_masked(table, rows)


@dataclass(frozen=True, slots=True)
class _MaskedVideo:
    """How the captured video is cut, and the twin of what its masked part cannot give."""

    parts: MaskedParts
    twin: bytes
    twin_frames: FrameTable | None


def screened(staged: StagedSession, library_key: bytes) -> Screening | None:
    """The first pass: masked twins, masked video and thumbnail; None, and nothing written, where it cannot be made."""
    staged.progress(0, 0, "Looking for what must be hidden")
    try:
        session = assembled(staged.read_table, info_of(staged.read_table))
        found = first_pass(session, CurationState(), library_key)
        video = None if session.frames is None else _masked_video(staged, session.frames, found)
    except Cancelled:
        raise
    except SafelightError:
        return None
    for table, rows in masked_tables(found.plan, staged.read_table).items():
        staged.write_masked(table, rows)
    if session.frames is None or video is None:
        return Screening(found.detectors, 0, ())
    _write_thumbnail(staged, session.frames, found)
    staged.cut(session.frames.media, video.parts.segments)
    if video.twin_frames is not None:
        with staged.tracks.create(VIDEO_TWIN) as track:
            track.write(video.twin)
        staged.write_frames(TWIN_FRAMES, video.twin_frames)
    return Screening(found.detectors, 0, video.parts.from_twin)


def _masked_video(staged: StagedSession, frames: FrameTable, found: FirstPass) -> _MaskedVideo:
    with staged.tracks.open(frames.media) as file:
        parts = masked_parts(file, frames, found.touched)
        if not parts.from_twin:
            return _MaskedVideo(parts, b"", None)
        twin = io.BytesIO()
        twin_frames = write_twin(file, frames, found.plan, parts.from_twin, twin)
        return _MaskedVideo(parts, twin.getvalue(), twin_frames)


def _write_thumbnail(staged: StagedSession, frames: FrameTable, found: FirstPass) -> None:
    """A PNG of the I-frame nearest to a third of the session, masked, at most SIZE; absent where it does not decode."""
    index = frames.iframe_at_or_before(len(frames) // 3)
    try:
        with staged.tracks.open(frames.media) as video:
            decoder = GopDecoder(video, frames)
            try:
                raw = RawFrame(index, int(frames.t_ns[index]), decoder.picture(index))
                picture = Image.fromarray(redacted_frame(found.plan, raw).rgb())
            finally:
                decoder.close()
    except SafelightError:
        return  # the frame table's own Problem already says that the video does not decode
    picture.thumbnail(SIZE)
    png = io.BytesIO()
    picture.save(png, "PNG")
    with staged.tracks.create(THUMBNAIL) as track:
        track.write(png.getvalue())
