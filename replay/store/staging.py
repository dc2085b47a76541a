"""A session in the making: what an importer writes lands here, sealed, and nothing of it exists until it is published.

Runs in the import worker; the parent publishes (`replay.store.publish`) after the worker said what it wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from replay import schema
from replay.errors import BadInput
from replay.importers.contract import SourceInfo
from replay.problems import Problem
from replay.store import catalogue
from replay.store.parquet_tables import TableWriter, read_table, write_table
from replay.store.row_numbers import RowNumbers
from replay.store.track_classes import CATALOGUE, twin_of
from replay.store.tracks import StagedTracks
from replay.sync import SyncModel
from replay.vault.objects import MintedKeys, Segment
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


@dataclass(frozen=True, slots=True)
class StagedTrack:
    """One track in a staging folder; `size` is the sealed object's; `segments` where parts have own keys."""

    track: str
    size: int
    segments: tuple[Segment, ...] = ()


def staged_tracks(tracks: StagedTracks, segments: Mapping[str, tuple[Segment, ...]]) -> tuple[StagedTrack, ...]:
    """What a finished folder holds."""
    return tuple(StagedTrack(name, tracks.size(name), segments.get(name, ())) for name in tracks.written())


class StagedSession:
    """The ImportSink that writes one session's tracks into `folder` (which exists and is empty).

    A context manager: leaving it closes every file, also those of an import that failed half-way.
    """

    def __init__(self, folder: Path, admission: Admission, minted: MintedKeys, report: Report) -> None:
        self._folder = folder
        self.tracks = StagedTracks(folder, minted, REVISION)
        self._segments: dict[str, tuple[Segment, ...]] = {}
        self._admission = admission
        self._report = report
        self._sync: SyncModel | None = None
        self._info: SourceInfo | None = None
        self._writers: dict[str, TableWriter] = {}
        self._files: dict[str, BinaryIO] = {}
        self._media: list[dict[str, Any]] = []
        self._problems: dict[str, Problem] = {}
        self._held: dict[str, pa.Table] = {}
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
            file = self.tracks.create(table)
            self._files[table] = file
            self._writers[table] = TableWriter(schema.TABLES[table], file)
        return self._writers[table]

    def media(self, track: str) -> BinaryIO:
        self._files[track] = self.tracks.create(track)
        return self._files[track]

    def media_in_memory(self, track: str) -> BinaryIO:
        self._files[track] = self.tracks.create_in_memory(track)
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
        self._write_session(self._info, self._sync)
        self._hold([self._sync])
        for table in schema.TABLES.keys() - self._held.keys():
            self._writer(table)  # an empty table is written too, so that "no rows" and "no table" differ
        self._close_files()
        return FrameTable.from_arrow(self.read_table("frames"))

    def read_table(self, table: str) -> pa.Table:
        """One table as it was written, once the tables are closed."""
        if table in self._held:
            return self._held[table]
        with self.tracks.open(table) as f:
            return read_table(f, schema.TABLES[table])

    def measured(self, sync: SyncModel | None, problems: Iterable[Problem]) -> None:
        """What looking at the pictures told, once the tables are closed: a clock in place of the one declared, which
        stays in the row before it, and problems.
        """
        for problem in problems:
            self.problem(problem)
        assert self._sync is not None
        self._hold([self._sync] if sync is None else [self._sync, sync])
        self._sync = sync or self._sync

    def open_media(self, track: str) -> BinaryIO:
        """One media track as it was written, once it is closed."""
        return self.tracks.open(track)

    def create(self, track: str) -> BinaryIO:
        """A track that is derived from what was written; written in order."""
        return self.tracks.create(track)

    def write_masked(self, table: str, rows: pa.Table) -> None:
        """The masked twin of a raw-class table."""
        with self.tracks.create(twin_of(table)) as file:
            write_table(file, schema.TABLES[table], rows)

    def write_frames(self, track: str, frames: FrameTable) -> None:
        """A frame table beside the session's own."""
        with self.tracks.create(track) as file:
            write_table(file, schema.FRAMES, frames.to_arrow(self._admission.session_id))

    def cut(self, track: str, segments: Sequence[Segment]) -> None:
        """Give the parts of a media track keys of their own, class by class."""
        self.tracks.cut(track, segments)
        self._segments[track] = tuple(segments)

    def finish(self) -> tuple[StagedTrack, ...]:
        """Write the catalogue row; the folder is complete after this and holds these tracks."""
        if self._info is None or self._sync is None:
            raise ValueError("finish before close_tables")
        for table, rows in self._held.items():
            with self.tracks.create(table) as file:
                write_table(file, schema.TABLES[table], rows)
        self._write_catalogue_row(self._info, self._sync)
        return staged_tracks(self.tracks, self._segments)

    def _write_session(self, info: SourceInfo, sync: SyncModel) -> None:
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

    def _hold(self, clocks: Sequence[SyncModel]) -> None:
        """What is known of the clock and of problems, held until `finish`, since both may still be found out better."""
        media, session = self._media[0]["name"] if self._media else None, self._admission.session_id
        clock_rows = [{"session_id": session, "media": media, "t_ns": 0} | c.as_row() for c in clocks]
        problem_rows = [{"session_id": session} | p.as_row() for p in self._problems.values()]
        self._held["sync"] = pa.Table.from_pylist(clock_rows, schema=schema.SYNC.arrow)
        self._held["problems"] = pa.Table.from_pylist(problem_rows, schema=schema.PROBLEMS.arrow)

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
        with self.tracks.create(CATALOGUE) as f:
            f.write(catalogue.to_bytes(pa.Table.from_pylist([row], schema=catalogue.SCHEMA)))


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
