"""SessionStore: reads published sessions through the track doors, as Arrow tables and as one Session value."""

from __future__ import annotations

from typing import Any, BinaryIO

import pyarrow as pa

from replay import schema
from replay.errors import BadInput, NotFound
from replay.events import (
    SessionEvents,
    elements_from_arrow,
    gaps_from_arrow,
    keys_from_arrow,
    pointer_from_arrow,
    texts_from_arrow,
    windows_from_arrow,
)
from replay.geometry import geometry_from_arrow
from replay.problems import Problem, Severity
from replay.session import MediaInfo, Session, SessionInfo
from replay.store.catalogue import Catalogue
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.parquet_tables import read_table
from replay.store.tracks import open_track
from replay.sync import SyncModel
from replay.video.frame_table import FrameTable


class SessionStore:
    """The sessions of one library. Safe to use from any thread: it keeps no open files and no state."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._catalogue = Catalogue(library)

    def catalogue(self) -> pa.Table:
        """One row per session, columns of `replay.store.catalogue.SCHEMA`."""
        return self._catalogue.read()

    def own_catalogue_row(self, session_id: str) -> dict[str, Any]:
        """The catalogue's row of one session, columns as keys; raises NotFound."""
        row = self._catalogue.own_row(session_id)
        if row is None:
            raise NotFound("no_such_session", "The library has no such session.")
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
        return Manifest.read(self.library.session_dir(session_id))

    def open_track(self, session_id: str, track: str) -> BinaryIO:
        """The bytes of one track, seekable, read-only."""
        folder = self.library.session_dir(session_id)
        return open_track(folder, track, Manifest.read(folder).entry(track).version)

    def read_table(self, session_id: str, table: str) -> pa.Table:
        """One whole table with exactly the columns `replay.schema` declares."""
        with self.open_track(session_id, table) as f:
            return read_table(f, schema.TABLES[table])

    def info(self, session_id: str) -> SessionInfo:
        """The row of the `session` table."""
        rows = self.read_table(session_id, "session").to_pylist()
        if len(rows) != 1:
            raise BadInput("track_damaged", "The session's table “session” is damaged.", "Import the session again.")
        r = rows[0]
        return SessionInfo(
            id=r["session_id"],
            subject_id=r["subject_id"],
            started_at_utc_ns=r["started_at_utc_ns"],
            duration_ns=r["duration_ns"],
            source_zero_ns=r["source_zero_ns"] or 0,
            os=r["os"],
            recorder=r["recorder"],
            recorder_version=r["recorder_version"],
            importer=r["importer"] or "",
            importer_version=r["importer_version"] or "",
            consent_status=r["consent_status"],
            consent_purposes=tuple(r["consent_purposes"] or ()),
            task_goal=r["task_goal"],
            media=tuple(MediaInfo(**m) for m in r["media"] or ()),
            device_id=r["device_id"],
            os_version=r["os_version"],
            locale=r["locale"],
            keyboard_layout=r["keyboard_layout"],
            source_sha256=dict(r["source_sha256"] or ()),
        )

    def sync(self, session_id: str, info: SessionInfo) -> SyncModel:
        """The clock map as imported; a session without one is `assumed`."""
        rows = self.read_table(session_id, "sync").sort_by("t_ns").to_pylist()
        if not rows:
            return SyncModel(source_zero_ns=info.source_zero_ns)
        r = rows[-1]
        return SyncModel(info.source_zero_ns, r["offset_ns"], r["drift_ppm"], r["sigma_ns"], r["method"])

    def frames(self, session_id: str) -> FrameTable | None:
        return FrameTable.from_arrow(self.read_table(session_id, "frames"))

    def load(self, session_id: str, *, nudge_ns: int = 0) -> Session:
        """The whole session in memory, on its imported clock moved by `nudge_ns` (events later against frames)."""
        info = self.info(session_id)
        imported = self.sync(session_id, info)
        sync = imported.nudged(nudge_ns) if nudge_ns else imported
        frames = self.frames(session_id)
        video = next((m for m in info.media if frames is not None and m.name == frames.media), None)
        size = None if video is None else (video.width, video.height)
        return Session(
            info=info,
            frames=frames,
            sync=sync,
            geometry=geometry_from_arrow(self.read_table(session_id, "displays"), size),
            events=self._events(session_id, sync),
            problems=self.problems(session_id),
        )

    def _events(self, session_id: str, sync: SyncModel) -> SessionEvents:
        return SessionEvents(
            pointer=pointer_from_arrow(self.read_table(session_id, "pointer"), sync),
            keys=keys_from_arrow(self.read_table(session_id, "keys"), sync),
            windows=windows_from_arrow(self.read_table(session_id, "windows"), sync),
            elements=elements_from_arrow(self.read_table(session_id, "elements"), sync),
            texts=texts_from_arrow(self.read_table(session_id, "texts"), sync),
            gaps=gaps_from_arrow(self.read_table(session_id, "gaps")),
        )

    def problems(self, session_id: str) -> tuple[Problem, ...]:
        rows = self.read_table(session_id, "problems").to_pylist()
        return tuple(Problem(r["code"], Severity(r["severity"]), r["sentence"], r["count"], r["t_ns"]) for r in rows)
