"""The catalogue: one row per session with what may be listed, sorted and filtered without opening the session.

Never titles, URLs, goals or text. Segments are append-only Arrow files; the last row of a session wins. A session's
own row also lies beside its tracks, so a catalogue that missed a publish heals itself.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from replay.errors import BadInput, NotFound, SafelightError, storage_failed
from replay.store.library import Library, write_whole
from replay.store.track_classes import CATALOGUE
from replay.store.tracks import open_track
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.collection import open_for_collection, seal_for_collection
from replay.vault.key_source import ConsentNow
from replay.vault.lease import Request
from replay.vault.log.device_log import LOG_REFUSED

ACTIVITY_BINS: Final = 64
UNLISTED: Final = "content_altered"
"""The code of a session whose row is nowhere to be read."""
MOST_SEGMENTS: Final = 64
BY_IMPORT: Final = (("imported_at_utc_ns", "ascending"), ("id", "descending"))
"""How the rows of a catalogue stand: read from the end, the newest come first, and by id where they are as new."""
_SUFFIX: Final = ".arrow"
_MERGED_INTO: Final = 4
"""A segment this many times as long as all newer ones is not written anew to take them in."""

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

DRAWN: Final = "activity"
"""The column that is only drawn. It is most of the bytes, so rows are read without it, and it beside them."""
_ID: Final = "id"
_AT_ONCE: Final = tuple(name for name in SCHEMA.names if name != DRAWN)
_TO_DRAW: Final = (_ID, DRAWN)


def to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    out: bytes = sink.getvalue().to_pybytes()
    return out


def from_bytes(content: bytes, columns: Sequence[str] = tuple(SCHEMA.names)) -> pa.Table:
    """Some columns of a segment, in the order of SCHEMA. Raises BadInput where the bytes are none."""
    wanted = pa.schema([SCHEMA.field(name) for name in columns])
    options = pa.ipc.IpcReadOptions(included_fields=[SCHEMA.get_field_index(name) for name in columns])
    try:
        if not pa.ipc.open_file(pa.BufferReader(content)).schema.equals(SCHEMA):
            return pa.ipc.open_file(pa.BufferReader(content)).read_all().cast(SCHEMA).select(list(columns))
        found = pa.ipc.open_file(pa.BufferReader(content), options=options).read_all()
        return found if found.schema.equals(wanted) else found.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, OSError) as e:
        raise BadInput(
            "catalogue_damaged", "The library's catalogue is damaged.", "It is rebuilt when next opened."
        ) from e


def _rows_at(rows: pa.Table, at: npt.NDArray[np.int64]) -> pa.Table:
    """These rows (by id) as `BY_IMPORT` says; rows that stand so already are not taken apart, which costs most."""
    at = at[::-1]
    at = at[np.argsort(rows["imported_at_utc_ns"].to_numpy()[at], kind="stable")]
    return rows if np.array_equal(at, np.arange(rows.num_rows)) else rows.combine_chunks().take(pa.array(at))


def _empty(columns: Sequence[str]) -> pa.Table:
    return SCHEMA.empty_table().select(list(columns))


def _last_of(sessions: pa.Array | pa.ChunkedArray, among: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Where the last row of each session stands; -1 for one that has none."""
    found = np.full(len(sessions), -1, np.int64)
    if len(sessions) and len(among):
        session = pc.fill_null(pc.index_in(among, sessions), -1).to_numpy()
        known = np.flatnonzero(session >= 0)
        found[session[known]] = known  # of several rows the last one stays
    return found


def _in_order(rows: pa.Table, more: Sequence[pa.Table]) -> pa.Table:
    """Sorted rows with a few more among them. They stay in the pieces that they were read in: copying costs most."""
    return pa.concat_tables([rows, *more]).sort_by(list(BY_IMPORT)) if more else rows


def activity_bins(seconds: dict[int, int], duration_ns: int) -> list[int]:
    """Event counts per second of session time to ACTIVITY_BINS equal bins over [0, duration)."""
    bins = np.zeros(ACTIVITY_BINS, np.int64)
    whole_s = max(duration_ns / 1e9, 1e-9)
    for second, count in seconds.items():
        bins[min(max(int((second + 0.5) / whole_s * ACTIVITY_BINS), 0), ACTIVITY_BINS - 1)] += count
    return [int(n) for n in bins]


@dataclass(frozen=True, slots=True, order=True)
class _File:
    """A segment as it lies there; rewritten in place it is another one."""

    name: str
    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, and what it was read from: while none of that changes, neither do the rows."""

    files: tuple[_File, ...]
    ids: tuple[str, ...]
    stated: Mapping[str, ConsentNow]
    rows: pa.Table


class Catalogue:
    """The catalogue of one library, read as a whole and appended to one session at a time. Sealed on disk.

    Keeps what it opened; whoever may no longer browse is refused before anything is given out of memory.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._opened: dict[Sequence[str], dict[_File, pa.Table]] = {}  # by the columns that were read
        self._read: _Read | None = None
        self._damaged: dict[str, str] = {}

    def append(self, rows: pa.Table) -> None:
        # By the time of writing: of two rows of a session the later one counts.
        self._write(f"{time.time_ns():020d}", rows)
        with suppress(SafelightError):  # many segments cost time and nothing else
            self._merge_segments()

    def _write(self, written: str, rows: pa.Table) -> None:
        name = f"{written}-{secrets.token_hex(4)}{_SUFFIX}"
        sealed = seal_for_collection(self._library.keys, object_name(name), to_bytes(rows))
        try:
            self._library.catalogue_dir.mkdir(exist_ok=True)
            write_whole(self._library.catalogue_dir / name, sealed)
        except OSError as e:
            raise storage_failed(e) from e

    def _merge_segments(self) -> None:
        """Make one segment of the newest ones, where there are many; a row is written anew a few times at most.

        Under the library's lock, as `forget` is: a row that is erased meanwhile must not come back in a merged one.
        """
        if len(self._files()) <= MOST_SEGMENTS:
            return
        with self._library.gate.log.locked():
            newest: list[_File] = []
            size = 0
            for file in reversed(self._files()):
                if newest and file.size > _MERGED_INTO * size:
                    break
                newest.insert(0, file)
                size += file.size
            tables = [self._segment(f) for f in newest]
            readable = [(f, t) for f, t in zip(newest, tables, strict=True) if t is not None]
            if len(readable) < 2:
                return
            self._write(newest[-1].name.partition("-")[0], pa.concat_tables([t for _, t in readable]))
            try:
                for file, _ in readable:
                    (self._library.catalogue_dir / file.name).unlink(missing_ok=True)
            except OSError as e:
                raise storage_failed(e) from e

    def read(self) -> pa.Table:
        """Every published session once, as `BY_IMPORT` says, with the consent of this moment; without DRAWN.

        Heals what a crash left out of the segments. Raises Denied.
        """
        keys = self._library.keys
        keys.collection_key(object_name(_SUFFIX))  # refuses here, not only where a segment is opened
        with self._lock:
            ids, stated = keys.session_ids(), keys.stated_consents()
            files = self._files()
            known = self._read
            if known is None or known.files != files or known.ids is not ids or known.stated is not stated:
                self._damaged = {}
                known = self._read = _Read(files, ids, stated, self._with_consent(self._rows(ids)))
            return known.rows

    def drawn(self, rows: pa.Table) -> pa.Table:
        """Rows that `read` gave, or some of them, with DRAWN in its place. Raises Denied."""
        self._library.keys.collection_key(object_name(_SUFFIX))
        with self._lock:
            found = pa.concat_tables([_empty(_TO_DRAW), *self._read_segments(_TO_DRAW)])
            at = _last_of(rows[_ID].combine_chunks(), found[_ID])
            for i in np.flatnonzero(at < 0).tolist():
                row = self.own_row(rows[_ID][i].as_py())
                if row is not None:
                    at[i] = found.num_rows
                    found = pa.concat_tables([found, row.select(list(_TO_DRAW))])
        column = found[DRAWN]
        if not np.array_equal(at, np.arange(found.num_rows)):
            column = column.combine_chunks().take(pa.array(at, mask=at < 0))
        place = SCHEMA.get_field_index(DRAWN)
        return rows.add_column(place, SCHEMA.field(place), column)

    def damaged(self) -> dict[str, str]:
        """Of the last `read`: sessions that could not be asked about, and the code of why."""
        with self._lock:
            return dict(self._damaged)

    def _rows(self, ids: Sequence[str]) -> pa.Table:
        """The last row of each of these sessions."""
        rows = pa.concat_tables([_empty(_AT_ONCE), *self._read_segments(_AT_ONCE)])
        found = _last_of(pa.array(ids, pa.string()), rows[_ID])
        missing = []
        for i in np.flatnonzero(found < 0).tolist():
            row = self.own_row(ids[i])
            if row is None:
                self._damaged[ids[i]] = UNLISTED
            else:
                missing.append(row.select(list(_AT_ONCE)))
        return _in_order(_rows_at(rows, found[found >= 0]), missing)

    def _files(self) -> tuple[_File, ...]:
        """The segments that lie there, oldest first."""
        try:
            with os.scandir(self._library.catalogue_dir) as entries:
                found = [(e.name, e.stat()) for e in entries if e.name[:1].isdigit() and e.name.endswith(_SUFFIX)]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as e:
            raise storage_failed(e) from e
        return tuple(sorted(_File(name, stat.st_size, stat.st_mtime_ns) for name, stat in found))

    def segments(self) -> list[tuple[Path, pa.Table]]:
        """Every segment that can be read, oldest first."""
        found = [(self._library.catalogue_dir / f.name, self._segment(f)) for f in self._files()]
        return [(path, table) for path, table in found if table is not None]

    def _read_segments(self, columns: Sequence[str]) -> list[pa.Table]:
        """Some columns of every segment that can be read, oldest first; kept until a segment changes."""
        known = self._opened.get(columns, {})
        opened = {f: known[f] if f in known else self._segment(f, columns) for f in self._files()}
        self._opened[columns] = {f: t for f, t in opened.items() if t is not None}
        return list(self._opened[columns].values())

    def _segment(self, file: _File, columns: Sequence[str] = tuple(SCHEMA.names)) -> pa.Table | None:
        """None for one that is damaged or was just merged: the sessions' own rows stand in."""
        path = self._library.catalogue_dir / file.name
        try:
            content = open_for_collection(self._library.keys, object_name(file.name), path.read_bytes())
            return from_bytes(content, columns)
        except LOG_REFUSED:
            raise  # what the library says of itself is in doubt, not one file
        except (BadInput, FileNotFoundError, IsADirectoryError):
            return None

    def forget(self, sessions: frozenset[str]) -> None:
        """Write the segments that hold rows of `sessions` anew without them. Raises StorageFailed, Denied."""
        with self._library.gate.log.locked():
            self._forget(sessions)

    def _forget(self, sessions: frozenset[str]) -> None:
        self._opened, self._read = {}, None
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
            self._consent_of(i, at_import) if i in about or handles.get(subject) in about else at_import
            for i, subject, at_import in zip(
                rows["id"].to_pylist(), rows["subject_id"].to_pylist(), rows["consent"].to_pylist(), strict=True
            )
        ]
        at = rows.schema.get_field_index("consent")
        return rows.set_column(at, rows.schema.field(at), pa.array(consents, pa.string()))

    def _consent_of(self, session: str, at_import: str) -> str:
        try:
            return self._library.consent(session).status
        except LOG_REFUSED:
            raise
        except BadInput as e:
            self._damaged[session] = e.code  # nothing of it opens, whatever its row says
            return at_import

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
