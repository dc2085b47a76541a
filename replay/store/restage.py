"""A published session of which some masked tracks are being made anew: the next version of each lands in staging.

Runs in the screening worker, which reads the session as captured; the parent takes over (`replay.store.republish`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from replay import schema
from replay.store.parquet_tables import write_table
from replay.store.sessions import SessionStore
from replay.store.staging import StagedTrack, staged_tracks
from replay.store.track_classes import twin_of
from replay.store.tracks import StagedTracks
from replay.vault.objects import MintedKeys, Segment
from replay.video.frame_table import FrameTable

Report = Callable[[int, int, str], None]


class RestagedSession:
    """Writes new versions of one session's masked tracks into `folder` (which exists and is empty)."""

    def __init__(
        self, folder: Path, store: SessionStore, session_id: str, minted: MintedKeys, version: int, report: Report
    ) -> None:
        """`store` reads the session as captured; `version` is one that no track of it has."""
        self._tracks = StagedTracks(folder, minted, version)
        self._store = store
        self._session_id = session_id
        self._report = report
        self._segments: dict[str, tuple[Segment, ...]] = {}

    def read_table(self, table: str) -> pa.Table:
        return self._store.read_table(self._session_id, table)

    def open_media(self, track: str) -> BinaryIO:
        return self._store.open_track(self._session_id, track)

    def create(self, track: str) -> BinaryIO:
        """The next version of a track, written in order."""
        return self._tracks.create(track)

    def write_masked(self, table: str, rows: pa.Table) -> None:
        """The masked twin of a raw-class table."""
        with self._tracks.create(twin_of(table)) as file:
            write_table(file, schema.TABLES[table], rows)

    def write_frames(self, track: str, frames: FrameTable) -> None:
        """A frame table beside the session's own."""
        with self._tracks.create(track) as file:
            write_table(file, schema.FRAMES, frames.to_arrow(self._session_id))

    def cut(self, track: str, segments: Sequence[Segment]) -> None:
        """Seal a media track anew where its parts are others than before: who had the old keys has no use of them."""
        if self._store.manifest(self._session_id).entry(track).segments == tuple(segments):
            return
        with self._store.open_track(self._session_id, track) as plain:
            self._tracks.create_cut(track, plain, segments)
        self._segments[track] = tuple(segments)

    def progress(self, done: int, total: int, what: str) -> None:
        self._report(done, total, what)

    def finish(self) -> tuple[StagedTrack, ...]:
        """The folder is complete and holds these tracks."""
        return staged_tracks(self._tracks, self._segments)
