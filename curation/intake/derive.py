"""What is made from a session in the making before anybody sees it: masked twins, the masked video, the thumbnail.

Runs in the import worker. A first pass that cannot be made refuses no import: the session stays unscreened, which shows
masked readers nothing, and a Problem says so.
"""

from __future__ import annotations

import io
from typing import Final

from curation.intake.first_pass import first_pass
from curation.intake.masked_tables import masked_tables, placeholder_tables
from curation.model import CurationState
from replay.errors import Cancelled, SafelightError
from replay.store.assemble import assembled, info_of
from replay.store.manifest import Screening
from replay.store.staging import StagedSession
from replay.store.track_classes import THUMBNAIL
from replay.vault.objects import Segment
from replay.video.composed import open_pictures
from replay.video.frame_table import FrameTable

SIZE: Final = (320, 180)  # twice the row height, for high-density screens


def write_unscreened(staged: StagedSession) -> None:
    """Masked twins that show nothing at all."""
    for table, rows in placeholder_tables(staged.read_table).items():
        staged.write_masked(table, rows)


def screened(staged: StagedSession, library_key: bytes) -> Screening | None:
    """The first pass: masked twins, masked video and thumbnail; None where it could not be made."""
    staged.progress(0, 0, "Looking for what must be hidden")
    try:
        session = assembled(staged.read_table, info_of(staged.read_table))
        found = first_pass(session, CurationState(), library_key)
    except Cancelled:
        raise
    except SafelightError:
        return None
    for table, rows in masked_tables(found.plan, staged.read_table).items():
        staged.write_masked(table, rows)
    if session.frames is not None:
        with staged.tracks.open(session.frames.media) as f:
            size = f.seek(0, 2)
        staged.cut(session.frames.media, [Segment(0, size, "masked")])
        _write_thumbnail(staged, session.frames)
    return Screening(found.detectors, 0, ())


def _write_thumbnail(staged: StagedSession, frames: FrameTable) -> None:
    """A PNG of the I-frame nearest to a third of the session, at most SIZE; absent where it cannot be decoded."""
    index = frames.iframe_at_or_before(len(frames) // 3)
    try:
        with staged.tracks.open(frames.media) as video:
            decoder = open_pictures(video, frames)
            picture = decoder.picture(index).to_image()  # type: ignore[no-untyped-call]
            decoder.close()
    except SafelightError:
        return  # the frame table's own Problem already says that the video does not decode
    picture.thumbnail(SIZE)
    png = io.BytesIO()
    picture.save(png, "PNG")
    with staged.tracks.create(THUMBNAIL) as track:
        track.write(png.getvalue())
