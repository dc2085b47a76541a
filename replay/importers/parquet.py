"""Our own session format: the tables of `replay.schema` as Parquet, and a video. Nothing needs code to be imported so.

    FOLDER/
      session.parquet             one row; what the recorder knows of the session (all columns optional)
      <table>.parquet             or <table>-*.parquet, or any *.parquet inside FOLDER/<table>/, read in order of name
      video.mp4 | .mkv | .webm | .mov | .avi          optional; its sha256 is checked where session.media gives it

Tables: session, sync, displays, pointer, keys, windows, elements, texts, gaps, raw; `frames` may be there and is
compared with the video, from which the frame table is made. Columns have the names and types of `replay.schema`
(narrower numbers are widened); `session_id` is ignored, `seq` defaults to the row's ordinal, every other required
column must be there, and a column that is not declared is refused, since nobody said how a redaction reaches it. One
is allowed beside the declared ones: `raw` of an event table goes to the raw track.

**Clock.** With `t_src_ns`, session time is sync(t_src_ns) by the first row of `sync` and `session.source_zero_ns`;
where that is null, by the difference of the two times in the first row that has both. Without it, `t_ns` is taken as
written and `t_src_ns` derived from it, so that a correction can move events. Without a `sync` table the method is
`assumed` with sigma 500 ms, or `recorder_event` with sigma 0 where there is no video.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from replay import schema
from replay.errors import BadInput
from replay.geometry import Geometry, geometry_from_arrow
from replay.importers.contract import ImportSink, SourceFile, SourceInfo, SourceSession
from replay.importers.display_problems import display_problems
from replay.importers.media import Video, read_video
from replay.importers.parquet_rows import EventRows, Place
from replay.importers.parquet_tables import TableFiles, read_batches
from replay.importers.recorder_facts import label, os_name
from replay.importers.untrusted_files import (
    folder_entries,
    is_plain_folder,
    member,
    session_folders,
)
from replay.problems import Problem, Severity
from replay.sync import SyncModel

_IMPORTED: Final = (
    "session", "sync", "displays", "frames", "pointer", "keys", "windows", "elements", "texts", "gaps", "raw",
)  # fmt: skip
_FILE: Final = re.compile(rf"({'|'.join(_IMPORTED)})(-[^/]*)?\.parquet", re.DOTALL)
_VIDEO: Final = re.compile(r"video\.(mp4|mkv|webm|mov|avi)")
_SIGMA_UNKNOWN_NS: Final = 500_000_000
_LARGEST_DRIFT_PPM: Final = 100_000.0  # a tenth; computers' clocks stay below a thousandth of that


class ParquetImporter:
    """Folders of session tables."""

    name = "parquet"
    version = "1"

    def find(self, path: Path) -> list[SourceSession]:
        if not is_plain_folder(path):
            return []
        found = [_source(folder) for folder in session_folders(path)]
        return [s for s in found if s is not None]

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        _Reader(source, sink).read()


def _source(folder: Path) -> SourceSession | None:
    files = _table_files(folder)
    if not files:
        return None
    videos = [p for p in folder_entries(folder) if _VIDEO.fullmatch(p.name)]
    files += [member(folder, p, "video" if n == 0 else f"video_{n + 1}") for n, p in enumerate(videos)]
    return SourceSession("parquet", folder, tuple(files))


def _table_files(folder: Path) -> list[SourceFile]:
    """The tables' files with roles "pointer", "pointer_2" and so on, in order of table and name."""
    by_table: dict[str, list[Path]] = {t: [] for t in _IMPORTED}
    for entry in folder_entries(folder):
        matched = _FILE.fullmatch(entry.name)
        if matched:
            by_table[matched[1]].append(entry)
        elif entry.name in by_table and is_plain_folder(entry):
            by_table[entry.name] += [p for p in folder_entries(entry) if p.suffix == ".parquet"]
    return [
        member(folder, path, table if n == 0 else f"{table}_{n + 1}")
        for table, paths in by_table.items()
        for n, path in enumerate(paths)
    ]


class _Reader:
    def __init__(self, source: SourceSession, sink: ImportSink) -> None:
        self._source = source
        self._sink = sink
        self._files = {t: TableFiles(source, t, tuple(_of_table(source, t))) for t in _IMPORTED}

    def read(self) -> None:
        for files in self._files.values():
            files.check_columns()
        if self._source.file("video_2") is not None:
            raise BadInput("ambiguous_video", "The session's folder holds more than one video.", "Leave only one.")
        video = read_video(self._source, self._source.file("video"), self._sink)
        session = self._session_row()
        _check_media(session, video)
        sync = self._sync(session, video)
        self._sink.clock(sync)
        self._sink.info(_info(session))
        geometry = self._displays(video)
        end_ns = None if video is None else video.frames.end_ns + 3 * sync.sigma_ns
        place = Place(self._sink, sync, geometry, end_ns)
        for table in ("pointer", "keys", "windows", "elements", "texts"):
            rows = EventRows(table, place)
            for batch in read_batches(self._files[table]):
                rows.take(batch)
                self._sink.progress(rows.rows, 0, "Reading events")
            rows.finish()
        for table in ("gaps", "raw"):
            for batch in read_batches(self._files[table]):
                self._sink.batch(table, batch)
        self._compare_frames(video)
        self._report_strays()

    def _session_row(self) -> dict[str, Any]:
        rows = [r for b in read_batches(self._files["session"]) for r in b.to_pylist()]
        if len(rows) > 1:
            raise BadInput(
                "several_sessions", "session.parquet holds more than one row.", "Put each session in its own folder."
            )
        return rows[0] if rows else {}

    def _sync(self, session: dict[str, Any], video: Video | None) -> SyncModel:
        zero = session.get("source_zero_ns")
        zero = self._first_difference() if zero is None else zero
        rows = sorted((r for b in read_batches(self._files["sync"]) for r in b.to_pylist()), key=lambda r: r["t_ns"])
        if not rows and video is None:
            return SyncModel(source_zero_ns=zero, sigma_ns=0, method="recorder_event")
        if not rows:
            return SyncModel(source_zero_ns=zero, sigma_ns=_SIGMA_UNKNOWN_NS, method="assumed")
        facts = [tuple(r[n] for n in ("offset_ns", "drift_ppm", "sigma_ns", "method")) for r in rows]
        if any(f != facts[0] for f in facts):
            text = "The clock's facts change within the session; the first of them is used throughout."
            self._sink.problem(Problem("clock_step", Severity.ERROR, text, len(set(facts)) - 1))
        first = rows[0]
        if abs(first["drift_ppm"]) > _LARGEST_DRIFT_PPM:
            raise BadInput(
                "clock_impossible", "sync.parquet holds a drift that no clock has.", "Correct it and import again."
            )
        if first["sigma_ns"] < 0:
            raise BadInput(
                "clock_impossible", "sync.parquet holds a sigma_ns below zero.", "Correct it and import again."
            )
        return SyncModel(zero, first["offset_ns"], first["drift_ppm"], first["sigma_ns"], first["method"])

    def _first_difference(self) -> int:
        """The recorder's clock less session time in the first row that has both; 0 where none has."""
        for table in ("pointer", "keys", "windows", "elements"):
            for batch in read_batches(self._files[table]):
                if "t_src_ns" not in batch.schema.names:
                    break
                both = zip(batch.column("t_src_ns").to_pylist(), batch.column("t_ns").to_pylist(), strict=True)
                found = next((s - t for s, t in both if s is not None), None)
                if found is not None:
                    return int(found)
        return 0

    def _displays(self, video: Video | None) -> Geometry | None:
        batches = list(read_batches(self._files["displays"]))
        for batch in batches:
            self._sink.batch("displays", batch)
        rows = [r for b in batches for r in b.to_pylist()]
        if not rows:
            return None
        arrow = pa.schema([f for f in schema.DISPLAYS.arrow if f.name != "session_id"])
        size = None if video is None else video.size
        geometry = geometry_from_arrow(pa.Table.from_pylist(rows, arrow), size)
        for problem in display_problems(geometry):
            self._sink.problem(problem)
        return geometry

    def _compare_frames(self, video: Video | None) -> None:
        pts = [p for b in read_batches(self._files["frames"]) for p in b.column("pts").to_pylist()]
        if pts and video is not None and sorted(pts) != video.frames.pts.tolist():
            text = "The recorder's frame table is not that of the video; the video's own is used."
            self._sink.problem(Problem("frame_table_mismatch", Severity.WARNING, text))

    def _report_strays(self) -> None:
        known = {f.path for f in self._source.files}
        strays = [p for p in folder_entries(self._source.root) if p.suffix == ".parquet" and p not in known]
        if strays:
            text = "Parquet files whose name is no table's are left out."
            self._sink.problem(Problem("files_not_imported", Severity.INFO, text, len(strays)))


def _check_media(session: dict[str, Any], video: Video | None) -> None:
    """Raise BadInput where the session's row gives the video's hash and the video has another."""
    given = [m["sha256"] for m in session.get("media") or () if m["sha256"]]
    if len(given) == 1 and video is not None and given[0].lower() != video.sha256:
        raise BadInput(
            "media_changed",
            "The video is not the one that the session's row speaks of: its hash is another.",
            "Put the recorder's own file back, or correct session.parquet.",
        )


def _of_table(source: SourceSession, table: str) -> list[SourceFile]:
    role = re.compile(rf"{table}(_\d+)?")
    return [f for f in source.files if role.fullmatch(f.role)]


def _info(session: dict[str, Any]) -> SourceInfo:
    return SourceInfo(
        recorder=label(session.get("recorder")) or "unknown",
        recorder_version=label(session.get("recorder_version")),
        started_at_utc_ns=session.get("started_at_utc_ns"),
        os=os_name(session.get("os")),
        os_version=label(session.get("os_version")),
        locale=label(session.get("locale")),
        keyboard_layout=label(session.get("keyboard_layout")),
        task_goal=session.get("task_goal") or None,
    )
