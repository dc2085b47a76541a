"""The catalogue: one row per session with what may be listed, sorted and filtered without opening the session.

Never titles, URLs, goals or text. Segments are append-only Arrow files; the last row of a session wins. A session's
own row also lies beside its tracks, so a catalogue that missed a publish heals itself.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from replay.errors import BadInput, NotFound, storage_failed
from replay.store.library import Library, write_whole
from replay.store.track_classes import CATALOGUE
from replay.store.tracks import open_track
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.collection import open_for_collection, seal_for_collection
from replay.vault.lease import Request
from replay.vault.log.device_log import LOG_REFUSED

ACTIVITY_BINS: Final = 64
_SUFFIX: Final = ".arrow"

SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("imported_at_utc_ns", pa.int64(), nullable=False),
        pa.field("started_at_utc_ns", pa.int64()),
        pa.field("duration_ns", pa.int64(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("recorder", pa.string()),
        pa.field("os", pa.string()),
        pa.field("subject_id", pa.string()),
        pa.field("apps", pa.list_(pa.string())),
        pa.field("frames", pa.int64(), nullable=False),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("pointer_events", pa.int64(), nullable=False),
        pa.field("clicks", pa.int64(), nullable=False),
        pa.field("key_events", pa.int64(), nullable=False),
        pa.field("activity", pa.list_(pa.int32())),  # ACTIVITY_BINS counts over [0, duration)
        pa.field("sync_method", pa.string(), nullable=False),
        pa.field("sync_sigma_ns", pa.int64(), nullable=False),
        pa.field("consent", pa.string(), nullable=False),
        pa.field("problems", pa.list_(pa.string())),
        pa.field("size_bytes", pa.int64(), nullable=False),
    ]
)


def to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_table(table)
    out: bytes = sink.getvalue().to_pybytes()
    return out


def from_bytes(content: bytes) -> pa.Table:
    """Raises BadInput where the bytes are not a catalogue segment."""
    try:
        return pa.ipc.open_file(pa.BufferReader(content)).read_all().cast(SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, OSError) as e:
        raise BadInput(
            "catalogue_damaged", "The library's catalogue is damaged.", "It is rebuilt when next opened."
        ) from e


def activity_bins(seconds: dict[int, int], duration_ns: int) -> list[int]:
    """Event counts per second of session time to ACTIVITY_BINS equal bins over [0, duration)."""
    bins = np.zeros(ACTIVITY_BINS, np.int64)
    whole_s = max(duration_ns / 1e9, 1e-9)
    for second, count in seconds.items():
        bins[min(max(int((second + 0.5) / whole_s * ACTIVITY_BINS), 0), ACTIVITY_BINS - 1)] += count
    return [int(n) for n in bins]


class Catalogue:
    """The catalogue of one library, read as a whole and appended to one session at a time. Sealed on disk."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def append(self, rows: pa.Table) -> None:
        # By the time of writing: of two rows of a session the later one counts.
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}{_SUFFIX}"
        sealed = seal_for_collection(self._library.keys, object_name(name), to_bytes(rows))
        try:
            self._library.catalogue_dir.mkdir(exist_ok=True)
            write_whole(self._library.catalogue_dir / name, sealed)
        except OSError as e:
            raise storage_failed(e) from e

    def read(self) -> pa.Table:
        """Every published session once, sorted by time of import, with the consent of this moment.

        Heals what a crash left out of the segments.
        """
        known = self._last_rows([s for _, s in self.segments()])
        ids = self._library.session_ids()
        missing = [self.own_row(i) for i in ids if i not in known]
        rows = [known[i] for i in ids if i in known] + [r for r in missing if r is not None]
        if not rows:
            return SCHEMA.empty_table()
        return self._with_consent(pa.concat_tables(rows)).sort_by("imported_at_utc_ns")

    def segments(self) -> list[tuple[Path, pa.Table]]:
        """Every segment that can be read, oldest first."""
        folder = self._library.catalogue_dir
        files = sorted(folder.glob(f"[0-9]*{_SUFFIX}")) if folder.is_dir() else []
        found = []
        for f in files:
            try:
                found.append(
                    (f, from_bytes(open_for_collection(self._library.keys, object_name(f.name), f.read_bytes())))
                )
            except LOG_REFUSED:
                raise  # what the library says of itself is in doubt, not one file
            except (BadInput, FileNotFoundError, IsADirectoryError):
                continue  # the sessions' own rows stand in for a damaged or replaced segment
        return found

    def forget(self, sessions: frozenset[str]) -> None:
        """Write the segments that hold rows of `sessions` anew without them. Raises StorageFailed, Denied."""
        for path, rows in self.segments():
            kept = [i not in sessions for i in rows["id"].to_pylist()]
            if all(kept):
                continue
            try:
                if any(kept):
                    rest = to_bytes(rows.filter(pa.array(kept)))
                    write_whole(path, seal_for_collection(self._library.keys, object_name(path.name), rest))
                else:
                    path.unlink()
            except OSError as e:
                raise storage_failed(e) from e
        self._remove_unreadable()

    def _remove_unreadable(self) -> None:
        """A damaged segment may name somebody who was erased; nobody misses it: rows stand in for it."""
        readable = {path for path, _ in self.segments()}
        try:
            for path in set(self._library.catalogue_dir.glob(f"[0-9]*{_SUFFIX}")) - readable:
                path.unlink(missing_ok=True)
        except OSError as e:
            raise storage_failed(e) from e

    def _with_consent(self, rows: pa.Table) -> pa.Table:
        stated = self._library.keys.stated_consents()
        if not stated:
            return rows
        handles = {s: self._library.keys.handle_of(s) for s in pc.unique(rows["subject_id"]).to_pylist() if s}
        about = set(stated)
        consents = [
            self._library.consent(i).status if i in about or handles.get(subject) in about else at_import
            for i, subject, at_import in zip(
                rows["id"].to_pylist(), rows["subject_id"].to_pylist(), rows["consent"].to_pylist(), strict=True
            )
        ]
        at = SCHEMA.get_field_index("consent")
        return rows.set_column(at, SCHEMA.field(at), pa.array(consents, pa.string()))

    @staticmethod
    def _last_rows(segments: list[pa.Table]) -> dict[str, pa.Table]:
        last: dict[str, pa.Table] = {}
        for segment in segments:
            for i, session_id in enumerate(segment["id"].to_pylist()):
                last[session_id] = segment.slice(i, 1)
        return last

    def own_row(self, session_id: str) -> pa.Table | None:
        """The row that lies beside the session's tracks; None where it is missing or damaged."""
        lease = self._library.keys.lease(Request(Action.BROWSE, TrackClass.CATALOGUE, "browse"))
        try:
            entry = self._library.manifest(session_id).entry(CATALOGUE)
            folder = self._library.session_dir(session_id)
            with open_track(folder, self._library.id, entry, {TrackClass.CATALOGUE: lease}) as f:
                return from_bytes(f.read())
        except LOG_REFUSED:
            raise
        except (NotFound, BadInput):
            return None


def object_name(name: str) -> str:
    """What a segment is called inside its seal."""
    return f"catalogue/{name}"
