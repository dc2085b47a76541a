"""What is made from the captured tracks before anybody sees them: masked twins, the masked video, the thumbnail.

Runs in the intake worker, on a session in the making or on a published one. A first pass that cannot be made refuses
no import: the session stays unscreened, which shows masked readers nothing, and a Problem says so.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

import pyarrow as pa
from PIL import Image

from curation.intake.first_pass import FirstPass, first_pass
from curation.intake.masked_tables import masked_tables, placeholder_tables
from curation.intake.masked_video import MaskedParts, masked_parts, write_twin
from curation.model import CurationState
from curation.redaction.apply import redacted_frame
from curation.redaction.types import RawFrame
from curation.search.library_words import words_of
from curation.veil import Veil
from replay.errors import Cancelled, SafelightError
from replay.session import Session
from replay.store.assemble import assembled, info_of
from replay.store.manifest import UNSCREENED, Screening
from replay.store.staging import StagedSession
from replay.store.track_classes import SEARCH, THUMBNAIL, TWIN_FRAMES, VIDEO_TWIN
from replay.vault.objects import Segment
from replay.video.decoder import GopDecoder
from replay.video.frame_table import FrameTable

SIZE: Final = (320, 180)  # twice the row height, for high-density screens


class Tracks(Protocol):
    """A session's captured tracks, and where its masked ones are written."""

    def read_table(self, table: str) -> pa.Table: ...

    def open_media(self, track: str) -> BinaryIO: ...

    def create(self, track: str) -> BinaryIO: ...

    def write_masked(self, table: str, rows: pa.Table) -> None: ...

    def write_frames(self, track: str, frames: FrameTable) -> None: ...

    def cut(self, track: str, segments: Sequence[Segment]) -> None: ...

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far the work is; raises Cancelled once nobody wants it."""


@dataclass(frozen=True, slots=True)
class _MaskedVideo:
    """How the captured video is cut, and the twin of what its masked part cannot give."""

    parts: MaskedParts
    twin: bytes = field(repr=False)
    twin_frames: FrameTable | None


@dataclass(frozen=True, slots=True)
class MaskedViews:
    """All that a masked reader gets of a session, made and not written yet."""

    session: Session
    found: FirstPass
    tables: Mapping[str, pa.Table] = field(repr=False)
    words: bytes = field(repr=False)
    video: _MaskedVideo | None
    thumbnail: bytes | None = field(repr=False)

    def write(self, tracks: Tracks, head: int) -> Screening:
        """`head`: where the session's edit log stood that the pass took into account."""
        for table, rows in self.tables.items():
            tracks.write_masked(table, rows)
        with tracks.create(SEARCH) as track:
            track.write(self.words)
        if self.session.frames is None or self.video is None:
            return Screening(self.found.detectors, head, ())
        if self.thumbnail is not None:
            with tracks.create(THUMBNAIL) as track:
                track.write(self.thumbnail)
        tracks.cut(self.session.frames.media, self.video.parts.segments)
        if self.video.twin_frames is not None:
            with tracks.create(VIDEO_TWIN) as track:
                track.write(self.video.twin)
            tracks.write_frames(TWIN_FRAMES, self.video.twin_frames)
        return Screening(self.found.detectors, head, self.video.parts.from_twin)


def write_unscreened(staged: StagedSession) -> None:
    """Masked twins that show nothing at all."""
    staged.problem(UNSCREENED)
    for table, rows in placeholder_tables(staged.read_table).items():
        staged.write_masked(table, rows)


def screened(staged: StagedSession, library_key: bytes) -> Screening | None:
    """The first pass over a session in the making; None, and nothing written, where it cannot be made."""
    try:
        views = masked_views(staged, CurationState(), library_key)
    except Cancelled:
        raise
    except SafelightError:
        return None
    return views.write(staged, 0)


def masked_views(tracks: Tracks, state: CurationState, library_key: bytes) -> MaskedViews:
    """The pass over a session with everything that was decided about it so far.

    Raises BadInput where the tracks do not let themselves be masked, Refused as `resolve` does, Cancelled.
    """
    tracks.progress(0, 0, "Looking for what must be hidden")
    session = assembled(tracks.read_table, info_of(tracks.read_table), correction=state.correction)
    found = first_pass(session, state, library_key)
    tables = masked_tables(found.plan, tracks.read_table)
    words = words_of(session, state, Veil(found.plan)).to_bytes()
    if session.frames is None:
        return MaskedViews(session, found, tables, words, None, None)
    video = _masked_video(tracks, session.frames, found)
    return MaskedViews(session, found, tables, words, video, _thumbnail(tracks, session.frames, found))


def _masked_video(tracks: Tracks, frames: FrameTable, found: FirstPass) -> _MaskedVideo:
    with tracks.open_media(frames.media) as file:
        parts = masked_parts(file, frames, found.touched)
        if not parts.from_twin:
            return _MaskedVideo(parts, b"", None)
        twin = io.BytesIO()
        twin_frames = write_twin(file, frames, found.plan, parts.from_twin, twin, tracks.progress)
        return _MaskedVideo(parts, twin.getvalue(), twin_frames)


def _thumbnail(tracks: Tracks, frames: FrameTable, found: FirstPass) -> bytes | None:
    """A PNG of the I-frame nearest to a third of the session, masked, at most SIZE; None where it does not decode."""
    index = frames.iframe_at_or_before(len(frames) // 3)
    try:
        with tracks.open_media(frames.media) as video:
            decoder = GopDecoder(video, frames)
            try:
                raw = RawFrame(index, int(frames.t_ns[index]), decoder.picture(index))
                picture = Image.fromarray(redacted_frame(found.plan, raw).rgb())
            finally:
                decoder.close()
    except SafelightError:
        return None  # the frame table's own Problem already says that the video does not decode
    picture.thumbnail(SIZE)
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
