"""A session in the making: what an importer writes lands here, and nothing of it exists until it is published.

Runs in the import worker; `publish` runs in the parent, after the worker said what it wrote.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from replay import schema
from replay.errors import BadInput, SafelightError
from replay.hashes import sha256_of
from replay.importers.contract import SourceInfo
from replay.problems import Problem
from replay.store import catalogue
from replay.store.library import Library, sync_folder
from replay.store.manifest import MANIFEST, Manifest, TrackEntry
from replay.store.parquet_tables import TableWriter, read_table
from replay.store.row_numbers import RowNumbers
from replay.store.tracks import create_track, open_track, storage_failed
from replay.sync import SyncModel
from replay.video.frame_table import FrameTable

REVISION: Final = 1
Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Admission:
    """What the intake decided about a session before anything of it was read."""

    session_id: str
    format: str
    importer_version: str
    subject_id: str
    consent_status: str
    consent_purposes: tuple[str, ...]
    imported_at_utc_ns: int
    source_sha256: Mapping[str, str]


class StagedSession:
    """The ImportSink that writes one session's tracks into `folder` (which exists and is empty).

    A context manager: leaving it closes every file, also those of an import that failed half-way.
    """

    def __init__(self, folder: Path, admission: Admission, report: Report) -> None:
        self._folder = folder
        self._admission = admission
        self._report = report
        self._sync: SyncModel | None = None
        self._info: SourceInfo | None = None
        self._writers: dict[str, TableWriter] = {}
        self._files: dict[str, BinaryIO] = {}
        self._media: list[dict[str, Any]] = []
        self._problems: dict[str, Problem] = {}
        self._tally = _Tally()
        self._row_numbers = RowNumbers()

    def __enter__(self) -> StagedSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_files()

    def _close_files(self) -> None:
        for table in list(self._writers):
            self._writers.pop(table).close()
        for name in list(self._files):
            self._files.pop(name).close()

    def clock(self, sync: SyncModel) -> None:
        self._sync = sync

    def info(self, info: SourceInfo) -> None:
        self._info = info

    def rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        batch: list[Mapping[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) >= 4096:
                self._append_rows(table, batch)
                batch = []
        if batch:
            self._append_rows(table, batch)

    def _append_rows(self, table: str, rows: list[Mapping[str, Any]]) -> None:
        declared = schema.TABLES[table]
        fields = [f for f in declared.arrow if f.name != "session_id"]
        unknown = {k for r in rows for k in r} - {f.name for f in fields}
        if unknown:
            raise BadInput("unknown_column", f"Table “{table}” has no such column as one of those given.")
        arrays = []
        for f in fields:
            try:
                arrays.append(pa.array([r.get(f.name) for r in rows], f.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as e:
                raise BadInput(
                    "wrong_type",
                    f"Table “{table}” has a value of the wrong type in column “{f.name}” "
                    f"(rows {self._rows_of(table) + 1}–{self._rows_of(table) + len(rows)}).",
                ) from e
        self.batch(table, pa.RecordBatch.from_arrays(arrays, names=[f.name for f in fields]))

    def _rows_of(self, table: str) -> int:
        return self._writers[table].rows if table in self._writers else 0

    def batch(self, table: str, batch: pa.RecordBatch) -> None:
        declared = schema.TABLES[table]
        columns = {name: batch.column(name) for name in batch.schema.names}
        columns["session_id"] = pa.repeat(self._admission.session_id, batch.num_rows)
        if table in schema.EVENT_TABLES:
            columns["seq"] = self._seq(table, columns.get("seq"), batch.num_rows)
            self._row_numbers.take(table, columns["seq"])
            self._date(table, columns)
        arrays = []
        for f in declared.arrow:
            found = columns.get(f.name)
            try:
                arrays.append(pa.nulls(batch.num_rows, f.type) if found is None else found.cast(f.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
                raise BadInput(
                    "wrong_type", f"Table “{table}” has a value of the wrong type in column “{f.name}”."
                ) from e
        whole = pa.RecordBatch.from_arrays(arrays, schema=declared.arrow)
        self._tally.count(table, whole)
        self._writer(table).append(whole)

    def _seq(self, table: str, given: pa.Array | None, n: int) -> pa.Array:
        first = self._rows_of(table)
        ordinals = pa.array(np.arange(first, first + n, dtype=np.int64))
        return ordinals if given is None else pc.coalesce(given.cast(pa.int64()), ordinals)

    def _date(self, table: str, columns: dict[str, pa.Array]) -> None:
        """Fill the session times from the recorder's clock; `texts` keep their length."""
        source = columns.get("t_src_ns")
        if source is None or source.null_count == len(source):
            return
        if self._sync is None:
            raise ValueError("an importer gave rows before the clock")
        dated = pa.array(
            [None if s is None else self._sync.t_ns(s) for s in source.to_pylist()]
            if source.null_count
            else self._sync.t_ns_of(source.to_numpy().astype(np.int64, copy=False)),
            pa.int64(),
        )
        if table == "texts":
            length = pc.subtract(columns["t_end_ns"], columns["t_start_ns"])
            columns["t_start_ns"] = pc.coalesce(dated, columns["t_start_ns"])
            columns["t_end_ns"] = pc.add(columns["t_start_ns"], length)
        elif "t_ns" in columns:
            columns["t_ns"] = pc.coalesce(dated, columns["t_ns"])
        else:
            columns["t_ns"] = dated

    def _writer(self, table: str) -> TableWriter:
        if table not in self._writers:
            file = create_track(self._folder, table, REVISION)
            self._files[table] = file
            self._writers[table] = TableWriter(schema.TABLES[table], file)
        return self._writers[table]

    def media(self, track: str) -> BinaryIO:
        self._files[track] = create_track(self._folder, track, REVISION)
        return self._files[track]

    def media_ready(self, track: str, *, codec: str, width: int, height: int, time_base: str, sha256: str) -> None:
        self._media.append(
            {"name": track, "codec": codec, "width": width, "height": height, "time_base": time_base, "sha256": sha256}
        )

    def problem(self, problem: Problem) -> None:
        seen = self._problems.get(problem.code)
        self._problems[problem.code] = problem if seen is None else replace(seen, count=seen.count + problem.count)

    def progress(self, done: int, total: int, what: str) -> None:
        self._report(done, total, what)

    def close_tables(self) -> FrameTable | None:
        """Write the tables that sum the session up and close all of them; returns the frame table, None without video.

        Raises BadInput where nothing was read, or where the rows' numbers do not name them.
        """
        if self._info is None or self._sync is None:
            raise BadInput("not_a_session", "These files hold no session: nothing in them could be read.")
        if self._tally.events == 0 and self._tally.frames == 0:
            raise BadInput("empty_session", "This session holds neither events nor video frames.")
        self._row_numbers.check()
        self._write_summaries(self._info, self._sync)
        for table in schema.TABLES:
            self._writer(table)  # an empty table is written too, so that "no rows" and "no table" differ
        self._close_files()
        with open_track(self._folder, "frames", REVISION) as f:
            return FrameTable.from_arrow(read_table(f, schema.FRAMES))

    def finish(self) -> None:
        """Write the catalogue row and the object list; the folder is complete after this."""
        if self._info is None or self._sync is None:
            raise ValueError("finish before close_tables")
        self._write_catalogue_row(self._info, self._sync)
        Manifest(self._admission.session_id, REVISION, self._entries()).write(self._folder)

    def _write_summaries(self, info: SourceInfo, sync: SyncModel) -> None:
        a = self._admission
        session = {
            "subject_id": a.subject_id,
            "started_at_utc_ns": info.started_at_utc_ns,
            "duration_ns": self._tally.duration_ns,
            "source_zero_ns": sync.source_zero_ns,
            "os": info.os,
            "os_version": info.os_version,
            "locale": info.locale,
            "keyboard_layout": info.keyboard_layout,
            "recorder": info.recorder,
            "recorder_version": info.recorder_version,
            "importer": a.format,
            "importer_version": a.importer_version,
            "source_sha256": list(a.source_sha256.items()),
            "consent_status": a.consent_status,
            "consent_purposes": list(a.consent_purposes),
            "consent_at_utc_ns": None if a.consent_status == "unknown" else a.imported_at_utc_ns,
            "classification": "RESTRICTED",
            "task_goal": info.task_goal,
            "media": self._media,
        }
        self.rows("session", [session])
        row = {
            "media": self._media[0]["name"] if self._media else None,
            "t_ns": 0,
            "offset_ns": sync.offset_ns,
            "drift_ppm": sync.drift_ppm,
            "sigma_ns": sync.sigma_ns,
            "method": sync.method,
        }
        self.rows("sync", [row])
        self.rows(
            "problems",
            (
                {"code": p.code, "severity": p.severity.value, "sentence": p.sentence, "count": p.count, "t_ns": p.t_ns}
                for p in self._problems.values()
            ),
        )

    def _write_catalogue_row(self, info: SourceInfo, sync: SyncModel) -> None:
        a, t = self._admission, self._tally
        row = {
            "id": a.session_id,
            "imported_at_utc_ns": a.imported_at_utc_ns,
            "started_at_utc_ns": info.started_at_utc_ns,
            "duration_ns": t.duration_ns,
            "format": a.format,
            "recorder": info.recorder,
            "os": info.os,
            "subject_id": a.subject_id,
            "apps": sorted(t.apps),
            "frames": t.frames,
            "width": self._media[0]["width"] if self._media else None,
            "height": self._media[0]["height"] if self._media else None,
            "events": t.events,
            "pointer_events": t.rows["pointer"],
            "clicks": t.clicks,
            "key_events": t.rows["keys"],
            "activity": catalogue.activity_bins(t.seconds, t.duration_ns),
            "sync_method": sync.method,
            "sync_sigma_ns": sync.sigma_ns,
            "consent": a.consent_status,
            "problems": sorted(self._problems),
            "size_bytes": sum(f.stat().st_size for f in self._folder.iterdir()),
        }
        with create_track(self._folder, catalogue.TRACK, REVISION) as f:
            f.write(catalogue.to_bytes(pa.Table.from_pylist([row], schema=catalogue.SCHEMA)))

    def _entries(self) -> tuple[TrackEntry, ...]:
        known = {m["name"]: m["sha256"] for m in self._media}
        entries = []
        for path in sorted(self._folder.iterdir()):
            track = path.name.removesuffix(f".{REVISION}")
            digest = known.get(track) or _sha256(self._folder, track)
            entries.append(TrackEntry(track, REVISION, path.stat().st_size, digest))
        return tuple(entries)


class _Tally:
    """Counts for the catalogue, gathered while rows stream by."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.seconds: dict[int, int] = Counter()
        self.apps: set[str] = set()
        self.clicks = 0
        self._first_ns: int | None = None
        self._last_ns = 0

    def count(self, table: str, batch: pa.RecordBatch) -> None:
        self.rows[table] += batch.num_rows
        if batch.num_rows == 0:
            return
        if table == "frames":
            ends = pc.add(batch.column("t_ns"), batch.column("duration_ns"))
            self._seen(0, int(pc.max(ends).as_py()))
        elif table in ("pointer", "keys", "windows", "elements"):
            times = batch.column("t_ns").drop_null().to_numpy()
            if len(times):
                self._seen(int(times.min()), int(times.max()) + 1)
            if table in ("pointer", "keys"):
                for second, n in zip(*np.unique(times // 1_000_000_000, return_counts=True), strict=True):
                    self.seconds[int(second)] += int(n)
        if table == "pointer":
            self.clicks += int(pc.sum(pc.equal(batch.column("kind"), "down")).as_py() or 0)
        if table == "windows":
            self.apps.update(a for a in pc.unique(batch.column("app")).to_pylist() if a)

    def _seen(self, first_ns: int, last_ns: int) -> None:
        self._first_ns = first_ns if self._first_ns is None else min(self._first_ns, first_ns)
        self._last_ns = max(self._last_ns, last_ns)

    @property
    def frames(self) -> int:
        return self.rows["frames"]

    @property
    def events(self) -> int:
        return sum(self.rows[t] for t in schema.EVENT_TABLES)

    @property
    def duration_ns(self) -> int:
        """From session zero (or the first event, where there is no video) to the end of the last frame or event."""
        start = 0 if self.rows["frames"] else (self._first_ns or 0)
        return max(self._last_ns - start, 1)


def _sha256(folder: Path, track: str) -> str:
    with open_track(folder, track, REVISION) as f:
        return sha256_of(f)


def publish(library: Library, staged: Path, session_id: str) -> Manifest:
    """Make a finished staging folder a session of the library, in one rename; the folder is gone either way.

    Where another import has published the same session meanwhile, that one stays: ids are made of the source's bytes.

    Raises BadInput where the folder is not what its object list says, StorageFailed where the disk said no; the library
    is then as it was.
    """
    try:
        manifest = _checked(staged, session_id)
        for f in staged.iterdir():
            with open(f, "rb") as opened:
                os.fsync(opened.fileno())
        sync_folder(staged)
        library.objects.mkdir(exist_ok=True)
        os.rename(staged, library.session_dir(session_id))
    except OSError as e:
        shutil.rmtree(staged, ignore_errors=True)
        if e.errno in (errno.EEXIST, errno.ENOTEMPTY) and session_id in library.session_ids():
            return Manifest.read(library.session_dir(session_id))
        raise storage_failed(e) from e
    except SafelightError:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    _enter_in_catalogue(library, session_id)
    return manifest


def _enter_in_catalogue(library: Library, session_id: str) -> None:
    """After the rename the session exists, so a disk that fails here fails no import: its own row stands in."""
    with suppress(OSError, SafelightError):
        sync_folder(library.objects)
        with open_track(library.session_dir(session_id), catalogue.TRACK, REVISION) as track:
            catalogue.Catalogue(library).append(catalogue.from_bytes(track.read()))


def _checked(staged: Path, session_id: str) -> Manifest:
    manifest = Manifest.read(staged)
    sizes = {t.track: t.size for t in manifest.tracks}
    found = {p.name.rsplit(".", 1)[0]: p.stat().st_size for p in staged.iterdir() if p.name != MANIFEST}
    if manifest.session != session_id or found != sizes:
        raise BadInput("import_inconsistent", "The import worker's files are not what it said it wrote.")
    return manifest
