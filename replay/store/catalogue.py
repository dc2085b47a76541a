"""The catalogue: one row per session with what may be listed, sorted and filtered without opening the session.

Never titles, URLs, goals or text. Segments are append-only Arrow files; the last row of a session wins. A session's
own row also lies beside its tracks, so a catalogue that missed a publish heals itself.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from replay.errors import BadInput, NotFound
from replay.store.library import Library, write_whole
from replay.store.manifest import Manifest
from replay.store.tracks import open_track, storage_failed

TRACK: Final = "catalogue"
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
    """The catalogue of one library, read as a whole and appended to one session at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def append(self, row: pa.Table) -> None:
        name = f"{row['imported_at_utc_ns'][0].as_py():020d}-{secrets.token_hex(4)}{_SUFFIX}"
        try:
            self._library.catalogue_dir.mkdir(exist_ok=True)
            write_whole(self._library.catalogue_dir / name, to_bytes(row))
        except OSError as e:
            raise storage_failed(e) from e

    def read(self) -> pa.Table:
        """Every published session once, sorted by time of import; heals what a crash left out of the segments."""
        known = self._last_rows(self._segments())
        ids = self._library.session_ids()
        missing = [self.own_row(i) for i in ids if i not in known]
        rows = [known[i] for i in ids if i in known] + [r for r in missing if r is not None]
        if not rows:
            return SCHEMA.empty_table()
        return pa.concat_tables(rows).sort_by("imported_at_utc_ns")

    def _segments(self) -> list[pa.Table]:
        folder = self._library.catalogue_dir
        files = sorted(folder.glob(f"[0-9]*{_SUFFIX}")) if folder.is_dir() else []
        found = []
        for f in files:
            try:
                found.append(from_bytes(f.read_bytes()))
            except BadInput:
                continue  # the sessions' own rows stand in for a damaged segment
        return found

    @staticmethod
    def _last_rows(segments: list[pa.Table]) -> dict[str, pa.Table]:
        last: dict[str, pa.Table] = {}
        for segment in segments:
            for i, session_id in enumerate(segment["id"].to_pylist()):
                last[session_id] = segment.slice(i, 1)
        return last

    def own_row(self, session_id: str) -> pa.Table | None:
        """The row that lies beside the session's tracks; None where it is missing or damaged."""
        folder: Path = self._library.session_dir(session_id)
        try:
            entry = Manifest.read(folder).entry(TRACK)
            with open_track(folder, TRACK, entry.version) as f:
                return from_bytes(f.read())
        except (NotFound, BadInput):
            return None
