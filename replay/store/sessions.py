"""SessionStore: reads published sessions through the gate, as Arrow tables and as one Session value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

import pyarrow as pa

from replay import schema
from replay.errors import BadInput, NotFound
from replay.events import POINTER_COLUMNS
from replay.problems import Problem
from replay.session import Session, SessionInfo
from replay.store.assemble import assembled, info_of, problems_of
from replay.store.catalogue import Catalogue
from replay.store.library import Library
from replay.store.manifest import UNSCREENED, Manifest
from replay.store.parquet_tables import read_columns, read_table
from replay.store.side_tracks import open_side
from replay.store.side_use import note_opened
from replay.store.track_classes import TWIN_FRAMES, TWINNED, VIDEO_TWIN, class_of, twin_of
from replay.store.tracks import open_track
from replay.sync import AS_IMPORTED, Correction
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Lease, Request
from replay.video.composed import VideoFiles
from replay.video.frame_table import FrameTable


@dataclass(frozen=True, slots=True)
class Access:
    """As whom the tracks are read: `is_raw` asks for them as captured, on `purpose`, which the log keeps."""

    action: Action
    purpose: str
    is_raw: bool


MASKED: Final = Access(Action.OPEN, "curation", is_raw=False)
"""What a curator works with; needs no raw keys."""


def unmasked(purpose: str) -> Access:
    """As captured, for a person's eyes."""
    return Access(Action.UNMASK, purpose, is_raw=True)


class SessionStore:
    """The sessions of one library. Safe to use from any thread: it keeps no open files and no state."""

    def __init__(self, library: Library, access: Access = MASKED) -> None:
        self.library = library
        self.access = access
        self._catalogue = Catalogue(library)

    def catalogue(self) -> pa.Table:
        """One row per session, columns of `replay.store.catalogue.SCHEMA` but DRAWN; consent as it is now."""
        return self._catalogue.read()

    def drawn(self, rows: pa.Table) -> pa.Table:
        """Rows of the catalogue with the column that is only drawn."""
        return self._catalogue.drawn(rows)

    def damaged(self) -> dict[str, str]:
        """Which sessions the catalogue could not ask about when it was last read, and the code of why."""
        return self._catalogue.damaged()

    def own_catalogue_row(self, session_id: str) -> dict[str, Any]:
        """The catalogue's row of one session, columns as keys; raises NotFound, BadInput."""
        self.library.manifest(session_id)
        row = self._catalogue.own_row(session_id)
        if row is None:
            raise BadInput(
                "content_altered",
                "The session's own row was altered or removed.",
                "Restore the library from a backup, or import the session again into another library.",
            )
        values: dict[str, Any] = row.to_pylist()[0]
        return values

    def resolve(self, prefix: str) -> str:
        """A session id from an unambiguous prefix of it; raises NotFound."""
        wanted = prefix.upper()
        found = [i for i in self.library.session_ids() if i.startswith(wanted)] if wanted else []
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(
                "no_such_session", "The library has no such session.", "“safelight sessions LIB” lists them."
            )
        raise NotFound("ambiguous_session", f"{len(found)} sessions start with these letters.", "Give more of the id.")

    def manifest(self, session_id: str) -> Manifest:
        return self.library.manifest(session_id)

    def open_track(self, session_id: str, track: str) -> BinaryIO:
        """The bytes of one track, seekable, read-only; of raw-class tracks only where the access is raw."""
        manifest = self.library.manifest(session_id)
        return self._open(manifest, track, self._leases(session_id, class_of(track)))

    def _open(self, manifest: Manifest, track: str, leases: dict[TrackClass, Lease]) -> BinaryIO:
        folder = self.library.session_dir(manifest.session)
        return open_track(folder, self.library.id, manifest.entry(track), leases)

    def _leases(self, session_id: str, track_class: TrackClass) -> dict[TrackClass, Lease]:
        """What opens a track of the class: raw tracks may hold masked parts, so they take both keys."""
        lease = self.library.keys.lease
        classes = (TrackClass.MASKED, TrackClass.RAW) if track_class is TrackClass.RAW else (track_class,)
        a = self.access
        return {c: lease(Request(a.action, c, a.purpose, session_id)) for c in classes}

    def open_leased(self, manifest: Manifest, track: str, lease: Lease) -> BinaryIO:
        """The bytes of a track that one lease opens, which its holder asked for over many sessions."""
        return self._open(manifest, track, {lease.request.track_class or class_of(track): lease})

    def open_video(self, session_id: str) -> VideoFiles:
        """The session's pictures as this access may see them; raises NotFound where there is no video.

        Masked: frames that the first pass re-made come from their twin, and side files are there as far as they were
        made; before the pass every picture is filled. As captured, only what was captured is opened.
        """
        manifest = self.library.manifest(session_id)
        frames = self.frames(session_id)
        if frames is None:
            raise NotFound("no_video", "This session has no video.")
        size = next(((m.width, m.height) for m in self.info(session_id).media if m.name == frames.media), None)
        if self.access.is_raw:
            return VideoFiles(self._open(manifest, frames.media, self._leases(session_id, TrackClass.RAW)))
        if manifest.screening is None:
            return VideoFiles(is_filled=True, frame_size=size)
        masked = self._leases(session_id, TrackClass.MASKED)
        side = open_side(manifest, lambda track: self._open(manifest, track, masked), frames, size)
        if side.is_there:
            note_opened(self.library.session_dir(session_id), manifest)
        original = self._open_masked_part(manifest, frames.media, masked)
        if not manifest.has(VIDEO_TWIN):
            return VideoFiles(original, side=side)
        twin = self._open(manifest, VIDEO_TWIN, masked)
        with self._open(manifest, TWIN_FRAMES, masked) as file:
            twin_frames = FrameTable.from_arrow(read_table(file, schema.FRAMES))
        return VideoFiles(original, twin, twin_frames, manifest.screening.from_twin, frame_size=size, side=side)

    def _open_masked_part(self, manifest: Manifest, media: str, masked: dict[TrackClass, Lease]) -> BinaryIO | None:
        if not any(k.track_class is TrackClass.MASKED for k in manifest.entry(media).keys):
            return None
        return self._open(manifest, media, masked)

    def check(self, session_id: str) -> None:
        """Raise Denied where what was opened of a session may not be looked at any more; cheap as a rule."""
        for lease in self._leases(session_id, TrackClass.RAW if self.access.is_raw else TrackClass.MASKED).values():
            lease.check()

    def read_table(self, session_id: str, table: str) -> pa.Table:
        """One whole table with exactly the columns `replay.schema` declares, masked unless the access is raw."""
        with self.open_table(session_id, table) as f:
            return read_table(f, schema.TABLES[table])

    def open_table(self, session_id: str, table: str) -> BinaryIO:
        """The Parquet bytes behind `read_table`."""
        return self.open_track(session_id, table if self.access.is_raw or table not in TWINNED else twin_of(table))

    def info(self, session_id: str) -> SessionInfo:
        """The row of the `session` table, with the consent of this moment."""
        found = info_of(lambda table: self.read_table(session_id, table))
        consent = self.library.consent(session_id)
        return replace(found, consent_status=consent.status, consent_purposes=consent.purposes)

    def frames(self, session_id: str) -> FrameTable | None:
        return FrameTable.from_arrow(self.read_table(session_id, "frames"))

    def load(self, session_id: str, *, correction: Correction = AS_IMPORTED) -> Session:
        """The whole session in memory, on its imported clock as corrected since."""
        found = assembled(lambda t: self._read_used(session_id, t), self.info(session_id), correction=correction)
        return replace(found, problems=(*found.problems, *self._unscreened(session_id)))

    def _read_used(self, session_id: str, table: str) -> pa.Table:
        """A table for `assembled`: of the pointer's, whose rows are millions, only what a session keeps."""
        if table != "pointer":
            return self.read_table(session_id, table)
        with self.open_table(session_id, table) as f:
            return read_columns(f, schema.TABLES[table], POINTER_COLUMNS)

    def problems(self, session_id: str) -> tuple[Problem, ...]:
        found = problems_of(lambda table: self.read_table(session_id, table))
        return *found, *self._unscreened(session_id)

    def _unscreened(self, session_id: str) -> tuple[Problem, ...]:
        return () if self.library.manifest(session_id).screening is not None else (UNSCREENED,)
